/** Owns measuring pictures that are in no dataset yet: what a stored scorer says of their bytes. */
import { pixelsFor } from './embedding.ts';
import type { Judge } from './judge.ts';

/**
 * files: encoded pictures -> probabilities f32[n,k], columns in the order of `judge.scorer.classIds`. Exactly as files
 * of the dataset would be read and judged.
 */
export async function judgePictures(judge: Judge, files: readonly Uint8Array[]): Promise<Float32Array> {
  const { encoder } = judge;
  const bytes = encoder.width * encoder.height * 3;
  const pixels = new Uint8Array(files.length * bytes);
  for (const [i, file] of files.entries()) pixels.set(await pixelsFor(encoder, file), i * bytes);
  const { features, logits } = await encoder.run(pixels, files.length);
  const x = judge.column === 'vector' ? features : logits!;
  return judge.probabilities(x, files.length, x.length / files.length);
}
