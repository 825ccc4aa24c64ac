/** Owns class probabilities of images from a CLIP and the names of the classes. */
import { classFeatures, zeroShotProbabilities } from '../../core/metrics/clip-score.ts';
import { type ImageEncoder, textTowerOf } from '../models/encoder.ts';

/**
 * @param prompts with [CLS], which becomes the class; the features of several are averaged.
 * @returns x: features f32[n,dim] of images -> f32[n,classes]. The encoder is no longer needed.
 */
export async function zeroShot(
  encoder: ImageEncoder,
  classNames: readonly string[],
  prompts: readonly string[],
): Promise<(x: Float32Array) => Float32Array> {
  const texts = textTowerOf(encoder, 'Zero-shot scoring');
  const { logitScale } = texts;
  const { dim } = encoder;
  const written = classNames.flatMap((name) =>
    prompts.map((prompt) => prompt.replaceAll('[CLS]', () => name)),
  );
  const classes = classFeatures(await texts.embed(written), classNames.length, dim);
  return (x) => zeroShotProbabilities(x, classes, dim, logitScale);
}
