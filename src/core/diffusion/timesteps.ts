/**
 * Owns which training timesteps a run of n steps visits: the three spacings of "Common Diffusion Noise
 * Schedules and Sample Steps are Flawed" (Lin et al. 2023, table 2), and where img2img enters.
 */
import { roundHalfEven } from '../round.ts';
import { linspace, type SchedulerConfig, type TimestepSpacing } from './noise-schedule.ts';

export function spacingOf(config: SchedulerConfig, fallback: TimestepSpacing): TimestepSpacing {
  const spacing = config.timestep_spacing ?? fallback;
  if (spacing === 'leading' || spacing === 'linspace' || spacing === 'trailing') return spacing;
  throw new Error(`scheduler: timestep_spacing "${spacing}", expected leading, linspace or trailing`);
}

/** @throws when n steps cannot be taken on a schedule of `total` timesteps. */
export function requireSteps(name: string, n: number, total: number): void {
  if (!Number.isInteger(n) || n < 1 || n > total) {
    throw new Error(`${name}: ${n} steps, expected a whole number from 1 to ${total}`);
  }
}

/**
 * n whole timesteps in falling order whose last one is the end of the run (DDPM, DDIM, PNDM).
 * @throws when leading spacing with its offset leaves the schedule.
 */
export function closedTimesteps(
  spacing: TimestepSpacing,
  total: number,
  n: number,
  offset: number,
): number[] {
  return within(total, n, closed(spacing, total, n, offset));
}

function closed(spacing: TimestepSpacing, total: number, n: number, offset: number): number[] {
  switch (spacing) {
    case 'linspace':
      return Array.from(linspace(0, total - 1, n), roundHalfEven).reverse();
    case 'leading':
      return multiples(Math.floor(total / n), n).map((t) => t + offset);
    case 'trailing':
      return trailing(total, n);
  }
}

/**
 * n whole timesteps in falling order that leave the last interval, down to 0, to the solver (DPM, UniPC).
 * @throws when leading spacing with its offset leaves the schedule.
 */
export function openTimesteps(spacing: TimestepSpacing, total: number, n: number, offset: number): number[] {
  return within(total, n, open(spacing, total, n, offset));
}

function within(total: number, n: number, timesteps: number[]): number[] {
  if (timesteps[0] < total) return timesteps;
  throw new Error(
    `scheduler: ${n} steps begin at timestep ${timesteps[0]}, but the last one is ${total - 1} (leading spacing adds steps_offset); take fewer steps`,
  );
}

function open(spacing: TimestepSpacing, total: number, n: number, offset: number): number[] {
  switch (spacing) {
    case 'linspace':
      return Array.from(linspace(0, total - 1, n + 1), roundHalfEven)
        .reverse()
        .slice(0, n);
    case 'leading':
      return multiples(Math.floor(total / (n + 1)), n + 1)
        .slice(0, n)
        .map((t) => t + offset);
    case 'trailing':
      return trailing(total, n);
  }
}

/** (n-1) step, ..., step, 0 */
const multiples = (step: number, n: number): number[] =>
  Array.from({ length: n }, (_, k) => (n - 1 - k) * step);

/** total - 1, then down by total / n; rounded before the 1 goes, with the reference's rounded difference. */
function trailing(total: number, n: number): number[] {
  const step = total - (total - total / n);
  return Array.from({ length: n }, (_, k) => roundHalfEven(total - k * step) - 1);
}

/** The (fractional) timestep whose log sigma is that of `sigma`, linear between the table's rows. */
export function timestepOfSigma(sigma: number, logSigmas: ArrayLike<number>): number {
  const wanted = Math.log(sigma);
  let low = 0;
  let high = logSigmas.length - 1;
  // The table rises with t: find the last row not above the wanted value, leaving room for a next one.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (logSigmas[middle] <= wanted) low = middle;
    else high = middle;
  }
  const w = Math.min(1, Math.max(0, (wanted - logSigmas[low]) / (logSigmas[high] - logSigmas[low])));
  return (1 - w) * low + w * high;
}

/**
 * Index into the timesteps at which image-to-image enters: the last floor(steps x strength) of `steps` are run.
 * SDEdit (Meng et al. 2022): the image is noised to that timestep and denoised from there.
 * @param strength (0,1]; 1 starts from (almost) pure noise. @throws outside of that range.
 */
export function img2imgStart(steps: number, strength: number): number {
  if (!(strength > 0 && strength <= 1)) {
    throw new Error(`img2img: strength ${strength}, expected above 0 and at most 1`);
  }
  return Math.max(steps - Math.min(Math.floor(steps * strength), steps), 0);
}
