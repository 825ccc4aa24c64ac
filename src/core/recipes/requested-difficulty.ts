/**
 * Owns which difficulty each generated picture is asked for: around a mean, fixed, evenly over a range, or as a
 * histogram or a set of real difficulties has it.
 */
import type { Rng } from '../rng.ts';

/** All difficulties are in [0,1]. */
export type DifficultyRequest =
  /** s ~ N(mu, sigma) truncated to (0,1), independent draws (the paper's synthesis, mu .5, sigma .1); sigma 0: mu. */
  | { kind: 'normal'; mu: number; sigma: number }
  | { kind: 'fixed'; value: number }
  /** Evenly over [low, high]. */
  | { kind: 'uniform'; low: number; high: number }
  /** `counts` of equally wide bins from 0 to 1, evenly within each bin. */
  | { kind: 'histogram'; counts: readonly number[] }
  /** As these difficulties are spread: each is one of them. */
  | { kind: 'samples'; difficulties: readonly number[] };

/** Difficulty of a class's picture number `i`; `rng` is the picture's own and is read by 'normal' alone. */
export type DifficultyDraw = (i: number, rng: Rng) => number;

/**
 * Where a shape is to be matched, picture i takes the quantile of u_i = frac(u_0 + i / golden ratio). Such a sequence
 * is as even as its length allows however long it gets, so few pictures of a class follow the histogram closely, and
 * asking for more keeps those that are there. Independent draws would be uneven by chance.
 *
 * @param rng of the class: where its sequence starts.
 * @throws where the request holds nothing to draw from.
 */
export function difficultyDraw(request: DifficultyRequest, rng: Rng): DifficultyDraw {
  switch (request.kind) {
    case 'normal':
      return (_, own) => truncatedNormal(request.mu, request.sigma, own);
    case 'fixed':
      return () => request.value;
    default: {
      const quantile = quantileOf(request);
      const start = rng.uniform();
      return (i) => quantile((start + i * goldenShare) % 1);
    }
  }
}

const goldenShare = (Math.sqrt(5) - 1) / 2;

/** By rejection, which is exact: at worst (mu 0 or 1) every other draw is kept, at sigma 1 a third. */
export function truncatedNormal(mu: number, sigma: number, rng: Rng): number {
  if (sigma === 0) return mu;
  for (;;) {
    const s = mu + sigma * rng.normal();
    if (s > 0 && s < 1) return s;
  }
}

type Shape = Exclude<DifficultyRequest, { kind: 'normal' | 'fixed' }>;

/** The inverse of the distribution function: u in [0,1) -> difficulty. */
function quantileOf(request: Shape): (u: number) => number {
  if (request.kind === 'uniform') {
    const { low, high } = request;
    if (!(low <= high)) throw new Error(`difficulty: from ${low} to ${high}; wanted low at most high`);
    return (u) => low + u * (high - low);
  }
  if (request.kind === 'samples') {
    if (request.difficulties.length === 0) throw new Error('difficulty: no difficulties to match');
    const sorted = Float64Array.from(request.difficulties).sort();
    return (u) => sorted[Math.floor(u * sorted.length)];
  }
  const { counts } = request;
  const bad = counts.findIndex((count) => !(count >= 0 && count < Number.POSITIVE_INFINITY));
  if (bad >= 0)
    throw new Error(`difficulty: count ${bad + 1} of the histogram is ${counts[bad]}; wanted 0 or more`);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new Error('difficulty: the histogram is empty; wanted a bin with a count above 0');
  const last = counts.findLastIndex((count) => count > 0);
  return (u) => {
    let left = u * total;
    for (const [bin, count] of counts.entries()) {
      if (left < count) return (bin + left / count) / counts.length;
      left -= count;
    }
    // Only rounding of the sums leads here.
    return (last + 1) / counts.length;
  };
}
