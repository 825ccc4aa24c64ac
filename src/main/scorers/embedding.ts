/** Owns bringing features of a dataset up to date: what has no vector of this encoder yet is read and run. */

import { gather } from '../../core/difficulty/probe.ts';
import {
  addEmbeddings,
  type EmbeddingSet,
  ensureEmbeddingSet,
  findEmbeddingSet,
  hasOtherEmbeddings,
  imagesWithoutEmbedding,
  loadEmbeddings,
  type WorkImage,
} from '../catalog/index.ts';
import { mapOrdered } from '../files/ordered.ts';
import { UnreadableImage } from '../images/decode.ts';
import { preparedPixels } from '../images/prepare.ts';
import type { JobContext } from '../jobs/job-context.ts';
import { UnusableImage } from '../jobs/originals.ts';
import type { ImageEncoder } from '../models/encoder.ts';
import { openEncoder } from '../models/open-encoder.ts';

const BATCH = 16;
const DECODERS = 3;

type Context = { params: { datasetId: number } } & Pick<
  JobContext,
  'catalog' | 'signal' | 'progress' | 'log' | 'runtime' | 'originals'
>;

export interface Embedded {
  set: EmbeddingSet;
  unreadable: number;
}

/** Rows of these images that have features, in the order of their ids. */
export interface Features<Image extends WorkImage> {
  set: EmbeddingSet;
  images: Image[];
  /** f32[images,dim] */
  vectors: Float32Array<ArrayBuffer>;
  dim: number;
}

/**
 * What a model says of images, computed where it is missing: only then a file is read, and compared with the catalog.
 * @param which column is read.
 */
export async function featuresOf<Image extends WorkImage>(
  ctx: Context,
  modelId: string,
  images: readonly Image[],
  which: 'vector' | 'logits' = 'vector',
): Promise<Features<Image>> {
  const { set } = await embedMissing(ctx, modelId, images);
  const origins = new Set(images.map(({ origin }) => origin));
  const origin = origins.size === 1 ? images[0].origin : undefined;
  const { ids, vectors, dim } = loadEmbeddings(ctx.catalog, set, { which, origin });
  const byId = new Map(images.map((image) => [image.id, image]));
  const rows = Array.from(ids.keys()).filter((row) => byId.has(ids[row]));
  return {
    set,
    images: rows.map((row) => byId.get(ids[row])!),
    vectors: rows.length === ids.length ? vectors : gather(vectors, dim, rows),
    dim,
  };
}

/**
 * Embeds every one of the images that has no vector yet, a batch per transaction: stopping loses at most one batch.
 * Images that cannot be read any more are logged and left without a vector.
 * @param onSet called before anything is stored.
 */
export async function embedMissing(
  ctx: Context,
  modelId: string,
  images: readonly WorkImage[],
  onSet: (set: EmbeddingSet) => void = () => {},
): Promise<Embedded> {
  const { datasetId } = ctx.params;
  const { catalog, signal } = ctx;
  ctx.progress({ stage: 'opening the encoder', done: 0, total: null });
  const encoder = await openEncoder(catalog, modelId, ctx.runtime);
  try {
    const isNew = findEmbeddingSet(catalog, datasetId, encoder.hash) === undefined;
    if (isNew && hasOtherEmbeddings(catalog, datasetId, modelId, encoder.hash)) {
      ctx.log(
        'info',
        `${encoder.name} has changed since its features were stored, or images are prepared for it in another way now: they are computed again`,
      );
    }
    const set = ensureEmbeddingSet(catalog, datasetId, { id: modelId, ...pick(encoder) });
    if (set.dim !== encoder.dim)
      throw new Error(`embed: stored features have ${set.dim} numbers, ${encoder.name} gives ${encoder.dim}`);
    onSet(set);
    const wanted = new Set(imagesWithoutEmbedding(catalog, datasetId, set.id));
    const missing = images.filter((image) => wanted.has(image.id));
    const batches: WorkImage[][] = [];
    for (let at = 0; at < missing.length; at += BATCH) batches.push(missing.slice(at, at + BATCH));
    let done = 0;
    let unreadable = 0;
    ctx.progress({ stage: 'computing features', done, total: missing.length });
    // The next batch is decoded while the network runs on this one.
    const decoded = mapOrdered(batches, 2, (batch) => decodeBatch(ctx, encoder, batch));
    for await (const { images, pixels } of decoded) {
      signal.throwIfAborted();
      if (images.length > 0) {
        const { features, logits } = await encoder.run(pixels, images.length);
        const ids = images.map((image) => image.id);
        addEmbeddings(catalog, set, ids, features, logits);
      }
      const size = Math.min(BATCH, missing.length - done);
      unreadable += size - images.length;
      done += size;
      ctx.progress({ done });
    }
    return { set, unreadable };
  } finally {
    await encoder.close();
  }
}

const pick = ({ name, hash, dim }: ImageEncoder) => ({ name, hash, dim });

async function decodeBatch(
  { originals, signal, log }: Context,
  encoder: ImageEncoder,
  batch: readonly WorkImage[],
): Promise<{ images: WorkImage[]; pixels: Uint8Array }> {
  const size = encoder.preprocessing.width * encoder.preprocessing.height * 3;
  const pixels = new Uint8Array(batch.length * size);
  const images: WorkImage[] = [];
  const pictures = mapOrdered(batch, DECODERS, async (image) => {
    signal.throwIfAborted();
    try {
      return { image, data: await preparedPixels(await originals.read(image), encoder.preprocessing) };
    } catch (error) {
      if (!(error instanceof UnusableImage || error instanceof UnreadableImage)) throw error;
      const reason = error instanceof UnreadableImage ? `${image.path}: ${error.reason}` : error.message;
      log('warn', `${reason}; it gets no features`);
      return { image, data: null };
    }
  });
  for await (const { image, data } of pictures) {
    if (!data) continue;
    pixels.set(data, images.length * size);
    images.push(image);
  }
  return { images, pixels: pixels.subarray(0, images.length * size) };
}
