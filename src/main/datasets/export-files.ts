/**
 * Owns: the file-system steps of an export that know nothing of classes or rows: who occupies a folder, placing one file
 * whole, what an interrupted run left.
 */
import { mkdir, open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fsPath } from '../files/fs-names.ts';
import { mapOrdered } from '../files/ordered.ts';
import { syncFolder } from '../files/write-whole.ts';

/** A file under this suffix is half written; it gets its own name when whole. */
export const PARTIAL = '.crux-partial';

/** Names a folder as an export of ours; holds its id, options and, once committed, its counts. */
export const MARKER = '.crux-export.json';

const SYNCED_AT_ONCE = 8;

export class ExportError extends Error {
  override name = 'ExportError';
}

/** Writes `bytes` to `target`. @param mayBeThere keep a whole file of an earlier run if it is still right. */
export async function placeFile(bytes: Uint8Array, target: string, mayBeThere: boolean): Promise<void> {
  if (mayBeThere && (await holds(target, bytes))) return;
  await mkdir(fsPath(dirname(target)), { recursive: true });
  const partial = fsPath(target + PARTIAL);
  await rm(partial, { force: true });
  try {
    await writeFile(partial, bytes);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await rename(partial, fsPath(target));
}

const holds = async (target: string, bytes: Uint8Array): Promise<boolean> =>
  (await readFile(fsPath(target)).catch(() => null))?.equals(bytes) ?? false;

/** Names in a folder; null where there is nothing; throws ExportError where a file stands. */
export async function entriesOf(folder: string): Promise<string[] | null> {
  try {
    return await readdir(fsPath(folder));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR') throw new ExportError(`${folder} is a file; give the export a folder of its own`);
    throw error;
  }
}

/** Throws unless OUT is missing, empty, or an earlier export that may be overwritten. */
export async function refuseOccupied(out: string, overwrite: boolean): Promise<void> {
  const entries = await entriesOf(out);
  if (entries === null || entries.length === 0) return;
  const ours = entries.includes(MARKER);
  if (ours && overwrite) return;
  const count = entries.length === 1 ? '1 entry' : `${entries.length} entries`;
  const remedy = ours ? 'choose another folder, or allow overwriting' : 'choose another folder';
  throw new ExportError(`${out} is not empty (${count}${ours ? ', an earlier export' : ''}); ${remedy}`);
}

/** Relative paths of whole image files under an export's hidden folder. */
export async function completeFiles(hidden: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (parts: string[]): Promise<void> => {
    for (const entry of await readdir(fsPath(join(hidden, ...parts)), { withFileTypes: true })) {
      const path = [...parts, entry.name];
      if (entry.isDirectory()) await walk(path);
      else if (parts.length > 0 && !entry.name.endsWith(PARTIAL)) found.push(path.join('/'));
    }
  };
  await walk([]);
  return found;
}

/** Half-written files and folders that became empty, below the top level. */
export async function removeLeftovers(hidden: string): Promise<void> {
  const clean = async (folder: string, top: boolean): Promise<number> => {
    let left = 0;
    for (const entry of await readdir(fsPath(folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) left += await clean(path, false);
      else if (!top && entry.name.endsWith(PARTIAL)) await rm(fsPath(path));
      else left += 1;
    }
    if (left === 0 && !top) await rmdir(fsPath(folder));
    return left;
  };
  await clean(hidden, true);
}

/** All files and folders below, and the folder itself. Those that the system has written already cost nothing. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(fsPath(folder), { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  for await (const _ of mapOrdered(files, SYNCED_AT_ONCE, sync));
  for (const entry of entries) if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  syncFolder(folder);
}

/** To the disk, so that a power cut after the rename finds the content. */
export async function sync(file: string): Promise<void> {
  // Windows brings to the disk what it may write only; elsewhere a file may be read-only.
  const handle = await open(fsPath(file), process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
