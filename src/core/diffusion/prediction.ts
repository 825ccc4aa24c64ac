/**
 * Owns what a network's output means: from epsilon, v or x_0 predictions to both x_0 and epsilon.
 *
 * With x_t = alpha x_0 + sigma eps (alpha^2 = alpha-bar_t, sigma^2 = 1 - alpha-bar_t):
 *   epsilon  x_0 = (x_t - sigma out) / alpha
 *   v        x_0 = alpha x_t - sigma out,  eps = alpha out + sigma x_t   (Salimans & Ho 2022, app. D)
 *   sample   x_0 = out,                    eps = (x_t - alpha out) / sigma
 */
import { type PredictionType, requireSameSize, type SchedulerConfig } from './noise-schedule.ts';

export function predictionTypeOf(config: SchedulerConfig): PredictionType {
  const type = config.prediction_type ?? 'epsilon';
  if (type === 'epsilon' || type === 'v_prediction' || type === 'sample') return type;
  throw new Error(`scheduler: prediction_type "${type}", wanted epsilon, v_prediction or sample`);
}

/** What a network of this type is trained to say of x_t = alpha original + sigma eps, at alpha-bar = `alphaCumprod`. */
export function trainingTarget(
  type: PredictionType,
  original: number,
  epsilon: number,
  alphaCumprod: number,
): number {
  if (type === 'epsilon') return epsilon;
  if (type === 'sample') return original;
  return Math.sqrt(alphaCumprod) * epsilon - Math.sqrt(1 - alphaCumprod) * original;
}

/** The bound x_0 is clipped to, or Infinity. Latents must not be clipped; pixel-space models are. */
export function clipRangeOf(config: SchedulerConfig, clippedByDefault: boolean): number {
  if (config.thresholding) {
    throw new Error('scheduler: thresholding is not supported (it is for pixel-space models); set it false');
  }
  return (config.clip_sample ?? clippedByDefault)
    ? (config.clip_sample_range ?? 1)
    : Number.POSITIVE_INFINITY;
}

export interface Prediction {
  /** x_0, clipped. f64, so that a step rounds only once. */
  original: Float64Array;
  /** eps as predicted, not re-derived from the clipped x_0 */
  epsilon: Float64Array;
}

/** output, sample: f32[k] -> x_0, eps: f64[k], at alpha-bar = `alphaCumprod`. */
export function predict(
  type: PredictionType,
  output: Float32Array,
  sample: Float32Array,
  alphaCumprod: number,
  clipRange = Number.POSITIVE_INFINITY,
): Prediction {
  requireSameSize('scheduler: model output', output, sample);
  const alpha = Math.sqrt(alphaCumprod);
  const sigma = Math.sqrt(1 - alphaCumprod);
  const n = sample.length;
  const original = new Float64Array(n);
  const epsilon = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const out = output[k];
    const x = sample[k];
    switch (type) {
      case 'epsilon':
        original[k] = (x - sigma * out) / alpha;
        epsilon[k] = out;
        break;
      case 'v_prediction':
        original[k] = alpha * x - sigma * out;
        epsilon[k] = alpha * out + sigma * x;
        break;
      case 'sample':
        original[k] = out;
        epsilon[k] = (x - alpha * out) / sigma;
        break;
    }
  }
  if (clipRange !== Number.POSITIVE_INFINITY) {
    for (let k = 0; k < n; k++) original[k] = Math.min(clipRange, Math.max(-clipRange, original[k]));
  }
  return { original, epsilon };
}
