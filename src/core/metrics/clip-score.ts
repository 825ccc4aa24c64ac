/**
 * Owns what is told from a CLIP's features of images and texts: their cosines, CLIPScore, and class probabilities without
 * training. Features need not be of unit length.
 */
import { softmaxRow } from '../difficulty/softmax-regression.ts';

type Rows = Float32Array | Float64Array;

/** images: [n,dim], texts: [k,dim] -> f64[n,k], each in [-1,1]: what DisCL's filter has its thresholds on. */
export function imageTextCosines(images: Rows, texts: Rows, dim: number): Float64Array {
  const [n, k] = [rowsOf(images, dim, 'images'), rowsOf(texts, dim, 'texts')];
  // Images may be very many: theirs are not copied.
  const unit = unitRows(texts, dim);
  const cosines = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    const length = lengthOf(images, i * dim, dim);
    for (let j = 0; j < k; j++) {
      let dot = 0;
      for (let d = 0; d < dim; d++) dot += images[i * dim + d] * unit[j * dim + d];
      cosines[i * k + j] = Math.min(1, Math.max(-1, dot / length));
    }
  }
  return cosines;
}

/** CLIPScore (Hessel et al. 2021, eq. 1) of an image and a caption: 2.5 max(cosine, 0). */
export const clipScore = (cosine: number): number => 2.5 * Math.max(cosine, 0);

/**
 * One text feature a class: the mean of its prompts' unit features, itself of unit length (Radford et al. 2021, section 3.1.4).
 * @param prompts f32[classes*templates,dim], all of a class one after another.
 */
export function classFeatures(prompts: Float32Array, classes: number, dim: number): Float64Array {
  const templates = rowsOf(prompts, dim, 'prompts') / classes;
  if (!Number.isInteger(templates) || templates === 0)
    throw new Error(`zero-shot: ${prompts.length / dim} prompts for ${classes} classes`);
  const unit = unitRows(prompts, dim);
  const sums = new Float64Array(classes * dim);
  for (const [at, value] of unit.entries())
    sums[Math.floor(at / (templates * dim)) * dim + (at % dim)] += value;
  return unitRows(sums, dim);
}

/**
 * images: f32[n,dim] -> f32[n,k], rows sum to 1: softmax of the cosines times `logitScale` (Radford et al. 2021, section 3.1.2).
 * @param classes f64[k,dim], of `classFeatures`; @param logitScale the model's own factor, exp(logit_scale).
 */
export function zeroShotProbabilities(
  images: Float32Array,
  classes: Float64Array,
  dim: number,
  logitScale: number,
): Float32Array {
  const logits = imageTextCosines(images, classes, dim).map((cosine) => logitScale * cosine);
  const k = classes.length / dim;
  for (let at = 0; at < logits.length; at += k) softmaxRow(logits, at, k);
  return Float32Array.from(logits);
}

function rowsOf(x: Rows, dim: number, what: string): number {
  if (x.length === 0 || x.length % dim !== 0)
    throw new Error(`CLIP: ${x.length} numbers of ${what}, expected one or more rows of ${dim}`);
  return x.length / dim;
}

/** A row of zeros, which has no direction, counts as of length 1. */
function lengthOf(x: Rows, at: number, dim: number): number {
  let square = 0;
  for (let d = 0; d < dim; d++) square += x[at + d] ** 2;
  return Math.sqrt(square) || 1;
}

/** f64[n,dim] */
function unitRows(x: Rows, dim: number): Float64Array {
  const unit = Float64Array.from(x);
  for (let at = 0; at < unit.length; at += dim) {
    const length = lengthOf(x, at, dim);
    for (let d = 0; d < dim; d++) unit[at + d] /= length;
  }
  return unit;
}
