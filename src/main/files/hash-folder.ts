/** Owns the hash of a model that is a folder: sha256 over its files' names and hashes, in order. */
import { createHash } from 'node:crypto';
import { filesBelow } from './files-below.ts';
import { hashFile } from './hash.ts';

/** sha256 over the hashes of a model's parts, in their fixed order. */
export const combinedHash = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join()).digest('hex');

export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of filesBelow(folder).sort())
    hash.update(`${file.slice(folder.length)}\n${await hashFile(file)}\n`);
  return hash.digest('hex');
}
