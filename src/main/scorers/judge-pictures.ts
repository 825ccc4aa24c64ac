/** Owns measuring pictures that are in no dataset yet: what an encoder and a stored scorer say of their bytes. */
import type { Verdict } from '../../core/recipes/acceptance.ts';
import { preparedPixels } from '../images/prepare.ts';
import type { ImageEncoder } from '../models/encoder.ts';
import type { Judge } from './judge.ts';

/** files: encoded pictures, read exactly as files of a dataset are. */
export async function encodePictures(
  encoder: ImageEncoder,
  files: readonly Uint8Array[],
): ReturnType<ImageEncoder['run']> {
  const { preprocessing } = encoder;
  const bytes = preprocessing.width * preprocessing.height * 3;
  const pixels = new Uint8Array(files.length * bytes);
  for (const [i, file] of files.entries()) pixels.set(await preparedPixels(file, preprocessing), i * bytes);
  return await encoder.run(pixels, files.length);
}

/**
 * files: n encoded pictures -> the encoder's features f32[n,dim] and probabilities f32[n,k], columns in the order of
 * `judge.scorer.classIds`.
 */
export async function judgePictures(
  judge: Judge,
  files: readonly Uint8Array[],
): Promise<{ features: Float32Array; probabilities: Float32Array }> {
  const { features, logits } = await encodePictures(judge.encoder, files);
  const x = judge.column === 'vector' ? features : logits!;
  return { features, probabilities: judge.probabilities(x, files.length, x.length / files.length) };
}

/** @param row f32[k] of one picture; @param column of the class that it shall be */
export function verdictOf(row: Float32Array, column: number): Verdict {
  // Float rows may exceed 1 by an ulp; a difficulty must not leave [0,1].
  const measured = Math.min(1, Math.max(0, 1 - row[column]));
  return { measured, agrees: row.indexOf(Math.max(...row)) === column };
}
