/** Owns the list of the files below a folder: their paths, in no order. Links and what is no file are not among them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @throws Node's own error where the folder cannot be read. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
