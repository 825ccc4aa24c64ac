/** Owns what a table of images yields, whatever file it is in. */
import { displayName } from '../../files/fs-names.ts';

export type Row =
  | { line: number; values: ReadonlyMap<string, unknown>; trim: boolean }
  | { line: number; error: string };

export interface RowFile {
  /** Names of the columns where the file tells them before its rows; null: each row has its own. */
  columns: string[] | null;
  rows: AsyncIterable<Row>;
  /** How it was read where that is not plain, in words: "read as Windows-1252". */
  remarks: string[];
  /** Column -> class names in the order of their numbers, where the file itself tells them. */
  classNames: ReadonlyMap<string, string[]>;
}

/** The file itself cannot be used; the message names the file and what to do. */
export class ManifestError extends Error {
  constructor(file: string, message: string, options?: ErrorOptions) {
    super(`${displayName(file)}: ${message}`, options);
    this.name = 'ManifestError';
  }
}
