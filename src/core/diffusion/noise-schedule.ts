/**
 * Owns the forward process: betas, their cumulative products, and what noising does to a sample.
 *
 * Symbols (Ho et al. 2020): beta_t = `betas[t]`, alpha-bar_t = `alphasCumprod[t]` (the DDIM paper calls it
 * alpha_t), x_0 = `original`, eps = `noise`, x_t = `sample`. t is the training index, 0..N-1.
 */

export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';
export type TimestepSpacing = 'leading' | 'linspace' | 'trailing';

/**
 * A `scheduler_config.json` under its own key names. A missing key takes the default that Diffusers gives it,
 * which for `timestep_spacing`, `clip_sample` and `set_alpha_to_one` depends on the scheduler.
 */
export interface SchedulerConfig {
  /** The scheduler that the config is of. */
  _class_name?: string;
  num_train_timesteps?: number;
  beta_start?: number;
  beta_end?: number;
  beta_schedule?: string;
  trained_betas?: readonly number[] | null;
  /** Whether the last timestep is pure noise (Lin et al. 2023, algorithm 1). */
  rescale_betas_zero_snr?: boolean;
  prediction_type?: string;
  timestep_spacing?: string;
  /** Added to every timestep of leading spacing; Stable Diffusion has 1. */
  steps_offset?: number;
  timestep_type?: string;
  interpolation_type?: string;
  use_karras_sigmas?: boolean | null;
  use_exponential_sigmas?: boolean | null;
  use_beta_sigmas?: boolean | null;
  use_lu_lambdas?: boolean | null;
  sigma_min?: number | null;
  sigma_max?: number | null;
  /** Where a run ends: "zero", or "sigma_min", the level of timestep 0. */
  final_sigmas_type?: string;
  /** Timesteps whose lambda is below are not visited; for cosine schedules. */
  lambda_min_clipped?: number | null;
  clip_sample?: boolean;
  clip_sample_range?: number;
  thresholding?: boolean;
  dynamic_thresholding_ratio?: number;
  sample_max_value?: number;
  /** Whether the value "before" timestep 0 is alpha-bar = 1 rather than alpha-bar_0. */
  set_alpha_to_one?: boolean;
  skip_prk_steps?: boolean;
  variance_type?: string | null;
  algorithm_type?: string;
  solver_order?: number;
  solver_type?: string;
  lower_order_final?: boolean;
  euler_at_final?: boolean;
  predict_x0?: boolean;
  disable_corrector?: readonly number[];
  original_inference_steps?: number;
  timestep_scaling?: number;
}

/**
 * All values are float32 ones, as in the training of published checkpoints: where beta nears 1 the rounding of
 * 1 - beta is a visible part of the schedule.
 */
export interface NoiseSchedule {
  /** f64[N] */
  betas: Float64Array;
  /** f64[N], falling from nearly 1 to nearly 0 */
  alphasCumprod: Float64Array;
}

/** @throws when the schedule is unknown or the betas leave (0,1). */
export function noiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const plain = (config.trained_betas ? Float64Array.from(config.trained_betas) : betasOf(config)).map(
    Math.fround,
  );
  for (const [t, beta] of plain.entries()) {
    if (!(beta > 0 && beta < 1)) {
      throw new Error(`scheduler: beta ${beta} at timestep ${t}, expected between 0 and 1`);
    }
  }
  if (config.rescale_betas_zero_snr && plain.length < 2)
    throw new Error('scheduler: rescale_betas_zero_snr needs more than one timestep');
  const betas = config.rescale_betas_zero_snr ? zeroTerminalSnr(plain) : plain;
  return { betas, alphasCumprod: cumulative(betas) };
}

function cumulative(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - beta);
    return Math.fround(product);
  });
}

/**
 * Lin et al. 2023, algorithm 1: sqrt(alpha-bar) is shifted and scaled so that its last value is 0 and its first
 * stays. The last beta becomes 1.
 */
function zeroTerminalSnr(betas: Float64Array): Float64Array {
  const roots = cumulative(betas).map(Math.sqrt);
  const first = roots[0];
  const last = roots[roots.length - 1];
  const bars = roots.map((root) => ((root - last) * (first / (first - last))) ** 2);
  return bars.map((bar, t) => Math.fround(1 - (t === 0 ? bar : bar / bars[t - 1])));
}

function betasOf(config: SchedulerConfig): Float64Array {
  const n = config.num_train_timesteps ?? 1000;
  if (!Number.isInteger(n) || n < 1) {
    throw new Error(`scheduler: num_train_timesteps ${n}, expected a whole number above 0`);
  }
  const start = config.beta_start ?? 0.0001;
  const end = config.beta_end ?? 0.02;
  const kind = config.beta_schedule ?? 'linear';
  switch (kind) {
    case 'linear':
      return linspace(start, end, n);
    case 'scaled_linear':
      return linspace(Math.sqrt(start), Math.sqrt(end), n).map((root) => root * root);
    case 'squaredcos_cap_v2': {
      // Nichol & Dhariwal 2021, eq. 17: alpha-bar follows a squared cosine; betas are capped.
      const bar = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
      return Float64Array.from({ length: n }, (_, t) => Math.min(1 - bar((t + 1) / n) / bar(t / n), 0.999));
    }
    case 'exp': {
      const bar = (u: number) => Math.exp(-12 * u);
      return Float64Array.from({ length: n }, (_, t) => Math.min(1 - bar((t + 1) / n) / bar(t / n), 0.999));
    }
    default:
      throw new Error(
        `scheduler: beta_schedule "${kind}", expected linear, scaled_linear, squaredcos_cap_v2 or exp`,
      );
  }
}

/**
 * n evenly spaced values from `from` to `to`, both included (n = 1: `from`). Multiples of a rounded step, as the
 * reference has them: 15 x 33.3 is just below 499.5, and that decides which way a timestep is rounded.
 */
export function linspace(from: number, to: number, n: number): Float64Array {
  const step = n > 1 ? (to - from) / (n - 1) : 0;
  const out = Float64Array.from({ length: n }, (_, i) => i * step + from);
  if (n > 1) out[n - 1] = to;
  return out;
}

/** q(x_t | x_0), Ho et al. eq. 4: sqrt(a) original + sqrt(1 - a) noise, a = alphasCumprod[t]. */
export function addNoise(original: Float32Array, noise: Float32Array, alphaCumprod: number): Float32Array {
  return combine(original, Math.sqrt(alphaCumprod), noise, Math.sqrt(1 - alphaCumprod));
}

/** The v target of Salimans & Ho 2022, app. D: sqrt(a) noise - sqrt(1 - a) original. */
export function velocity(original: Float32Array, noise: Float32Array, alphaCumprod: number): Float32Array {
  return combine(noise, Math.sqrt(alphaCumprod), original, -Math.sqrt(1 - alphaCumprod));
}

/** p x + q y, elementwise; summed in float64, stored as float32. @throws when the sizes differ. */
export function combine(x: Float32Array, p: number, y: Float32Array, q: number): Float32Array<ArrayBuffer> {
  requireSameSize('combine', x, y);
  const out = new Float32Array(x.length);
  for (let k = 0; k < x.length; k++) out[k] = p * x[k] + q * y[k];
  return out;
}

export function requireSameSize(who: string, got: Float32Array, wanted: Float32Array): void {
  if (got.length !== wanted.length) {
    throw new Error(`${who}: ${got.length} values beside ${wanted.length}; both must have the same shape`);
  }
}
