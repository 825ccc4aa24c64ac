/** Near-duplicates against every pair looked at one by one, and what a stopped search goes on to. */
import { expect, it } from 'vitest';
import {
  duplicateClusters,
  duplicateRowsSteps,
  duplicateSteps,
  duplicateThresholdSteps,
  judgedRows,
  pickRows,
  type SameImage,
  startDuplicateSearch,
} from '../../../src/core/difficulty/near-duplicates.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

const d = 5;
const n = 75; // no multiple of the block sizes
const identities = Array.from({ length: n }, (_, i) => String(i));

const rowsOf = (x: Float32Array, width: number) =>
  drain(duplicateRowsSteps(x, x.length / width, width, rngFromSeed(0, 'axes')));

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
  const search = drain(duplicateSteps(startDuplicateSearch(identities), rowsOf(x, d), threshold));
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
  const whole = drain(duplicateSteps(startDuplicateSearch(identities), rowsOf(x, d), 0.9));
  const begun = startDuplicateSearch(identities);
  const steps = duplicateSteps(begun, rowsOf(x, d), 0.9);
  steps.next();
  steps.next();
  const stored = structuredClone(begun);
  expect(stored.next).toBe(32);
  expect(drain(duplicateSteps(stored, rowsOf(x, d), 0.9))).toEqual(whole);
});

it('joins equal identities whatever their vectors, and rows of zeros with nothing else', () => {
  const x = Float32Array.of(1, 0, 0, 0, 0, 0, -1, 0);
  const search = startDuplicateSearch(['a', 'b', 'c', 'a']);
  expect(duplicateClusters(drain(duplicateSteps(search, rowsOf(x, 2), 0.5)))).toEqual([[0, 3]]);
  expect([...search.similarity]).toEqual([1, 0, 0, 1]);
});

const whole = (x: Float32Array, width: number, same: SameImage) => {
  const rows = rowsOf(x, width);
  return drain(duplicateThresholdSteps(rows, judgedRows(rows.n), same));
};

it('takes a quarter of the usual distance to the tenth neighbour as near', () => {
  const x = vectors();
  const tenth = identities.map((_, i) => {
    const others = identities.map((__, j) => (j === i ? -1 : cosine(x, i, j))).sort((a, b) => b - a);
    return Math.sqrt(2 - 2 * others[9]);
  });
  const usual = tenth.sort((a, b) => a - b)[n >> 1];
  expect(whole(x, d, () => false)).toBeCloseTo(1 - (usual / 4) ** 2 / 2, 6);
});

it('of copies of one picture only, all are the same', () => {
  const x = Float32Array.from({ length: 4 * d }, (_, i) => [0.3, 1.7, -2.1, 0.9, 4.4][i % d]);
  const threshold = whole(x, d, () => true);
  const search = startDuplicateSearch(['a', 'b', 'c', 'd']);
  expect(duplicateClusters(drain(duplicateSteps(search, rowsOf(x, d), threshold)))).toEqual([[0, 1, 2, 3]]);
});

/**
 * `contents` different images of which the first have copies, `share` of all rows, dealt among them; features of a copy
 * lie `noise` of the distance between contents away, as do those of one copy from another.
 */
function withCopies(share: number, contents: number, originals: number, width: number, noise: number) {
  const rng = rngFromSeed(7, `${share} ${contents} ${originals} ${width}`);
  const copies = share === 1 ? 600 : Math.round((share * contents) / (1 - share));
  const centres = Float32Array.from({ length: contents * width }, () => rng.normal());
  const contentOf = Array.from({ length: contents + copies }, (_, row) =>
    row < contents ? row : row % originals,
  );
  const x = new Float32Array(contentOf.length * width);
  for (const [row, content] of contentOf.entries())
    for (let j = 0; j < width; j++) x[row * width + j] = centres[content * width + j] + noise * rng.normal();
  return { x, contentOf };
}

/** Through the threshold that is chosen, as the job does it. */
function grouped(x: Float32Array, width: number, contentOf: readonly number[]): number[][] {
  const rows = rowsOf(x, width);
  const judged = judgedRows(rows.n);
  const same: SameImage = (a, b) => contentOf[a] === contentOf[b];
  const threshold = drain(duplicateThresholdSteps(rows, judged, (a, b) => same(judged[a], judged[b])));
  const search = startDuplicateSearch(contentOf.map((_, row) => String(row)));
  return duplicateClusters(drain(duplicateSteps(search, rows, threshold, same)));
}

