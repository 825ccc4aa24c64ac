/**
 * Owns the way to an image's bytes. All that the catalog knows of an image (label, features, difficulty) is about the
 * file that was imported; a file that has changed since, or is gone, is named, counted and left out. So a body checks the
 * images that it works with before anything is computed of them, and gets bytes from here alone: a row has no path.
 *
 * `check` compares size and time, and the hash where the time differs (the same bytes with a new time are fine). `read`
 * hashes what it read: a file that changes while a job runs is noticed when its turn comes.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { type Catalog, imageFile, onlyOurs, setTime, type WorkImage } from '../catalog/index.ts';
import { firstFew } from '../files/first-few.ts';
import { fsPath } from '../files/fs-names.ts';
import { hashFile } from '../files/hash.ts';
import { mapOrdered } from '../files/ordered.ts';
import { UnfitFile } from '../files/user-file.ts';
import { readImageBytes } from '../images/codec.ts';
import { UnreadableImage } from '../images/errors.ts';
import type { JobContext } from './job-context.ts';

declare const checked: unique symbol;
/** An image whose file was found to be the one that was imported. */
export type UsableImage = WorkImage & { readonly [checked]: true };

type Fault = 'changed' | 'missing';

/** The file of an image is not the one that was imported. */
export class UnusableImage extends Error {
  readonly fault: Fault;
  constructor(path: string, fault: Fault, options?: ErrorOptions) {
    const what = fault === 'changed' ? 'has changed since it was imported' : 'is missing or cannot be read';
    super(
      `${path} ${what}. Put the file back as it was, or import the folder again and start a new job.`,
      options,
    );
    this.fault = fault;
  }
}

export interface Originals {
  /** Those whose files are as imported. @throws where there were some and none is left. */
  check<Image extends WorkImage>(images: readonly Image[]): Promise<(Image & UsableImage)[]>;
  /** The bytes of its file. @throws UnusableImage, which is counted; another error where the disk itself seems gone. */
  read(image: WorkImage): Promise<Uint8Array>;
  /** How many were left out, for the job's result; null: no file was looked at. */
  figures(): Record<Fault, number> | null;
  /** Stores what `read` has found and not stored yet: it does so only now and then, as syncing a file takes its time. */
  keep(): void;
}

type Context = Pick<
  JobContext,
  'catalog' | 'signal' | 'progress' | 'log' | 'readCheckpoint' | 'writeCheckpoint'
>;

const connect = 'Connect their disk, or import the folder again.';

/** Files that are looked at side by side. */
const CONCURRENCY = 16;
/** The checkpoint's, beside the job's main one: a resumed job whose plan is made looks no more, and tells the same. */
const stateName = 'originals';
const SAVE_MS = 1000;
/** Files that are gone one after the other: not those files, but their disk. */
const lostInARow = 200;
/** Files whose new times are written at once. */
const TIMES = 2000;

