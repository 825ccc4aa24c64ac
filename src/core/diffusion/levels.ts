/**
 * Owns the noise levels that a run visits, in Karras' variables: x = x_0 + sigma eps, sigma = sqrt((1 - alpha-bar) /
 * alpha-bar), and what the network is told of each. Every solver of the diffusion ODE steps from level to level.
 *
 * lambda = log(alpha / sigma_t) of the variance-preserving form (Lu et al. 2022) is -log(sigma).
 */
import { roundHalfEven } from '../round.ts';
import { betaQuantile } from './beta-quantile.ts';
import { combine, linspace, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { predictionTypeOf } from './prediction.ts';
import { closedTimesteps, openTimesteps, requireSteps, spacingOf, timestepOfSigma } from './timesteps.ts';

export interface Levels {
  /** f64[n+1], falling (float32 values). The last one is where the run ends: 0, or the level of timestep 0. */
  sigmas: Float64Array;
  /** What the network is told at each level but the last. Not always whole, nor always distinct. */
  timesteps: number[];
}

/** alpha-bar of the last timestep under zero terminal SNR: the smallest half-precision number, so that sigma is finite. */
const SMALLEST_ALPHA = 2 ** -24;

/**
 * sigma of every training timestep, f64[N], rising. float32 at every operation, as the reference has it, and so are its
 * logarithms: whether the first respaced sigma lies a hair below the last row or on it decides how its timestep is cut.
 */
const sigmaTable = (config: SchedulerConfig): Float64Array =>
  noiseSchedule(config).alphasCumprod.map((alpha) => {
    const a = Math.max(alpha, SMALLEST_ALPHA);
    return Math.fround(Math.sqrt(Math.fround(Math.fround(1 - a) / a)));
  });

const logsOf = (table: Float64Array): Float64Array => table.map((sigma) => Math.fround(Math.log(sigma)));

export interface OpenLevelsOptions {
  /** Where the config does not say where the run ends. */
  final?: 'zero' | 'sigma_min';
  /** Whole timesteps to visit instead of those that the config's spacing gives, falling. */
  timesteps?: readonly number[];
}

/**
 * The levels of DPM-Solver, UniPC and DEIS: n whole timesteps that leave the last interval, down to the end of the run,
 * to the solver. @throws when the config asks for what is unknown.
 */
export function openLevels(
  who: string,
  config: SchedulerConfig,
  steps: number,
  options: OpenLevelsOptions = {},
): Levels {
  const table = sigmaTable(config);
  const total = table.length;
  requireSteps(who, steps, total);
  const respacing = respacingOf(who, config);
  const last = total - clipped(who, config, table);
  const end = finalSigma(who, config, table, options.final ?? 'zero');
  let timesteps: number[];
  let sigmas: number[];
  if (options.timesteps) {
    timesteps = [...options.timesteps];
    sigmas = timesteps.map((t) => between(table, t));
  } else if (respacing) {
    const logs = logsOf(table);
    sigmas = respacing(table[0], table[total - 1], steps);
    // Karras' and Lu's are rounded, the others cut, as in the reference; only what the network is told depends on it.
    const whole = config.use_karras_sigmas || config.use_lu_lambdas ? roundHalfEven : Math.trunc;
    timesteps = sigmas.map((sigma) => whole(timestepOfSigma(sigma, logs)));
  } else {
    timesteps = openTimesteps(spacingOf(config, 'linspace'), last, steps, config.steps_offset ?? 0);
    sigmas = timesteps.map((t) => between(table, t));
  }
  return { timesteps, sigmas: Float64Array.from([...sigmas, end], Math.fround) };
}

export interface ClosedLevels extends Levels {
  /** The (fractional) training timestep of a level that is none of `timesteps`. */
  timestepOf(sigma: number): number;
  /** A run from noise starts at standard normal noise times this. */
  initNoiseSigma: number;
}

/** The levels of Euler's method and its kin: n timesteps, which may be fractional, and from the last one to the end. */
export function closedLevels(who: string, config: SchedulerConfig, steps: number): ClosedLevels {
  const table = sigmaTable(config);
  const total = table.length;
  requireSteps(who, steps, total);
  const spacing = spacingOf(config, 'linspace');
  let timesteps =
    spacing === 'linspace'
      ? Array.from(linspace(0, total - 1, steps), Math.fround).reverse()
      : closedTimesteps(spacing, total, steps, config.steps_offset ?? 0);
  let sigmas = timesteps.map((t) => between(table, t));
  const interpolation = config.interpolation_type ?? 'linear';
  if (interpolation === 'log_linear') {
    sigmas = exponentialSigmas(table[0], table[total - 1], steps + 1);
  } else if (interpolation !== 'linear') {
    throw new Error(`${who}: interpolation_type "${interpolation}", expected linear or log_linear`);
  }
  const respacing = respacingOf(who, config);
  const logs = logsOf(table);
  const timestepOf = (sigma: number) => timestepOfSigma(sigma, logs);
  if (respacing) {
    sigmas = respacing(sigmas[sigmas.length - 1], sigmas[0], steps);
    timesteps = sigmas.map(timestepOf);
  }
  sigmas = [...sigmas, finalSigma(who, config, table, 'zero')].slice(0, steps + 1).map(Math.fround);
  const kind = config.timestep_type ?? 'discrete';
  if (kind !== 'discrete' && kind !== 'continuous') {
    throw new Error(`${who}: timestep_type "${kind}", expected discrete or continuous`);
  }
  // Networks trained on continuous noise levels are told log(sigma) / 4 (Karras et al. 2022, table 1: c_noise).
  if (kind === 'continuous' && predictionTypeOf(config) === 'v_prediction') {
    timesteps = sigmas.slice(0, steps).map((sigma) => 0.25 * Math.log(sigma));
  }
  const [largest] = sigmas;
  return {
    timesteps,
    timestepOf,
    sigmas: Float64Array.from(sigmas),
    initNoiseSigma: spacing === 'leading' ? Math.sqrt(largest * largest + 1) : largest,
  };
}

/** x_0 noised to level `sigma`, variance-preserving: (original + sigma noise) / sqrt(sigma^2 + 1). */
export function addNoiseAt(original: Float32Array, noise: Float32Array, sigma: number) {
  const alpha = 1 / Math.sqrt(sigma * sigma + 1);
  return combine(original, alpha, noise, sigma * alpha);
}

function finalSigma(
  who: string,
  config: SchedulerConfig,
  table: Float64Array,
  fallback: 'zero' | 'sigma_min',
): number {
  const type = config.final_sigmas_type ?? fallback;
  if (type === 'zero') return 0;
  if (type === 'sigma_min') return table[0];
  throw new Error(`${who}: final_sigmas_type "${type}", expected zero or sigma_min`);
}

/** How many of the last timesteps have a lambda below the config's bound. */
function clipped(who: string, config: SchedulerConfig, table: Float64Array): number {
  const bound = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
  const count = table.reduce((n, sigma) => n + (-Math.log(sigma) < bound ? 1 : 0), 0);
  if (count > 0 && config.timestep_spacing === 'trailing') {
    throw new Error(
      `${who}: lambda_min_clipped ${bound} leaves out timesteps, which trailing spacing cannot; use linspace`,
    );
  }
  return count;
}

type Respacing = (min: number, max: number, n: number) => number[];

const RESPACINGS = {
  use_karras_sigmas: karrasSigmas,
  use_exponential_sigmas: exponentialSigmas,
  use_beta_sigmas: betaSigmas,
  // Lu et al. 2022: steps of one size in lambda, which is -log sigma.
  use_lu_lambdas: exponentialSigmas,
} satisfies Record<string, Respacing>;

function respacingOf(who: string, config: SchedulerConfig): Respacing | null {
  const asked = (Object.keys(RESPACINGS) as (keyof typeof RESPACINGS)[]).filter((key) => config[key]);
  if (asked.length > 1) throw new Error(`${who}: ${asked.join(' and ')} exclude each other; set one of them`);
  if (asked.length === 0) return null;
  return (min, max, n) => RESPACINGS[asked[0]](config.sigma_min ?? min, config.sigma_max ?? max, n);
}

/** Karras et al. 2022, eq. 5 with rho = 7: n sigmas falling from `max` to `min`. */
function karrasSigmas(min: number, max: number, n: number): number[] {
  const rho = 7;
  const from = max ** (1 / rho);
  const to = min ** (1 / rho);
  return Array.from(linspace(0, 1, n), (ramp) => (from + ramp * (to - from)) ** rho);
}

/** n sigmas, evenly spaced in their logarithm. */
function exponentialSigmas(min: number, max: number, n: number): number[] {
  return Array.from(linspace(Math.log(max), Math.log(min), n), Math.exp);
}

/** Lee et al. 2024, "Beta Sampling is All You Need": n sigmas at even quantiles of Beta(.6, .6). */
function betaSigmas(min: number, max: number, n: number): number[] {
  return Array.from(linspace(0, 1, n), (share) => min + betaQuantile(1 - share, 0.6, 0.6) * (max - min));
}

/** Value of a table at a fractional index, linear between rows, constant beyond its ends. */
function between(table: Float64Array, index: number): number {
  const low = Math.min(Math.max(Math.floor(index), 0), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  return table[low] + Math.max(0, index - low) * (table[high] - table[low]);
}
