/** Owns what a layout of a dataset folder is, and the helpers that all share. */
import type { Split } from '../fields.ts';

/** The folders of a dataset, without their files. */
export interface Outline {
  name: string;
  /** Images lie directly in it. */
  images: boolean;
  /** Files named as its images, ending in .txt or .caption, lie beside them. */
  sidecars: boolean;
  /** Folders that hold images at any depth, by name. */
  folders: Outline[];
  /** Names of folders that hold none. */
  empty: string[];
}

export interface Place {
  label: string | null; // class name as on disk
  split: Split | null;
}

/** How one dataset is read. */
export interface Plan {
  /** `folders`: names from the root down to the file's folder. */
  place(folders: readonly string[]): Place;
  /** What a folder holds that is not read for images, in words; null: it is read. */
  aside?(folders: readonly string[]): string | null;
  /** What the folders' names say and Crux has no use for. */
  unused?: { what: string; names: string[] };
  /** What a person should know before trusting the labels. */
  warnings: string[];
}

export interface Layout {
  id: string;
  /** For lists and the summary of an import. */
  title: string;
  /** One sentence for docs/formats.md. */
  reads: string;
  /** null: the folder is not laid out so. Without it: read beside any of the others. */
  find?(root: Outline): Plan | null;
}

export const nowhere: Place = { label: null, split: null };

/** Names of folders that hold images without saying what of. */
const CONTAINERS = new Set(
  'images image imgs img photos pictures pics data dataset jpegimages jpg jpeg png'.split(' '),
);

export const isContainer = (name: string): boolean => CONTAINERS.has(name.toLowerCase());

/** Its only folder with images, where none lies beside it. */
export const soleFolder = ({ images, folders }: Outline): Outline | null =>
  !images && folders.length === 1 ? folders[0] : null;

/**
 * Looks for a layout in the root, then in folders that hold everything: "archive/archive/train/cat". Only for layouts
 * that cannot be taken for a class.
 */
export function findWithin(root: Outline, find: (folder: Outline) => Plan | null): Plan | null {
  const prefix: string[] = [];
  for (let folder: Outline | null = root; folder; folder = soleFolder(folder)) {
    if (folder !== root) prefix.push(folder.name);
    const plan = find(folder);
    if (plan) return below(prefix, plan);
  }
  return null;
}

/** A plan of a folder, for the root above it. */
export function below(prefix: readonly string[], plan: Plan): Plan {
  if (prefix.length === 0) return plan;
  const inside = (folders: readonly string[]) => prefix.every((name, i) => folders[i] === name);
  return {
    ...plan,
    place: (folders) => (inside(folders) ? plan.place(folders.slice(prefix.length)) : nowhere),
    aside: (folders) => (inside(folders) ? (plan.aside?.(folders.slice(prefix.length)) ?? null) : null),
  };
}