export function openOriginals(ctx: Context): Originals {
  const { catalog, signal, log } = ctx;
  let faults = ctx.readCheckpoint<Map<number, Fault>>({
    name: stateName,
    apart: 'the counts of images that are left out begin again',
  });
  let unsaved = false;
  let savedAt = Number.NEGATIVE_INFINITY;
  /** Ids of images that `read` did not find, the last ones in a row. */
  let lost: number[] = [];
  const save = () => {
    ctx.writeCheckpoint(faults, stateName);
    unsaved = false;
    savedAt = performance.now();
  };
  const note = ({ id }: WorkImage, fault: Fault) => {
    faults ??= new Map();
    faults.set(id, fault);
    unsaved = true;
    if (fault === 'missing') lost.push(id);
    else lost = [];
    if (lost.length < lostInARow) {
      if (performance.now() - savedAt >= SAVE_MS) save();
      return;
    }
    // They are there again with their disk.
    for (const one of lost.splice(0)) faults.delete(one);
    save();
    throw new Error(`${lostInARow} images one after the other are missing or cannot be read. ${connect}`);
  };
  /** So that the same bytes are hashed once. */
  const writeTimes = (newTimes: { image: WorkImage; mtimeMs: number }[]) => {
    if (newTimes.length === 0) return;
    catalog.write(() => {
      for (const { image, mtimeMs } of newTimes) setTime(catalog, image, mtimeMs);
    });
  };
  return {
    async check<Image extends WorkImage>(images: readonly Image[]) {
      ctx.progress({ stage: 'checking files', done: 0, total: images.length });
      const found = new Map(faults);
      const usable: (Image & UsableImage)[] = [];
      const bad: Record<Fault, string[]> = { changed: [], missing: [] };
      let generated = false;
      const newTimes: { image: Image; mtimeMs: number }[] = [];
      const looked = mapOrdered(images, CONCURRENCY, async (image) => {
        signal.throwIfAborted();
        return { image, ...(await lookAt(catalog, image)) };
      });
      let done = 0;
      for await (const { image, fault, mtimeMs } of looked) {
        if (fault) {
          found.set(image.id, fault);
          bad[fault].push(image.path);
          if (image.origin === 'synthetic') generated = true;
        } else {
          found.delete(image.id);
          usable.push(image as Image & UsableImage);
          if (mtimeMs !== image.mtimeMs) newTimes.push({ image, mtimeMs });
        }
        if (newTimes.length === TIMES) writeTimes(newTimes.splice(0));
        ctx.progress({ done: ++done });
      }
      writeTimes(newTimes);
      faults = found;
      // Twice, so that there is one before it: a job whose plan is made looks at no file again, and could not count anew.
      save();
      save();
      for (const text of [
        said(bad.changed, 'changed since it was imported', 'changed since they were imported', generated),
        said(bad.missing, 'is missing or cannot be read', 'are missing or cannot be read', generated),
      ])
        if (text) log('warn', text);
      if (usable.length === 0 && images.length > 0)
        throw new Error(
          `none of the ${images.length} images is as it was imported (${bad.changed.length} changed, ${bad.missing.length} missing: ${firstFew([...bad.changed, ...bad.missing])}). ${connect}`,
        );
      return usable;
    },
    async read(image) {
      try {
        const bytes = await bytesOf(catalog, image);
        lost = [];
        return bytes;
      } catch (error) {
        if (error instanceof UnusableImage) note(image, error.fault);
        throw error;
      }
    },
    figures() {
      if (faults === null) return null;
      const all = [...faults.values()];
      const count = (fault: Fault) => all.filter((f) => f === fault).length;
      return { changed: count('changed'), missing: count('missing') };
    },
    keep() {
      if (unsaved) save();
    },
  };
}

function said(paths: readonly string[], one: string, several: string, generated: boolean): string | null {
  if (paths.length === 0) return null;
  const [what, are] =
    paths.length === 1 ? [`1 image ${one}`, 'is'] : [`${paths.length} images ${several}`, 'are'];
  const remedy = `Import the folder again to bring the catalog up to date${generated ? '; put the files of generated images back, or generate them again' : ''}`;
  return `${what} and ${are} left out: ${firstFew(paths)}. ${remedy}.`;
}

/** What an error of looking at an image's file says of the file. @throws the error itself where it is none of the file's. */
function faultOf(error: unknown): Fault {
  if (onlyOurs(error)) throw error;
  if (error instanceof UnfitFile) return 'changed'; // a folder, say, where the image was
  if (error instanceof UnreadableImage) return error.cause ? faultOf(error.cause) : 'changed'; // no image any more
  if (typeof (error as NodeJS.ErrnoException)?.code === 'string') return 'missing';
  throw error;
}

async function lookAt(
  catalog: Catalog,
  image: WorkImage,
): Promise<{ fault: Fault; mtimeMs: null } | { fault: null; mtimeMs: number }> {
  const file = imageFile(catalog, image.id);
  if (file === null) return { fault: 'missing', mtimeMs: null };
  try {
    const facts = await stat(fsPath(file));
    const { size, mtimeMs } = facts;
    if (!facts.isFile() || size !== image.bytes) return { fault: 'changed', mtimeMs: null };
    if (mtimeMs === image.mtimeMs) return { fault: null, mtimeMs };
    if ((await hashFile(file)) !== image.hash) return { fault: 'changed', mtimeMs: null };
    // The time of what was hashed: whoever wrote meanwhile gave it another.
    return { fault: null, mtimeMs };
  } catch (error) {
    return { fault: faultOf(error), mtimeMs: null };
  }
}

async function bytesOf(catalog: Catalog, image: WorkImage): Promise<Uint8Array> {
  const file = imageFile(catalog, image.id);
  if (file === null) throw new UnusableImage(image.path, 'missing');
  let bytes: Uint8Array;
  try {
    bytes = await readImageBytes(file);
  } catch (error) {
    throw new UnusableImage(image.path, faultOf(error), { cause: error });
  }
  if (createHash('sha256').update(bytes).digest('hex') !== image.hash)
    throw new UnusableImage(image.path, 'changed');
  return bytes;
}