it.each([
  // share of copies, contents, how many of them have copies
  [0, 400, 1],
  [0.05, 400, 20],
  [0.3, 400, 40],
  [0.5, 400, 20],
  [0.7, 200, 4],
  [0.96, 100, 1],
  [0.975, 4, 4], // four still cameras of forty frames
  [0.999, 2, 1],
  [1, 1, 1], // one photo, encoded again and again
])('at a share of copies of %f they are grouped, and nothing else is', (share, contents, originals) => {
  for (const width of [24, 128]) {
    const { x, contentOf } = withCopies(share, contents, originals, width, 0.05);
    const expected = new Map<number, number[]>();
    for (const [row, content] of contentOf.entries())
      expected.set(content, [...(expected.get(content) ?? []), row]);
    expect(grouped(x, width, contentOf)).toEqual([...expected.values()].filter((rows) => rows.length > 1));
  }
});

it('of near features, joins those only that a second look finds the same', () => {
  const x = Float32Array.from({ length: 6 * d }, (_, i) => [0.3, 1.7, -2.1, 0.9, 4.4][i % d]);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const found = duplicateSteps(startDuplicateSearch(names), rowsOf(x, d), 0.9, (a, b) => a % 2 === b % 2);
  expect(duplicateClusters(drain(found))).toEqual([
    [0, 2, 4],
    [1, 3, 5],
  ]);
});

it('looks at a thousand copies about a thousand times, not once for each pair', () => {
  const x = Float32Array.from({ length: 1000 * d }, (_, i) => [0.3, 1.7, -2.1, 0.9, 4.4][i % d]);
  const names = Array.from({ length: 1000 }, (_, i) => String(i));
  let looks = 0;
  const same = () => ++looks > 0;
  const search = drain(duplicateSteps(startDuplicateSearch(names), rowsOf(x, d), 0.9, same));
  expect(duplicateClusters(search)).toHaveLength(1);
  expect(looks).toBe(999);
});

it('picks rows to be compared among themselves', () => {
  const x = vectors();
  const picked = [3, 10, 24, 31, 45];
  const rows = pickRows(rowsOf(x, d), picked);
  const search = startDuplicateSearch(picked.map(String));
  const expected = byHand(x, 0.9)
    .map((rows) => rows.flatMap((row) => (picked.includes(row) ? [picked.indexOf(row)] : [])))
    .filter((rows) => rows.length > 1);
  expect(duplicateClusters(drain(duplicateSteps(search, rows, 0.9)))).toEqual(expected);
});

it('dismisses no near pair where the rows have more dimensions than axes', () => {
  const wide = 60;
  const rng = rngFromSeed(9, 'wide');
  const x = Float32Array.from({ length: 40 * wide }, () => 3 + rng.normal());
  for (let i = 20; i < 40; i++)
    for (let j = 0; j < wide; j++) x[i * wide + j] = x[(i - 20) * wide + j] + 0.05 * i * 0.1 * rng.normal();
  const names = Array.from({ length: 40 }, (_, i) => String(i));
  const found = duplicateClusters(drain(duplicateSteps(startDuplicateSearch(names), rowsOf(x, wide), 0.995)));
  expect(found).toEqual(Array.from({ length: 20 }, (_, i) => [i, i + 20]));
});

it('names what it cannot compare', () => {
  expect(() => rowsOf(Float32Array.of(1, 0, Number.NaN, 1), 2)).toThrow('row 1 is not finite');
  const rng = rngFromSeed(0, 'rows');
  expect(() => drain(duplicateRowsSteps(new Float32Array(3), 2, 2, rng))).toThrow('expected 2 rows of 2');
  const search = startDuplicateSearch(['a', 'b']);
  expect(() => drain(duplicateSteps(search, rowsOf(new Float32Array(3), 1), 0.9))).toThrow(
    '3 rows for a search over 2',
  );
  expect(() => drain(duplicateSteps(search, rowsOf(new Float32Array(4), 2), 0))).toThrow('threshold 0');
});
