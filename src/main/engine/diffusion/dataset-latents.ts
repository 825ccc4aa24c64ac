/** Owns what training sees of a dataset's images: their latents and those of their mirror images. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeRgb } from '../images/decode.ts';
import type { JobContext } from '../job-context.ts';
import { openSafetensors, writeSafetensors } from '../safetensors.ts';
import type { DiffusionModel } from './model-folder.ts';
import { latentShape, openImageEncoder, pictureSize } from './sessions.ts';

type Context = Pick<JobContext, 'jobDir' | 'runtime' | 'signal' | 'progress'>;

/** Latents of all files and then of their mirror images, f32[2n,c,h,w], computed once and kept in the job's folder. */
export async function latentsOf(
  ctx: Context,
  model: DiffusionModel,
  files: readonly string[],
): Promise<{ mean: Float32Array; deviation: Float32Array }> {
  const file = join(ctx.jobDir, 'latents.safetensors');
  const count = files.length;
  const { numbers } = latentShape(model);
  if (existsSync(file)) {
    const stored = openSafetensors(file);
    const latents = { mean: stored.read('mean'), deviation: stored.read('deviation') };
    stored.close();
    if (latents.mean.length === 2 * count * numbers) return latents;
  }
  const size = pictureSize(model);
  const encoder = await openImageEncoder(model, ctx.runtime, 2);
  const mean = new Float32Array(2 * count * numbers);
  const deviation = new Float32Array(2 * count * numbers);
  for (const [i, path] of files.entries()) {
    ctx.signal.throwIfAborted();
    const { pixels } = await decodeRgb(path, { width: size, height: size, fit: 'cover' });
    const out = await encoder.encode(planes(pixels, size));
    for (const [from, to] of [
      [out.mean, mean],
      [out.deviation, deviation],
    ]) {
      to.set(from.subarray(0, numbers), i * numbers);
      to.set(from.subarray(numbers), (count + i) * numbers);
    }
    ctx.progress({ stage: 'encoding images', done: i + 1, total: count });
  }
  await encoder.close();
  mkdirSync(ctx.jobDir, { recursive: true });
  const shape = [2 * count, numbers];
  await writeSafetensors(file, { mean: { shape, data: mean }, deviation: { shape, data: deviation } });
  return { mean, deviation };
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
