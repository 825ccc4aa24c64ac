/** Owns what training sees of a dataset's images: their latents and those of their mirror images. */
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../../../files/safetensors.ts';
import { type FileSeal, requireSealed } from '../../../files/sealed-file.ts';
import { makeFolder } from '../../../files/write-whole.ts';
import { decodeRgb } from '../../../images/decode.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { UnusableImage, type UsableImage } from '../../../jobs/originals.ts';
import type { DiffusionModel } from '../../../models/diffusion/model-folder.ts';
import { latentShape, openImageEncoder, pictureSize } from '../../../models/diffusion/sessions.ts';

type Context = Pick<JobContext, 'jobDir' | 'runtime' | 'signal' | 'progress' | 'log' | 'originals'>;

/** As f32[2n,c,h,w]: those of all images, and then of their mirror images. */
export interface Latents {
  mean: Float32Array;
  deviation: Float32Array;
}

/** What a checkpoint keeps of them: the numbers lie in a file beside it. */
export interface StoredLatents {
  file: FileSeal;
  /** Images that had changed when it was their turn, by their place: their latents are zero, and nothing is to use them. */
  left: number[];
}

const fileName = 'latents.safetensors';

/** Computed once and kept in the job's folder; what is `stored` is computed again where its file is damaged. */
export async function latentsOf(
  ctx: Context,
  model: DiffusionModel,
  images: readonly UsableImage[],
  stored: StoredLatents | null,
): Promise<{ latents: Latents; stored: StoredLatents }> {
  const path = join(ctx.jobDir, fileName);
  if (stored) {
    try {
      requireSealed(ctx.jobDir, stored.file);
      const file = openSafetensors(path);
      const latents = { mean: file.read('mean'), deviation: file.read('deviation') };
      file.close();
      return { latents, stored };
    } catch (error) {
      ctx.log('warn', `${(error as Error).message}: encodes the images again`);
    }
  }
  const { latents, left } = await encodeAll(ctx, model, images);
  const added = stored && left.find((i) => !stored.left.includes(i));
  // They were trained on already.
  if (typeof added === 'number') throw new UnusableImage(images[added].path, 'changed');
  makeFolder(ctx.jobDir);
  const shape = [latents.mean.length];
  const file = writeSafetensors(path, {
    mean: { shape, data: latents.mean },
    deviation: { shape, data: latents.deviation },
  });
  return { latents, stored: { file, left: stored?.left ?? left } };
}

async function encodeAll(
  ctx: Context,
  model: DiffusionModel,
  images: readonly UsableImage[],
): Promise<{ latents: Latents; left: number[] }> {
  const count = images.length;
  const { numbers } = latentShape(model);
  const size = pictureSize(model);
  const encoder = await openImageEncoder(model, ctx.runtime, 2);
  const mean = new Float32Array(2 * count * numbers);
  const deviation = new Float32Array(2 * count * numbers);
  const left: number[] = [];
  for (const [i, image] of images.entries()) {
    ctx.signal.throwIfAborted();
    ctx.progress({ stage: 'encoding images', done: i + 1, total: count });
    let bytes: Uint8Array;
    try {
      bytes = await ctx.originals.read(image);
    } catch (error) {
      if (!(error instanceof UnusableImage)) throw error;
      ctx.log('warn', `${error.message} It is not trained on.`);
      left.push(i);
      continue;
    }
    const { pixels } = await decodeRgb(bytes, { width: size, height: size, fit: 'cover' });
    const out = await encoder.encode(planes(pixels, size));
    for (const [from, to] of [
      [out.mean, mean],
      [out.deviation, deviation],
    ]) {
      to.set(from.subarray(0, numbers), i * numbers);
      to.set(from.subarray(numbers), (count + i) * numbers);
    }
  }
  await encoder.close();
  return { latents: { mean, deviation }, left };
}

/** u8 RGB of one picture -> f32[2,3,s,s] in -1..1: the picture and its mirror image. */
function planes(pixels: Uint8Array, size: number): Float32Array {
  const plane = size * size;
  const out = new Float32Array(6 * plane);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 3; c++) {
        const value = pixels[(y * size + x) * 3 + c] / 127.5 - 1;
        out[c * plane + y * size + x] = value;
        out[(3 + c) * plane + y * size + (size - 1 - x)] = value;
      }
    }
  }
  return out;
}
