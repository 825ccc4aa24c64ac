/**
 * Owns finding a dataset's images again after its folder was moved or its files were renamed: first where they were,
 * from the new folder on, then by their bytes. Only the catalog's paths change, in one transaction; labels, scores and
 * samples stay. The same files give the same rows however often it runs, and the old folder brings the old ones back.
 */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import {
  type Catalog,
  type ImageFile,
  imageFiles,
  type MovedImage,
  moveDataset,
  placeOf,
} from '../../catalog/index.ts';
import { filesWithin } from '../../files/files-within.ts';
import { firstFew } from '../../files/first-few.ts';
import { displayName, fsPath, isWithin, resolveInRoot } from '../../files/fs-names.ts';
import { hashFile } from '../../files/hash.ts';
import { readingFile, UnreadableImage } from '../../images/decode.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';

interface FileFacts {
  size: number;
  mtimeMs: number;
}

export const relinkBody: JobBody<'relink'> = async (ctx) => {
  const { catalog, params } = ctx;
  const root = resolve(params.root);
  const facts = await factsOf(root, true);
  if (facts === null)
    throw new Error(`relink: there is no folder at ${root}; choose the folder that holds the images now`);
  const rows = imageFiles(catalog, params.datasetId);
  const found = await inPlace(ctx, rows, root);
  await byContent(ctx, rows, root, found);
  dropBlocked(rows, found);
  const lost = rows.filter(({ id }) => !found.has(id)).map(({ path }) => displayName(path));
  if (found.size === 0)
    throw new Error(
      `relink: ${root} holds none of the ${rows.length.toLocaleString('en-US')} images (${firstFew(lost)}); nothing was changed. Choose the folder that holds them now`,
    );
  const byPath = rows.filter(({ id, path }) => found.get(id)?.path === path).length;
  ctx.signal.throwIfAborted();
  const source = sourceIn(catalog, params.datasetId, root);
  moveDataset(catalog, params.datasetId, { root, source, images: [...found.values()] });
  ctx.emit('catalog.changed', { datasetId: params.datasetId });
  if (lost.length > 0)
    ctx.log(
      'warn',
      `${lost.length} images were not found in ${root} and are marked as missing: ${firstFew(lost)}`,
    );
  return {
    datasetId: params.datasetId,
    found: found.size,
    byPath,
    byContent: found.size - byPath,
    missing: lost.length,
  };
};

/** Same path from the new root, same bytes. Time and size as stored are taken for the same bytes, as importing again does. */
async function inPlace(
  { progress, signal }: JobContext<'relink'>,
  rows: readonly ImageFile[],
  root: string,
): Promise<Map<number, MovedImage>> {
  const found = new Map<number, MovedImage>();
  progress({ stage: 'looking at the same paths', done: 0, total: rows.length });
  for (const [i, row] of rows.entries()) {
    signal.throwIfAborted();
    const file = resolveInRoot(root, row.path);
    const facts = await factsOf(file);
    if (facts?.size === row.bytes && (facts.mtimeMs === row.mtimeMs || (await hashOf(file)) === row.hash))
      found.set(row.id, { id: row.id, path: row.path, mtimeMs: facts.mtimeMs });
    progress({ done: i + 1 });
  }
  return found;
}

/** Files of the right sizes that no image has yet are hashed, each once. */
async function byContent(
  { progress, signal }: JobContext<'relink'>,
  rows: readonly ImageFile[],
  root: string,
  found: Map<number, MovedImage>,
): Promise<void> {
  const wanted = new Map<string, ImageFile[]>(); // by hash, in the order of ids
  const sizes = new Set<number>();
  for (const row of rows) {
    if (found.has(row.id)) continue;
    wanted.set(row.hash, [...(wanted.get(row.hash) ?? []), row]);
    sizes.add(row.bytes);
  }
  if (wanted.size === 0) return;
  const taken = new Set([...found.values()].map(({ path }) => path));
  const paths: string[] = [];
  for await (const path of filesWithin(root)) {
    signal.throwIfAborted();
    if (!taken.has(path)) paths.push(path);
  }
  paths.sort(); // files of the same bytes are given out in the same order every time
  progress({ stage: 'comparing contents', done: 0, total: paths.length });
  for (const [i, path] of paths.entries()) {
    signal.throwIfAborted();
    const file = resolveInRoot(root, path);
    const facts = await factsOf(file);
    if (facts !== null && sizes.has(facts.size)) {
      const row = wanted.get((await hashOf(file)) ?? '')?.shift();
      if (row) found.set(row.id, { id: row.id, path, mtimeMs: facts.mtimeMs });
    }
    progress({ done: i + 1 });
  }
}

/** An image that was not found keeps its path; another one cannot have it, and counts as not found, too. */
function dropBlocked(rows: readonly ImageFile[], found: Map<number, MovedImage>): void {
  const byPath = new Map([...found.values()].map(({ id, path }) => [path, id]));
  const lost = rows.filter(({ id }) => !found.has(id));
  const pathOf = new Map(rows.map(({ id, path }) => [id, path]));
  for (const { path } of lost) {
    for (let at: string | undefined = path; at !== undefined; ) {
      const id = byPath.get(at);
      if (id === undefined) break;
      found.delete(id);
      byPath.delete(at);
      at = pathOf.get(id);
    }
  }
}

/** null: not there, or no regular file (`folder`: no folder). */
async function factsOf(file: string, folder = false): Promise<FileFacts | null> {
  try {
    const facts = await readingFile(() => stat(fsPath(file)));
    return (folder ? facts.isDirectory() : facts.isFile()) ? facts : null;
  } catch (error) {
    if (error instanceof UnreadableImage) return null;
    throw error;
  }
}

async function hashOf(file: string): Promise<string | null> {
  try {
    return await readingFile(() => hashFile(file));
  } catch (error) {
    if (error instanceof UnreadableImage) return null;
    throw error;
  }
}

/** The folder itself, or the manifest that moved with it; one that lies elsewhere stays. */
function sourceIn(catalog: Catalog, datasetId: number, root: string): string {
  const { root: before, source } = placeOf(catalog, datasetId);
  if (!isWithin(before, source)) return source;
  const moved = join(root, relative(before, source));
  return source === before || existsSync(fsPath(moved)) ? moved : source;
}
