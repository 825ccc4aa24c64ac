/** Near-duplicates against every pair looked at one by one, and what a stopped search goes on to. */
import { expect, it } from 'vitest';
import {
  duplicateClusters,
  duplicateSteps,
  startDuplicateSearch,
} from '../../../src/core/difficulty/near-duplicates.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

const d = 5;
const n = 75; // no multiple of the block sizes
const identities = Array.from({ length: n }, (_, i) => String(i));

/** Random directions of random lengths; every seventh row is nearly the one three before it. */
function vectors(): Float32Array {
  const rng = rngFromSeed(3, 'rows');
  const x = Float32Array.from({ length: n * d }, () => rng.normal());
  for (let i = 7; i < n; i += 7)
    for (let j = 0; j < d; j++) x[i * d + j] = 2.5 * x[(i - 3) * d + j] + 0.02 * rng.normal();
  return x;
}

function cosine(x: Float32Array, a: number, b: number): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let j = 0; j < d; j++) {
    dot += x[a * d + j] * x[b * d + j];
    aa += x[a * d + j] ** 2;
    bb += x[b * d + j] ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/** Clusters by following links from row to row. */
function byHand(x: Float32Array, threshold: number): number[][] {
  const seen = new Set<number>();
  const clusters: number[][] = [];
  for (let i = 0; i < n; i++) {
    if (seen.has(i)) continue;
    const cluster = [i];
    seen.add(i);
    for (const at of cluster)
      for (let j = 0; j < n; j++)
        if (!seen.has(j) && cosine(x, at, j) >= threshold) {
          seen.add(j);
          cluster.push(j);
        }
    if (cluster.length > 1) clusters.push(cluster.sort((a, b) => a - b));
  }
  return clusters;
}

it.each([0.999, 0.9, 0.7])('at %f finds the clusters that every pair one by one gives', (threshold) => {
  const x = vectors();
  const search = drain(duplicateSteps(startDuplicateSearch(identities), x, d, threshold));
  const expected = byHand(x, threshold);
  expect(expected.length).toBeGreaterThan(0);
  expect(duplicateClusters(search)).toEqual(expected);
  for (const row of expected.flat()) {
    const best = Math.max(...identities.map((_, j) => (j === row ? -1 : cosine(x, row, j))));
    expect(search.similarity[row]).toBeCloseTo(best, 5);
  }
});

it('goes on from what was stored to the same end', () => {
  const x = vectors();
  const whole = drain(duplicateSteps(startDuplicateSearch(identities), x, d, 0.9));
  const begun = startDuplicateSearch(identities);
  const steps = duplicateSteps(begun, x, d, 0.9);
  steps.next();
  steps.next();
  const stored = structuredClone(begun);
  expect(stored.next).toBe(32);
  expect(drain(duplicateSteps(stored, x, d, 0.9))).toEqual(whole);
});

it('joins equal identities whatever their vectors, and rows of zeros with nothing else', () => {
  const x = Float32Array.of(1, 0, 0, 0, 0, 0, -1, 0);
  const search = startDuplicateSearch(['a', 'b', 'c', 'a']);
  expect(duplicateClusters(drain(duplicateSteps(search, x, 2, 0.5)))).toEqual([[0, 3]]);
  expect([...search.similarity]).toEqual([1, 0, 0, 1]);
});

it('names what it cannot compare', () => {
  const search = startDuplicateSearch(['a', 'b']);
  expect(() => drain(duplicateSteps(search, Float32Array.of(1, 0, Number.NaN, 1), 2, 0.9))).toThrow(
    'row 1 is not finite',
  );
  expect(() => drain(duplicateSteps(search, new Float32Array(3), 2, 0.9))).toThrow('wanted 2 rows of 2');
  expect(() => drain(duplicateSteps(search, new Float32Array(4), 2, 0))).toThrow('threshold 0');
});
