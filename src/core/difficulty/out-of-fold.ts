/**
 * Owns how a probe's probabilities are obtained for the very rows it learns from: out-of-fold (each row judged
 * by a probe that has not seen it) or in-sample (the papers' variant: one probe, trained and asked on all).
 */
import { rngFromSeed } from '../rng.ts';
import { drain, type StepOptions, type Steps, within } from '../steps.ts';
import { stratifiedFolds } from './folds.ts';
import {
  checkFeatures,
  chooseL2Steps,
  gather,
  labelledRows,
  type Probe,
  probeProbabilities,
  trainProbeSteps,
} from './probe.ts';

export interface SelfScoringOptions extends StepOptions {
  /** Penalty; absent: chosen once by `chooseL2Steps` on all labelled rows (their held-out likelihood). */
  l2?: number;
  iterations?: number;
  seed?: number;
}

export interface OutOfFoldOptions extends SelfScoringOptions {
  folds?: number;
}

export interface SelfScored {
  /** f32[n,k], rows sum to 1. */
  probabilities: Float32Array;
  /** Share of labelled rows whose most probable class is their label, [0,1]. */
  accuracy: number;
  l2: number;
  /** i32[n], the fold each row was held out in; absent for in-sample. */
  fold?: Int32Array;
  /** Trained on every labelled row; only for in-sample. */
  probe?: Probe;
  /** One per fold, trained on the other folds' labelled rows; only for out-of-fold. */
  probes?: Probe[];
}

/**
 * features: f32[n,d], labels: n class indices below k (-1: unlabelled, judged but not learnt from).
 * `folds` falls to the number of labelled rows where there are fewer. A class with a single member has never
 * been seen by the probe that judges it: its probability there is 0 and its difficulty 1.
 */
export function outOfFoldProbabilities(
  features: Float32Array,
  n: number,
  d: number,
  labels: ArrayLike<number>,
  k: number,
  options: OutOfFoldOptions = {},
): SelfScored {
  return drain(outOfFoldSteps(features, n, d, labels, k, options), options);
}

/** `outOfFoldProbabilities` in pieces. */
export function* outOfFoldSteps(
  features: Float32Array,
  n: number,
  d: number,
  labels: ArrayLike<number>,
  k: number,
  options: OutOfFoldOptions = {},
): Steps<SelfScored> {
  checkFeatures(features, n, d, labels, k);
  const labelled = labelledRows(labels, n);
  if (labelled.length < 3) {
    throw new Error(`out-of-fold: ${labelled.length} labelled images, wanted 3 or more; label some first`);
  }
  const seed = options.seed ?? 0;
  const folds = Math.min(options.folds ?? 5, labelled.length);
  const fold = stratifiedFolds(labels, n, folds, rngFromSeed(seed, 'folds'));
  const l2 =
    options.l2 ??
    (yield* within(chooseL2Steps(features, n, d, labels, k, rngFromSeed(seed, 'penalty')), 0, 0.3));
  const begin = options.l2 === undefined ? 0.3 : 0;
  const share = (1 - begin) / folds;
  const probabilities = new Float32Array(n * k);
  const probes: Probe[] = [];
  for (let f = 0; f < folds; f++) {
    const held = Array.from({ length: n }, (_, i) => i).filter((i) => fold[i] === f);
    const rest = labelled.filter((i) => fold[i] !== f);
    const restLabels = rest.map((i) => labels[i]);
    const training = trainProbeSteps(gather(features, d, rest), rest.length, d, restLabels, k, {
      l2,
      iterations: options.iterations,
    });
    const probe = yield* within(training, begin + f * share, begin + (f + 1) * share);
    probes.push(probe);
    const judged = probeProbabilities(probe, gather(features, d, held), held.length);
    held.forEach((i, r) => {
      probabilities.set(judged.subarray(r * k, r * k + k), i * k);
    });
  }
  return { probabilities, accuracy: accuracyOf(probabilities, k, labels, labelled), l2, fold, probes };
}

/** One probe on all labelled rows, asked on all rows: easy images look easier than they are. */
export function inSampleProbabilities(
  features: Float32Array,
  n: number,
  d: number,
  labels: ArrayLike<number>,
  k: number,
  options: SelfScoringOptions = {},
): SelfScored {
  return drain(inSampleSteps(features, n, d, labels, k, options), options);
}

/** `inSampleProbabilities` in pieces. */
export function* inSampleSteps(
  features: Float32Array,
  n: number,
  d: number,
  labels: ArrayLike<number>,
  k: number,
  options: SelfScoringOptions = {},
): Steps<SelfScored> {
  const rng = rngFromSeed(options.seed ?? 0, 'penalty');
  const l2 = options.l2 ?? (yield* within(chooseL2Steps(features, n, d, labels, k, rng), 0, 0.5));
  const training = trainProbeSteps(features, n, d, labels, k, { l2, iterations: options.iterations });
  const probe = yield* within(training, options.l2 === undefined ? 0.5 : 0, 1);
  const probabilities = probeProbabilities(probe, features, n);
  return {
    probabilities,
    accuracy: accuracyOf(probabilities, k, labels, labelledRows(labels, n)),
    l2,
    probe,
  };
}

function accuracyOf(p: Float32Array, k: number, labels: ArrayLike<number>, rows: number[]): number {
  let hits = 0;
  for (const i of rows) {
    const row = p.subarray(i * k, i * k + k);
    const own = row[labels[i]];
    if (row.every((v, c) => c === labels[i] || v < own)) hits++;
  }
  return hits / rows.length;
}
