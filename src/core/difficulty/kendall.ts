/** Owns Kendall's rank correlation with ties, tau-b, in n log n (Knight 1966). */

export interface KendallCorrelation {
  /** Tau-b, [-1,1]; NaN where one side is constant or n < 2. */
  tau: number;
  /** Confidence interval of tau; NaN for n < 5. */
  low: number;
  high: number;
  n: number;
}

/**
 * Tau-b = (concordant - discordant) / sqrt((pairs - tied in a) (pairs - tied in b)), and its two-sided interval at
 * 95 % (z = 1.96) by Fisher's transform with the variance .437 / (n - 4) of Fieller, Hartley and Pearson (1957).
 * Pairs with a NaN are left out. Throws where the sides differ in length.
 */
export function kendall(a: ArrayLike<number>, b: ArrayLike<number>, z = 1.959964): KendallCorrelation {
  if (a.length !== b.length)
    throw new Error(`kendall: ${a.length} against ${b.length} values, wanted as many`);
  const order = Array.from({ length: a.length }, (_, i) => i)
    .filter((i) => !Number.isNaN(a[i]) && !Number.isNaN(b[i]))
    .sort((i, j) => a[i] - a[j] || b[i] - b[j]);
  const n = order.length;
  const none = { tau: Number.NaN, low: Number.NaN, high: Number.NaN, n };
  const left = Float64Array.from(order, (i) => a[i]);
  const right = Float64Array.from(order, (i) => b[i]);
  const pairs = (n * (n - 1)) / 2;
  const tiedInA = tiedPairs(n, (i) => left[i] === left[i - 1]);
  const tiedInBoth = tiedPairs(n, (i) => left[i] === left[i - 1] && right[i] === right[i - 1]);
  // Ordered by a, then b: every pair that is out of order in b is discordant.
  const discordant = sortCountingSwaps(right);
  const tiedInB = tiedPairs(n, (i) => right[i] === right[i - 1]);
  if (n < 2 || tiedInA === pairs || tiedInB === pairs) return none;
  const concordant = pairs - tiedInA - tiedInB + tiedInBoth - discordant;
  const scale = Math.sqrt(pairs - tiedInA) * Math.sqrt(pairs - tiedInB);
  const tau = Math.max(-1, Math.min(1, (concordant - discordant) / scale));
  if (n < 5) return { ...none, tau };
  const half = z * Math.sqrt(0.437 / (n - 4));
  const fisher = Math.atanh(Math.max(-1 + 1e-12, Math.min(1 - 1e-12, tau)));
  return { tau, low: Math.tanh(fisher - half), high: Math.tanh(fisher + half), n };
}

/** Pairs among n sorted items that are equal; `same(i)`: item i equals item i - 1. */
function tiedPairs(n: number, same: (i: number) => boolean): number {
  let [pairs, run] = [0, 0];
  for (let i = 1; i < n; i++) {
    run = same(i) ? run + 1 : 0;
    pairs += run; // the run-th repetition ties with as many before it
  }
  return pairs;
}

/** Sorts in place (merge sort) and counts the pairs that stood in the wrong order. */
function sortCountingSwaps(values: Float64Array<ArrayBuffer>): number {
  const n = values.length;
  let [from, to] = [values, new Float64Array(n)];
  let swaps = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let [i, j] = [start, middle];
      for (let at = start; at < end; at++) {
        if (i < middle && (j >= end || from[i] <= from[j])) to[at] = from[i++];
        else {
          to[at] = from[j++];
          swaps += middle - i;
        }
      }
    }
    [from, to] = [to, from];
  }
  if (from !== values) values.set(from);
  return swaps;
}
