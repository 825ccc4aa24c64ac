/** Owns bringing features of a dataset up to date: what has no vector of this encoder yet is read and run. */
import {
  addEmbeddings,
  type Catalog,
  type EmbeddingSet,
  ensureEmbeddingSet,
  imagesWithoutEmbedding,
  type WorkImage,
  workImages,
} from '../catalog/index.ts';
import { decodeRgb, reasonOf } from './images/decode.ts';
import type { JobContext } from './job-context.ts';
import type { ImageEncoder } from './models/encoder.ts';
import { openEncoder } from './models/open-encoder.ts';
import { mapOrdered } from './ordered.ts';

const BATCH = 16;
const DECODERS = 3;

/** u8[height,width,3] as the encoder wants it, of an image file or its bytes. */
export async function pixelsFor(encoder: ImageEncoder, file: string | Uint8Array): Promise<Uint8Array> {
  const fit = encoder.resize === 'crop' ? 'cover' : 'fill';
  const { pixels } = await decodeRgb(file, { width: encoder.width, height: encoder.height, fit });
  return pixels;
}

export interface Embedded {
  set: EmbeddingSet;
  embedded: number;
  unreadable: number;
}

/**
 * Embeds every present image that has no vector yet, a batch per transaction: stopping loses at most one batch.
 * Images that cannot be read any more are logged and left without a vector.
 */
export async function embedMissing(
  ctx: Pick<JobContext, 'catalog' | 'signal' | 'progress' | 'log' | 'runtime'>,
  datasetId: number,
  modelId: string,
  origin?: 'real' | 'synthetic',
): Promise<Embedded> {
  const { catalog, signal } = ctx;
  ctx.progress({ stage: 'opening the encoder', done: 0, total: null });
  const encoder = await openEncoder(catalog, modelId, ctx.runtime);
  try {
    const set = ensureEmbeddingSet(catalog, datasetId, { id: modelId, ...pick(encoder) });
    if (set.dim !== encoder.dim)
      throw new Error(`embed: stored features have ${set.dim} numbers, ${encoder.name} gives ${encoder.dim}`);
    const missing = missingImages(catalog, datasetId, set, origin);
    const batches: WorkImage[][] = [];
    for (let at = 0; at < missing.length; at += BATCH) batches.push(missing.slice(at, at + BATCH));
    let done = 0;
    let unreadable = 0;
    ctx.progress({ stage: 'computing features', done, total: missing.length });
    // The next batch is decoded while the network runs on this one.
    const decoded = mapOrdered(batches, 2, (batch) => decodeBatch(encoder, batch, signal, ctx.log));
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
    return { set, embedded: missing.length - unreadable, unreadable };
  } finally {
    await encoder.close();
  }
}

const pick = ({ name, hash, dim }: ImageEncoder) => ({ name, hash, dim });

function missingImages(
  catalog: Catalog,
  datasetId: number,
  set: EmbeddingSet,
  origin: 'real' | 'synthetic' | undefined,
): WorkImage[] {
  const wanted = new Set(imagesWithoutEmbedding(catalog, datasetId, set.id));
  return workImages(catalog, datasetId, origin).filter((image) => wanted.has(image.id));
}

async function decodeBatch(
  encoder: ImageEncoder,
  batch: readonly WorkImage[],
  signal: AbortSignal,
  log: JobContext['log'],
): Promise<{ images: WorkImage[]; pixels: Uint8Array }> {
  const size = encoder.width * encoder.height * 3;
  const pixels = new Uint8Array(batch.length * size);
  const images: WorkImage[] = [];
  const pictures = mapOrdered(batch, DECODERS, async (image) => {
    signal.throwIfAborted();
    try {
      return { image, data: await pixelsFor(encoder, image.file) };
    } catch (error) {
      const reason = reasonOf(error);
      log('warn', `${image.path}: ${reason}; it gets no features`);
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
