/**
 * Owns: which directory entries are images to import, which are listed as skipped and which are silently counted;
 * and what a symbolic link may lead to.
 */
import type { Dirent } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extensionOf, fsPath, isWithin, nameOfBytes, realLocation } from '../files/fs-names.ts';
import { isOtherPicture, isPicture, isReadPicture } from '../files/picture-names.ts';
import { systemFile, systemFolder } from '../files/system-names.ts';
import { openUserFile } from '../files/user-file.ts';
import { asUnreadable } from '../images/errors.ts';
import { SNIFF_BYTES, sniffFormat } from '../images/sniff.ts';

/** Endings that promise no image: such files are not opened to see whether they are one. */
const OTHER_FILES = new Set(
  '.txt .caption .json .jsonl .ndjson .csv .tsv .xml .yaml .yml .md .parquet .arrow .npz .npy .zip .tar .gz .html .log .py .ipynb .db .ini .safetensors .mp4 .pdf'.split(
    ' ',
  ),
);

export type Verdict =
  | { kind: 'image' }
  /** `target`: the real folder that a followed link leads to. */
  | { kind: 'folder'; target?: string }
  /** `outside`: a link that leads out of the dataset and is not followed. */
  | { kind: 'skip'; reason: string; outside?: boolean }
  | { kind: 'not-image' }
  | { kind: 'system'; maker: string }
  | { kind: 'hidden' };

export interface Entry {
  name: string; // string form of fs-names.ts
  dirent: Dirent<Buffer<ArrayBuffer>>;
}

export const entryOf = (dirent: Dirent<Buffer<ArrayBuffer>>): Entry => ({
  name: nameOfBytes(dirent.name),
  dirent,
});

/** `realRoot`: the dataset folder's real location. `folder`: absolute, holds the entry. */
export async function judge(
  entry: Entry,
  folder: string,
  realRoot: string,
  followLinks: boolean,
): Promise<Verdict> {
  const { name, dirent } = entry;
  const file = join(folder, name);
  const maker = dirent.isDirectory() ? systemFolder(name) : systemFile(name);
  if (maker !== null) return { kind: 'system', maker };
  if (name.startsWith('.')) {
    return isPicture(name) && !dirent.isDirectory()
      ? { kind: 'skip', reason: 'hidden file (its name starts with a dot)' }
      : { kind: 'hidden' };
  }
  if (dirent.isSymbolicLink()) return await judgeLink(name, file, realRoot, followLinks);
  if (dirent.isDirectory()) return { kind: 'folder' };
  if (!dirent.isFile())
    return isPicture(name) ? { kind: 'skip', reason: 'not a regular file' } : { kind: 'not-image' };
  return await judgeFile(name, file);
}

async function judgeFile(name: string, file: string): Promise<Verdict> {
  const extension = extensionOf(name);
  // Content is looked at only where the name does not promise an image: a second open of every file would double
  // the cost of a scan, and the decode finds a false promise anyway.
  if (isReadPicture(name)) return { kind: 'image' };
  if (OTHER_FILES.has(extension)) return { kind: 'not-image' };
  const listed = isOtherPicture(name);
  try {
    const { handle } = await openUserFile(file);
    try {
      const head = Buffer.alloc(SNIFF_BYTES);
      const { bytesRead } = await handle.read(head, 0, SNIFF_BYTES, 0);
      const sniffed = sniffFormat(head.subarray(0, bytesRead));
      if (sniffed.format !== null) return { kind: 'image' };
      return listed ? { kind: 'skip', reason: sniffed.reason } : { kind: 'not-image' };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { kind: 'skip', reason: asUnreadable(error).reason };
  }
}

async function judgeLink(
  name: string,
  file: string,
  realRoot: string,
  followLinks: boolean,
): Promise<Verdict> {
  let target: string;
  try {
    target = await realLocation(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { kind: 'skip', reason: 'a link whose target does not exist' };
    if (code === 'ELOOP') return { kind: 'skip', reason: 'a link that leads to itself' };
    return { kind: 'skip', reason: asUnreadable(error).reason };
  }
  try {
    const facts = await stat(fsPath(file));
    const inside = isWithin(realRoot, target);
    if (facts.isDirectory()) {
      if (isWithin(target, await realLocation(dirname(file)))) {
        return { kind: 'skip', reason: 'a link back to a folder that contains it' };
      }
      if (inside)
        return { kind: 'skip', reason: 'a link to a folder of this dataset, which is read in its own place' };
      return followLinks
        ? { kind: 'folder', target }
        : { kind: 'skip', reason: 'a link to a folder outside the dataset', outside: true };
    }
    if (!inside && !followLinks)
      return { kind: 'skip', reason: 'a link to a file outside the dataset folder', outside: true };
    if (!facts.isFile()) return { kind: 'skip', reason: 'a link to something that is not a regular file' };
    return await judgeFile(name, file);
  } catch (error) {
    return { kind: 'skip', reason: asUnreadable(error).reason };
  }
}
