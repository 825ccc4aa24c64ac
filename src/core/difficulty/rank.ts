/**
 * Owns how two difficulties are compared (requested against measured, scorer against scorer) and the summary
 * of difficulties per class.
 */
import type { Bucket } from '../../shared/domain/parts.ts';
import { quantileOfSorted } from './density.ts';
import { difficultyBuckets } from './score.ts';

export interface Correlation {
  /** Spearman's rank correlation, [-1,1]; NaN where one side is constant or n < 2. */
  rho: number;
  /** Confidence interval of rho; NaN for n < 4. */
  low: number;
  high: number;
  n: number;
}

/** Ranks 1..n, equal values sharing their mean rank. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const out = new Float64Array(n);
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) out[order[i]] = (start + end + 1) / 2;
    start = end;
  }
  return out;
}

/** Pearson's correlation; NaN where one side is constant. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { sxx, syy, sxy } = moments(a, b);
  return sxx > 0 && syy > 0 ? sxy / Math.sqrt(sxx * syy) : Number.NaN;
}

/**
 * Spearman's rho with ties (Pearson of mean ranks) and its two-sided interval at 95 % (z = 1.96) by Fisher's
 * transform with Bonett and Wright's variance (1 + rho^2 / 2) / (n - 3). Pairs with a NaN are left out.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>, z = 1.959964): Correlation {
  const pairs = pairwise(a, b);
  const n = pairs.a.length;
  const rho = n < 2 ? Number.NaN : Math.max(-1, Math.min(1, pearson(ranks(pairs.a), ranks(pairs.b))));
  if (n < 4 || Number.isNaN(rho)) return { rho, low: Number.NaN, high: Number.NaN, n };
  const half = z * Math.sqrt((1 + (rho * rho) / 2) / (n - 3));
  const fisher = Math.atanh(Math.max(-1 + 1e-12, Math.min(1 - 1e-12, rho)));
  return { rho, low: Math.tanh(fisher - half), high: Math.tanh(fisher + half), n };
}

/** Least squares y = intercept + slope x. Pairs with a NaN are left out; slope NaN where x is constant. */
export function linearFit(x: ArrayLike<number>, y: ArrayLike<number>): { slope: number; intercept: number } {
  const pairs = pairwise(x, y);
  const { sxx, sxy, meanX, meanY } = moments(pairs.a, pairs.b);
  const slope = sxx > 0 ? sxy / sxx : Number.NaN;
  return { slope, intercept: meanY - slope * meanX };
}

export interface ClassSummary {
  classIndex: number;
  count: number;
  mean: number;
  median: number;
  /** Share of the class whose most probable class is its label. */
  accuracy: number;
  buckets: Record<Bucket, number>;
  /** Row indices, easiest (hardest) first; ties by row. */
  easiest: number[];
  hardest: number[];
}

/**
 * One row per class 0..k-1, empty classes too (their mean, median and accuracy are NaN). Rows without a
 * label (-1) or difficulty (NaN) are left out. `extremes`: how many easiest and hardest rows to list.
 */
export function summariseClasses(
  difficulty: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  k: number,
  extremes = 8,
): ClassSummary[] {
  const members: number[][] = Array.from({ length: k }, () => []);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= 0 && !Number.isNaN(difficulty[i])) members[labels[i]].push(i);
  }
  return members.map((rows, classIndex) => {
    rows.sort((p, q) => difficulty[p] - difficulty[q] || p - q);
    const sorted = rows.map((i) => difficulty[i]);
    const sum = sorted.reduce((total, v) => total + v, 0);
    const hits = rows.reduce((total, i) => total + (predicted[i] === classIndex ? 1 : 0), 0);
    return {
      classIndex,
      count: rows.length,
      mean: sum / rows.length,
      median: quantileOfSorted(sorted, 0.5),
      accuracy: hits / rows.length,
      buckets: difficultyBuckets(sorted),
      easiest: rows.slice(0, extremes),
      hardest: [...rows].sort((p, q) => difficulty[q] - difficulty[p] || p - q).slice(0, extremes),
    };
  });
}

function moments(x: ArrayLike<number>, y: ArrayLike<number>) {
  if (x.length !== y.length)
    throw new Error(`correlation: ${x.length} against ${y.length} values, wanted as many`);
  const n = x.length;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    meanX += x[i];
    meanY += y[i];
  }
  meanX /= n;
  meanY /= n;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i] - meanX;
    const dy = y[i] - meanY;
    sxx += dx * dx;
    syy += dy * dy;
    sxy += dx * dy;
  }
  // Equal values differ from their computed mean by rounding only; that is no variance.
  const noise = (mean: number) => n * (4e-16 * n * mean) ** 2;
  if (sxx <= noise(meanX)) sxx = 0;
  if (syy <= noise(meanY)) syy = 0;
  return { sxx, syy, sxy, meanX, meanY };
}

function pairwise(a: ArrayLike<number>, b: ArrayLike<number>) {
  if (a.length !== b.length)
    throw new Error(`correlation: ${a.length} against ${b.length} values, wanted as many`);
  const left: number[] = [];
  const right: number[] = [];
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) || Number.isNaN(b[i])) continue;
    left.push(a[i]);
    right.push(b[i]);
  }
  return { a: left, b: right };
}
