/**
 * Owns what is said of one scorer's calibration: the reliability curve with its uncertainty, the temperature that fits
 * it, what calibration would be with it, and all that in one sentence.
 */
import type { Rng } from '../rng.ts';
import { type Steps, within } from '../steps.ts';
import { type Calibration, calibration } from './calibration.ts';
import { crossFittedSteps, type FittedTemperature, fitTemperatureSteps } from './temperature.ts';

export interface Reliability {
  /** Labelled rows. */
  n: number;
  as: Calibration;
  /** Fitted on all rows. */
  temperature: FittedTemperature;
  /** With temperatures fitted on other rows than they are applied to. */
  tempered: Calibration;
}

/**
 * probabilities: f32[n,k], rows summing to 1; labels: class indices below k. Wants 2 rows or more, all labelled.
 */
export function* reliabilitySteps(
  probabilities: Float32Array,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  rng: Rng,
): Steps<Reliability> {
  const temperature = yield* within(fitTemperatureSteps(probabilities, n, k, labels), 0, 0.2);
  const cross = yield* within(crossFittedSteps(probabilities, n, k, labels, { rng }), 0.2, 1);
  return {
    n,
    as: calibration(probabilities, n, k, labels),
    temperature,
    tempered: calibration(cross.probabilities, n, k, labels),
  };
}

/** Wilson's interval of a share at 95 % (z = 1.96): hits of n, n > 0. */
export function wilson(share: number, n: number, z = 1.959964): { low: number; high: number } {
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** sure: says more than it is right; unsure: less; fits: no difference that this many images could show. */
export type Verdict = 'sure' | 'unsure' | 'fits';

/** Whether mean confidence lies outside the interval of the accuracy. n: rows behind them. */
export function verdictOf({ confidence, accuracy }: Calibration, n: number): Verdict {
  const { low, high } = wilson(accuracy, n);
  if (confidence > high) return 'sure';
  return confidence < low ? 'unsure' : 'fits';
}

const whole = (share: number) => `${Math.round(100 * share)} %`;

/** One sentence, or two, for a person: what its probabilities are worth, and so what difficulty is. */
export function calibrationSentence(as: Calibration, n: number): string {
  const verdict = verdictOf(as, n);
  if (verdict === 'fits')
    return `As far as ${n} images can tell, it is as sure as it is right: it says ${whole(as.confidence)} on average and is right in ${whole(as.accuracy)}. Difficulty can be read as a probability.`;
  const sign = verdict === 'sure' ? 1 : -1;
  // The bin that weighs most in the error, among those that err the way of the whole.
  const worst = as.bins.reduce((best, bin) =>
    sign * bin.count * (bin.confidence - bin.accuracy) > sign * best.count * (best.confidence - best.accuracy)
      ? bin
      : best,
  );
  const example = `When it says ${whole(worst.confidence)}, it is right in ${whole(worst.accuracy)}`;
  return verdict === 'sure'
    ? `${example}: too sure. Difficulties near 0 are understated, those near 1 overstated.`
    : `${example}: not sure enough. Difficulties near 0 are overstated, those near 1 understated.`;
}

/** The same of a scorer that was asked about the very images that it had learned from: no verdict can be had. */
export const lessonsSentence = (as: Calibration): string =>
  `Of the images that it had learned from it says ${whole(as.confidence)} on average and is right in ${whole(as.accuracy)}. That tells nothing of how far to believe it about others.`;
