/**
 * Owns t-SNE's input similarities: for each row a Gaussian over its neighbours whose entropy is ln(perplexity),
 * then the symmetric joint P (van der Maaten and Hinton 2008, equations 1 and 2), sparse.
 */
import { type Steps, within } from '../steps.ts';
import { type Neighbours, nearestNeighboursSteps } from './neighbours.ts';

/** Upper triangle of P by rows: pairs (i, columns[e]) with i < columns[e], e in starts[i]..starts[i+1]. */
export interface Affinities {
  n: number;
  perplexity: number; // as used, after lowering for few rows
  starts: Int32Array; // [n+1]
  columns: Int32Array;
  /** p_ij = p_ji; all of them, both triangles, sum to 1. */
  values: Float64Array;
}

/** Three times the perplexity in neighbours holds all but a sliver of each Gaussian. */
const NEIGHBOURS_PER_PERPLEXITY = 3;

/** features: f32[n,d]. Perplexity is lowered to (n - 1) / 3 where the rows are too few for it. */
export function* affinitiesSteps(
  features: Float32Array,
  n: number,
  d: number,
  perplexity: number,
): Steps<Affinities> {
  if (!(perplexity >= 1)) throw new Error(`t-SNE: perplexity ${perplexity}, wanted 1 or more`);
  const used = Math.max(1, Math.min(perplexity, (n - 1) / NEIGHBOURS_PER_PERPLEXITY));
  const k = Math.min(n - 1, Math.ceil(NEIGHBOURS_PER_PERPLEXITY * used));
  const neighbours = yield* within(nearestNeighboursSteps(features, n, d, k), 0, 0.9);
  return affinitiesFrom(neighbours, used);
}

/** P from given neighbours. */
export function affinitiesFrom(neighbours: Neighbours, perplexity: number): Affinities {
  const { n, k, indices, distances } = neighbours;
  const conditional = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    conditionalRow(distances.subarray(i * k, i * k + k), perplexity, conditional.subarray(i * k, i * k + k));
  }
  // Each directed entry goes to the row of its smaller end; equal pairs are then merged.
  const counts = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) for (let e = i * k; e < i * k + k; e++) counts[Math.min(i, indices[e]) + 1]++;
  for (let i = 0; i < n; i++) counts[i + 1] += counts[i];
  const fill = counts.slice(0, n);
  const pairColumns = new Int32Array(n * k);
  const pairValues = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let e = i * k; e < i * k + k; e++) {
      const at = fill[Math.min(i, indices[e])]++;
      pairColumns[at] = Math.max(i, indices[e]);
      pairValues[at] = conditional[e];
    }
  }
  const starts = new Int32Array(n + 1);
  const columns = new Int32Array(n * k);
  const values = new Float64Array(n * k);
  let used = 0;
  for (let i = 0; i < n; i++) {
    const entries = Array.from({ length: counts[i + 1] - counts[i] }, (_, e) => counts[i] + e);
    entries.sort((a, b) => pairColumns[a] - pairColumns[b]);
    starts[i] = used;
    for (const e of entries) {
      if (used > starts[i] && columns[used - 1] === pairColumns[e])
        values[used - 1] += pairValues[e] / (2 * n);
      else {
        columns[used] = pairColumns[e];
        values[used++] = pairValues[e] / (2 * n);
      }
    }
  }
  starts[n] = used;
  return { n, perplexity, starts, columns: columns.slice(0, used), values: values.slice(0, used) };
}

/** out_j = exp(-beta (d_j - d_0)) / sum, beta by bisection so that the entropy is ln(perplexity). */
export function conditionalRow(distances: Float64Array, perplexity: number, out: Float64Array): void {
  const k = distances.length;
  const target = Math.log(perplexity);
  const nearest = distances[0];
  // Start at the scale of the distances themselves: features may be of any magnitude.
  let mean = 0;
  for (let j = 0; j < k; j++) mean += (distances[j] - nearest) / k;
  let beta = mean > 0 ? 1 / mean : 1;
  let low = 0;
  let high = Infinity;
  for (let attempt = 0; attempt < 100; attempt++) {
    let sum = 0;
    let weighted = 0;
    for (let j = 0; j < k; j++) {
      const e = distances[j] - nearest;
      const p = Math.exp(-beta * e);
      out[j] = p;
      sum += p;
      weighted += p * e;
    }
    for (let j = 0; j < k; j++) out[j] /= sum;
    const entropy = Math.log(sum) + (beta * weighted) / sum;
    // All distances equal: no beta changes the entropy, and uniform is the answer.
    if (Math.abs(entropy - target) < 1e-6 || weighted === 0) return;
    if (entropy > target) low = beta;
    else high = beta;
    beta = high === Infinity ? beta * 2 : (low + high) / 2;
  }
}
