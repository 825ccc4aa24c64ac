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
  if (type === 'flow_prediction') {
    throw new Error(
      'scheduler: prediction_type "flow_prediction" is of flow-matching models, which Crux does not run',
    );
  }
  throw new Error(`scheduler: prediction_type "${type}", expected epsilon, v_prediction or sample`);
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

/** What is done to x_0 before it is used. Nothing must be for latents; pixel-space models bound it. */
export interface Bounds {
  /** x_0 is clipped to this, or Infinity. */
  clip: number;
  /** Dynamic thresholding (Saharia et al. 2022, sec. 2.3): the quantile that is squeezed into 1, and its largest value. */
  threshold: { quantile: number; most: number } | null;
}

/** As the config has them. @param clips whether x_0 is clipped where the config is silent; null: never. */
export function boundsOf(config: SchedulerConfig, clips: boolean | null): Bounds {
  if (config.thresholding) {
    const threshold = {
      quantile: config.dynamic_thresholding_ratio ?? 0.995,
      most: config.sample_max_value ?? 1,
    };
    return { clip: Number.POSITIVE_INFINITY, threshold };
  }
  const clip = clips !== null && (config.clip_sample ?? clips);
  return { clip: clip ? (config.clip_sample_range ?? 1) : Number.POSITIVE_INFINITY, threshold: null };
}

export interface Prediction {
  /** x_0, clipped. f64, so that a step rounds only once. */
  original: Float64Array;
  /** eps as predicted, not re-derived from the clipped x_0 */
  epsilon: Float64Array;
}

export interface PredictOptions {
  bounds?: Bounds;
  /** Samples in the batch: each is thresholded by its own values. */
  rows?: number;
}

/** output, sample: f32[k] -> x_0, eps: f64[k], at alpha-bar = `alphaCumprod`. */
export function predict(
  type: PredictionType,
  output: Float32Array,
  sample: Float32Array,
  alphaCumprod: number,
  { bounds, rows = 1 }: PredictOptions = {},
): Prediction {
  requireSameSize('scheduler: model output', output, sample);
  const alpha = Math.sqrt(alphaCumprod);
  const sigma = Math.sqrt(1 - alphaCumprod);
  if (type === 'epsilon' && alpha === 0) {
    throw new Error(
      'scheduler: at zero terminal SNR the noise says nothing of the image, so prediction_type must be v_prediction or sample',
    );
  }
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
  if (bounds?.threshold) thresholded(original, rows, bounds.threshold);
  else if (bounds && bounds.clip !== Number.POSITIVE_INFINITY) clamp(original, bounds.clip);
  return { original, epsilon };
}

function clamp(values: Float64Array, bound: number): void {
  for (let k = 0; k < values.length; k++) values[k] = Math.min(bound, Math.max(-bound, values[k]));
}

/** Each row is clipped to the quantile of its magnitudes, from 1 to `most`, and divided by it. */
function thresholded(
  values: Float64Array,
  rows: number,
  { quantile, most }: { quantile: number; most: number },
) {
  const each = values.length / rows;
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * each, (r + 1) * each);
    const sorted = row.map(Math.abs).sort();
    const at = quantile * (each - 1);
    const low = Math.floor(at);
    const found = sorted[low] + (at - low) * (sorted[Math.min(low + 1, each - 1)] - sorted[low]);
    // The reference clamps from below by 1 first: a largest value below 1 wins.
    const s = Math.min(Math.max(found, 1), most);
    clamp(row, s);
    for (let k = 0; k < each; k++) row[k] /= s;
  }
}
