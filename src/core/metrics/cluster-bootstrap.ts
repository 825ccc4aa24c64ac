/**
 * Owns 95 % intervals by the cluster bootstrap (Davison and Hinkley 1997, section 3.8; percentile method, Efron 1979).
 * A seed is drawn at every level from the same noise, so the images of one seed are no independent samples: whole seeds
 * are drawn with replacement, never images. Classes are drawn apart, each from its own seeds. With fewer than about
 * ten seeds per class the intervals are somewhat too narrow.
 */
import type { Interval } from '../../shared/control.ts';
import { quantileOfSorted } from '../difficulty/density.ts';
import type { Rng } from '../rng.ts';

/** Draws of seeds of which the intervals are made. */
export const REPLICATES = 1000;

/** How often each of `n` seeds comes up when n are drawn with replacement. */
export function drawSeeds(n: number, rng: Rng): Uint32Array {
  const times = new Uint32Array(n);
  for (let i = 0; i < n; i++) times[rng.int(n)]++;
  return times;
}

/** The middle 95 % of the replicates; null where there was one seed only, which varies in no replicate. */
export function percentileInterval(replicates: Float64Array, seeds: number): Interval | null {
  if (seeds < 2) return null;
  const sorted = Float64Array.from(replicates).sort();
  return { low: quantileOfSorted(sorted, 0.025), high: quantileOfSorted(sorted, 0.975) };
}

/** Rank correlation and least-squares slope of y on x with each sample counted so many times. */
export interface WeightedFit {
  /** Spearman's rho, ties sharing their mean rank; 0 where one side is constant. */
  rho: number;
  /** 0 where x is constant. */
  slope: number;
}

/**
 * Prepares samples for many weightings: sorting is done once, so that each weighting is linear in the samples.
 * x, y: n numbers, not NaN. The function takes n counts, of which one at least is positive.
 */
export function weightedFits(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): (times: ArrayLike<number>) => WeightedFit {
  const n = x.length;
  if (y.length !== n) throw new Error(`weighted fit: ${n} against ${y.length} values, wanted as many`);
  const orderX = ascending(x);
  const orderY = ascending(y);
  const rankX = new Float64Array(n);
  const rankY = new Float64Array(n);
  return (times) => {
    let total = 0;
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < n; i++) {
      total += times[i];
      sumX += times[i] * x[i];
      sumY += times[i] * y[i];
    }
    weightedRanks(x, orderX, times, rankX);
    weightedRanks(y, orderY, times, rankY);
    const meanX = sumX / total;
    const meanY = sumY / total;
    const meanRank = (total + 1) / 2;
    let sxx = 0;
    let sxy = 0;
    let rxx = 0;
    let ryy = 0;
    let rxy = 0;
    for (let i = 0; i < n; i++) {
      const w = times[i];
      const dx = x[i] - meanX;
      sxx += w * dx * dx;
      sxy += w * dx * (y[i] - meanY);
      const a = rankX[i] - meanRank;
      const b = rankY[i] - meanRank;
      rxx += w * a * a;
      ryy += w * b * b;
      rxy += w * a * b;
    }
    // Ranks are whole or half numbers, so a constant side gives an exact 0 here, not rounding.
    return {
      rho: rxx > 0 && ryy > 0 ? Math.max(-1, Math.min(1, rxy / Math.sqrt(rxx * ryy))) : 0,
      slope: rxx > 0 ? sxy / sxx : 0,
    };
  };
}

/** Mean ranks of the multiset in which sample i stands `times[i]` times. */
function weightedRanks(
  values: ArrayLike<number>,
  order: Uint32Array,
  times: ArrayLike<number>,
  out: Float64Array,
): void {
  const n = order.length;
  let before = 0;
  for (let start = 0; start < n; ) {
    let end = start;
    let group = 0;
    while (end < n && values[order[end]] === values[order[start]]) group += times[order[end++]];
    for (let i = start; i < end; i++) out[order[i]] = before + (group + 1) / 2;
    before += group;
    start = end;
  }
}

function ascending(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b]);
}
