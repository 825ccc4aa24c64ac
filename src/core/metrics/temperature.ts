/**
 * Owns temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2) of stored
 * probabilities: p^(1/T), renormalised. Where p is a softmax this is the softmax of logits / T. T > 1 makes a scorer
 * less sure, T < 1 surer; the most probable class stays what it is.
 */
import { stratifiedFolds } from '../difficulty/folds.ts';
import type { Rng } from '../rng.ts';
import { drain, type Steps, within } from '../steps.ts';

/** Range in which a temperature is looked for. */
export const TEMPERATURE_RANGE = { low: 0.05, high: 20 } as const;

/** Probabilities below this count as this much, as in the log loss: a logarithm of 0 has no use. */
const FLOOR = 1e-12;
/** Newton's method on a convex function of one variable needs about five; halving the range needs fifty. */
const MAX_ITERATIONS = 100;

export interface FittedTemperature {
  value: number;
  /** The log loss still falls at the end of the range: the rows are all right, or no better than chance. */
  atBound: boolean;
}

/** probabilities: [n,k], rows summing to 1 -> f32[n,k]. A temperature of 1 changes no number. */
export function temperedProbabilities(
  probabilities: Float32Array,
  n: number,
  k: number,
  temperature: number,
): Float32Array {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new Error(`temperature: ${temperature}, wanted a number above 0`);
  if (probabilities.length !== n * k)
    throw new Error(`temperature: ${probabilities.length} probabilities, wanted ${n} rows of ${k}`);
  const out = probabilities.slice();
  if (temperature === 1) return out;
  const powers = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    let max = 0;
    for (let c = 0; c < k; c++) max = Math.max(max, probabilities[i * k + c]);
    let sum = 0;
    for (let c = 0; c < k; c++) {
      // Relative to the largest, so that a small T cannot make all of them 0.
      powers[c] = (Math.max(FLOOR, probabilities[i * k + c]) / Math.max(FLOOR, max)) ** (1 / temperature);
      sum += powers[c];
    }
    for (let c = 0; c < k; c++) out[i * k + c] = powers[c] / sum;
  }
  return out;
}

/**
 * The temperature of least mean log loss. probabilities: [n,k], rows summing to 1; rows labelled -1 are left out;
 * at least one must be labelled. 1 where every row is uniform: no temperature changes those.
 */
export function fitTemperature(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): FittedTemperature {
  return drain(fitTemperatureSteps(probabilities, n, k, labels));
}

/** `fitTemperature` in pieces. */
export function fitTemperatureSteps(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): Steps<FittedTemperature> {
  return fitRows(logsOf(probabilities, n, k), k, labels, labelled(labels, n));
}

export interface CrossFitted {
  /** f32[n,k]: every labelled row under the temperature of the other folds; unlabelled rows as they were. */
  probabilities: Float32Array;
  /** One per fold. */
  temperatures: number[];
}

/**
 * What tempering is worth on rows that did not choose the temperature: labelled rows are dealt into folds, and each
 * fold is tempered by the temperature fitted on the others. Wants 2 labelled rows or more; folds fall to their number.
 */
export function* crossFittedSteps(
  probabilities: Float32Array,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  { folds = 5, rng }: { folds?: number; rng: Rng },
): Steps<CrossFitted> {
  const rows = labelled(labels, n);
  if (rows.length < 2) throw new Error(`temperature: ${rows.length} labelled rows, wanted 2 or more`);
  const count = Math.min(folds, rows.length);
  const own = rows.map((i) => labels[i]);
  const fold = stratifiedFolds(own, rows.length, count, rng);
  const logs = logsOf(probabilities, n, k);
  const out = probabilities.slice();
  const temperatures: number[] = [];
  for (let f = 0; f < count; f++) {
    const rest = rows.filter((_, at) => fold[at] !== f);
    const { value } = yield* within(fitRows(logs, k, labels, rest), f / count, (f + 1) / count);
    temperatures.push(value);
    for (const i of rows.filter((_, at) => fold[at] === f)) {
      const row = probabilities.slice(i * k, (i + 1) * k);
      out.set(temperedProbabilities(row, 1, k, value), i * k);
    }
  }
  return { probabilities: out, temperatures };
}

const labelled = (labels: ArrayLike<number>, n: number): number[] =>
  Array.from({ length: n }, (_, i) => i).filter((i) => labels[i] >= 0);

/** f64[n,k] of ln p. */
function logsOf(probabilities: ArrayLike<number>, n: number, k: number): Float64Array {
  if (probabilities.length !== n * k)
    throw new Error(`temperature: ${probabilities.length} probabilities, wanted ${n} rows of ${k}`);
  return Float64Array.from(probabilities, (p) => Math.log(Math.max(FLOOR, p)));
}

/**
 * Minimises L(b) = mean of logsumexp(b ln p) - b ln p(label) over b = 1/T, which is convex: its slope is the mean of
 * E_b[ln p] - ln p(label), its curvature the mean variance of ln p under p^b.
 */
function* fitRows(
  logs: Float64Array,
  k: number,
  labels: ArrayLike<number>,
  rows: readonly number[],
): Steps<FittedTemperature> {
  if (rows.length === 0) throw new Error('temperature: no labelled rows, wanted 1 or more');
  const at = (beta: number) => slopeAndCurvature(logs, k, labels, rows, beta);
  let beta = 1;
  let here = at(beta);
  if (here.slope === 0) return { value: 1, atBound: false };
  const [lowest, highest] = [1 / TEMPERATURE_RANGE.high, 1 / TEMPERATURE_RANGE.low];
  // The minimum lies against the slope, unless even the end of the range slopes the same way.
  const end = here.slope < 0 ? highest : lowest;
  yield 0.1;
  if (Math.sign(at(end).slope) === Math.sign(here.slope)) return { value: 1 / end, atBound: true };
  let [low, high] = here.slope < 0 ? [1, end] : [end, 1];
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    yield 0.1 + 0.9 * (1 - 0.7 ** i);
    if (here.slope < 0) low = beta;
    else high = beta;
    const newton = beta - here.slope / here.curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const moved = Math.abs(next - beta);
    beta = next;
    if (moved <= 1e-9 * beta) break;
    here = at(beta);
  }
  return { value: 1 / beta, atBound: false };
}

function slopeAndCurvature(
  logs: Float64Array,
  k: number,
  labels: ArrayLike<number>,
  rows: readonly number[],
  beta: number,
): { slope: number; curvature: number } {
  let [slope, curvature] = [0, 0];
  for (const i of rows) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, logs[i * k + c]);
    let [sum, first, second] = [0, 0, 0];
    for (let c = 0; c < k; c++) {
      // Measured from the largest: a shift changes neither slope nor curvature, and rounding stays small.
      const l = logs[i * k + c] - max;
      const w = Math.exp(beta * l);
      sum += w;
      first += w * l;
      second += w * l * l;
    }
    const mean = first / sum;
    slope += mean - (logs[i * k + labels[i]] - max);
    curvature += second / sum - mean * mean;
  }
  return { slope: slope / rows.length, curvature: curvature / rows.length };
}
