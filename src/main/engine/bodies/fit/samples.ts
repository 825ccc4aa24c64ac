/**
 * Owns what a classifier is trained on, batch by batch: pictures, held in memory where they fit and read anew where
 * they do not, or features. Reading is apart from augmenting, so that the next batch is read ahead of its turn while
 * random numbers are drawn in the order of the steps.
 */

import type { Preprocessing } from '../../../../core/images/preprocessing.ts';
import { type Rng, rngFromSeed } from '../../../../core/rng.ts';
import {
  type Augmentation,
  type CropAugmentation,
  centreCrops,
  noAugmentation,
  pictureBatch,
  randomCrops,
} from '../../../../core/training/augment.ts';
import { mapOrdered } from '../../../files/ordered.ts';
import { preparedPixels } from '../../../images/prepare.ts';
import type { Originals, UsableImage } from '../../../jobs/originals.ts';

export interface Samples {
  load(rows: readonly number[]): Promise<LoadedBatch>;
}

export interface LoadedBatch {
  /** f32[rows,...] for training. */
  augmented(rng: Rng): Float32Array;
  /** f32[rows,...] for judging. */
  plain(): Float32Array;
}

/** Pictures that take more bytes than this together are read from their files at every use. */
const heldBytes = 1e9;
const decoders = 3;

export interface PictureFiles {
  /** Side of the squares that pictures are brought to, in pixels. */
  readonly side: number;
  /** -> u8[rows,side,side,3] RGB */
  read(rows: readonly number[]): Promise<Uint8Array>;
}

/** A file that has changed since the job began fails it: its row is counted on. */
export async function openPictures(
  images: readonly UsableImage[],
  preprocessing: Preprocessing,
  o: {
    /** Pixels more on each side than the network takes, of which random parts are cut out. */
    margin: number;
    originals: Originals;
    signal: AbortSignal;
    onRead: (done: number, total: number) => void;
  },
): Promise<PictureFiles> {
  const side = preprocessing.width + 2 * o.margin;
  const bytes = side * side * 3;
  const decode = async (rows: readonly number[], onOne?: (done: number) => void) => {
    const out = new Uint8Array(rows.length * bytes);
    let done = 0;
    const decoded = mapOrdered(rows, decoders, async (row) =>
      preparedPixels(await o.originals.read(images[row]), preprocessing, o.margin),
    );
    for await (const pixels of decoded) {
      o.signal.throwIfAborted();
      out.set(pixels, done * bytes);
      onOne?.(++done);
    }
    return out;
  };
  if (images.length * bytes > heldBytes) return { side, read: (rows) => decode(rows) };
  const held = await decode([...images.keys()], (done) => o.onRead(done, images.length));
  return {
    side,
    async read(rows) {
      const out = new Uint8Array(rows.length * bytes);
      rows.forEach((row, i) => {
        out.set(held.subarray(row * bytes, (row + 1) * bytes), i * bytes);
      });
      return out;
    },
  };
}

/** In -1..1, whole, shifted and mirrored: small pictures. */
export const shiftedPictures = (files: PictureFiles, augmentation: Augmentation): Samples => ({
  async load(rows) {
    const pixels = await files.read(rows);
    const all = rows.map((_, i) => i);
    return {
      augmented: (rng) => pictureBatch(pixels, files.side, all, augmentation, rng),
      plain: () => pictureBatch(pixels, files.side, all, noAugmentation, rngFromSeed(0)),
    };
  },
});

/** In [0,1], size x size: random parts for training, the middle for judging, as the encoder sees it. */
export const croppedPictures = (
  files: PictureFiles,
  size: number,
  augmentation: CropAugmentation,
): Samples => ({
  async load(rows) {
    const pixels = await files.read(rows);
    return {
      augmented: (rng) => randomCrops(pixels, files.side, size, augmentation, rng),
      plain: () => centreCrops(pixels, files.side, size),
    };
  },
});

/** vectors: f32[n,dim], as they are. */
export const storedFeatures = (vectors: Float32Array, dim: number): Samples => ({
  async load(rows) {
    const out = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => {
      out.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
    });
    return { augmented: () => out, plain: () => out };
  },
});
