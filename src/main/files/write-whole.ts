/**
 * Owns replacing a file at once and for good: a killed process or a power cut leaves the old file or the new one, never
 * a part and never a name without its bytes. The bytes are brought to the disk before the name, and the name before
 * anything else happens.
 *
 * write-file-atomic would do the first half: it syncs the file, but not the folder that holds its name, and brings
 * queues and ownership that nothing here needs.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** @param parts written one after the other. */
export function writeWhole(file: string, ...parts: readonly Uint8Array[]): void {
  makeFolder(dirname(file));
  replaceFile(file, ...parts);
  syncFolder(dirname(file));
}

/** As writeWhole, of parts that are made while they are written. Returns their bytes. */
export async function writeWholeFrom(file: string, parts: AsyncIterable<Uint8Array>): Promise<number> {
  makeFolder(dirname(file));
  const next = `${file}.tmp`;
  let bytes = 0;
  try {
    const fd = openSync(next, 'w');
    try {
      for await (const part of parts) {
        writeBytes(fd, part);
        bytes += part.length;
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
  return bytes;
}

/** As writeWhole, for several files in a row: their folders are there, and the caller syncs each once at the end. */
export function replaceFile(file: string, ...parts: readonly Uint8Array[]): void {
  const next = `${file}.tmp`;
  try {
    const fd = openSync(next, 'w');
    try {
      for (const part of parts) writeBytes(fd, part);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** One call writes at most this much: larger ones fail on some systems. */
const CHUNK = 1 << 30;

export function writeBytes(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, Math.min(CHUNK, bytes.length - done));
  }
}

/** Makes a folder with those above it, so that a power cut leaves it there. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
}

/**
 * Brings the names in a folder to the disk. Windows opens no folder for that, and needs it less: NTFS writes renames
 * to its journal.
 */
export function syncFolder(folder: string): void {
  if (process.platform !== 'win32') sync(folder, 'r');
}

/** Brings what was written to a file, by whomever, to the disk. */
export const syncFile = (file: string): void => sync(file, 'r+');

function sync(path: string, flags: string): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
