/** Owns: what finding images in a folder or a manifest yields, shared by `scan.ts` and `manifest.ts`. */
import type { FieldName, Probabilities, Split } from './fields.ts';

export interface FoundImage {
  file: string; // absolute, in the form of fs-names.ts
  /** From the root, '/' between folders, otherwise the exact names on disk; `resolveInRoot` leads back to the file. */
  relativePath: string;
  label: string | null; // class name, NFC; null: unlabelled
  /** The source itself says that there is no label; without it, a label of null says nothing. */
  saysUnlabelled?: true;
  split: Split | null;
  caption?: string;
  probabilities?: Probabilities;
  /** Of an image without a label: what one-hot columns would say. */
  oneHot?: string;
}

export interface SkippedFile {
  relativePath: string;
  reason: string; // short, for people
}

export interface UnusableField {
  field: FieldName;
  /** With file and line, for people. */
  reason: string;
}

export interface FindOptions {
  /** Called in a stable order (by name); a returned promise is awaited, which slows the search to its consumer. */
  onFound: (image: FoundImage) => void | Promise<void>;
  onSkipped: (skipped: SkippedFile) => void | Promise<void>;
  /** A field of an image that is found cannot be used and is left out. */
  onUnusable?: (unusable: UnusableField) => void;
  /** Rejects with the signal's reason between files. */
  signal?: AbortSignal;
  /** Follow links that lead out of the root, to files and folders (default false: they are skipped with a reason). */
  followLinks?: boolean;
}
