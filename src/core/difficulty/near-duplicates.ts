/**
 * Owns the search for images that are nearly the same: pairs whose embeddings have a cosine similarity at or above a
 * threshold, and that a second look finds the same (picture-details.ts), joined into clusters. Exact and blockwise: no
 * matrix of all pairs is ever held, memory is O(n d). Two rows are at least as far apart as their projections on a few
 * principal axes, so that nearly every pair is dismissed there, in a fraction of d. What has been compared is in a state
 * that can be stored, so that a search can be resumed.
 */
import { rowProducts } from '../linalg/blocks.ts';
import { pcaSteps } from '../projection/pca.ts';
import type { Rng } from '../rng.ts';
import type { Steps } from '../steps.ts';

/** How far a search has come; plain arrays, to be stored as they are. */
export interface DuplicateSearch {
  n: number;
  /** Rows below this have been compared with all rows after them. */
  next: number;
  /** i32[n]: a forest, roots are their own parents; rows of one tree are one cluster. */
  parent: Int32Array<ArrayBuffer>;
  /** f32[n]: largest similarity to another row that reached the threshold; 0 where there was none. */
  similarity: Float32Array<ArrayBuffer>;
}

/** Rows handled together: their vectors stay in the first-level cache while the others pass by. */
const QUERIES = 16;
/** A block of four may begin at any row, so that the last one reaches up to three rows beyond the end. */
const PADDING = 3;

/** Principal axes on which pairs are dismissed: of photographs' pairs one in a hundred thousand is left. */
const AXES = 32;
/** Rounding of float32 rows must dismiss no pair. */
const SLACK = 1e-5;

/** Tenth, so that a few similar images do not change what is usual. */
const NEIGHBOUR = 10;
/** Contents whose neighbours are looked at for it. */
const SAMPLE = 200;
/** Rows among which contents are told apart. */
const JUDGED = 2000;
/** Share of the usual distance: chosen on drawn scenes and photos with two encoders. */
const NEAR = 0.25;
/** Share of the judged rows that must be contents of their own before their distances say what is usual. */
const CONTENTS = 0.02;
/** Cosine of a candidate where nearly all images are copies of a few: the second look decides. */
const LOOSEST = 0.9;
/** Rows of length 1 in float32: the same picture's cosine with itself may fall short of 1 by this. */
const HIGHEST = 1 - 1e-6;

/** A search that has compared nothing yet. identities: one value per row; equal ones are duplicates whatever else. */
export function startDuplicateSearch(identities: readonly string[]): DuplicateSearch {
  const n = identities.length;
  const search: DuplicateSearch = {
    n,
    next: 0,
    parent: Int32Array.from({ length: n }, (_, i) => i),
    similarity: new Float32Array(n),
  };
  const first = new Map<string, number>();
  identities.forEach((identity, row) => {
    const before = first.get(identity);
    if (before === undefined) first.set(identity, row);
    else join(search, before, row, 1);
  });
  return search;
}

/** The rows to compare: as directions, and as those lie along their own principal axes. */
export interface DuplicateRows {
  n: number;
  d: number;
  /** f32[n + 3, d]: rows of length 1; rows of zeros stay. Three more pad the last block of four. */
  unit: Float32Array;
  r: number;
  /** f32[n + 3, r]: the same rows on orthonormal axes. */
  projected: Float32Array;
}

/** vectors: f32[n,d], of any lengths. The axes only save time: what is found does not depend on rng. */
export function* duplicateRowsSteps(
  vectors: Float32Array,
  n: number,
  d: number,
  rng: Rng,
): Steps<DuplicateRows> {
  if (vectors.length !== n * d)
    throw new Error(`near-duplicates: ${vectors.length} numbers, expected ${n} rows of ${d}`);
  const unit = new Float32Array((n + PADDING) * d);
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let j = 0; j < d; j++) square += vectors[i * d + j] ** 2;
    if (!Number.isFinite(square))
      throw new Error(`near-duplicates: row ${i} is not finite, expected numbers; embed it again`);
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let j = 0; j < d; j++) unit[i * d + j] = vectors[i * d + j] * scale;
  }
  const { r, scores } = yield* pcaSteps(unit.subarray(0, n * d), n, d, AXES, { rng });
  const projected = new Float32Array((n + PADDING) * r);
  projected.set(scores);
  return { n, d, unit, r, projected };
}

/** Whether two rows are the same image by something else than their features. */
export type SameImage = (a: number, b: number) => boolean;

/** The rows, spread evenly, that `duplicateThresholdSteps` asks about; all of a small dataset. */
export function judgedRows(n: number): number[] {
  const count = Math.min(JUDGED, n);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

/**
 * The cosine from which two images may be nearly the same, from how close different images of the dataset usually are: a
 * distance of `NEAR` times the median distance to the tenth neighbour. A fixed cosine would not do: with one encoder
 * unrelated images reach .99, with another copies stay below .97 (docs/experiments/label-issues.md). Copies are left out
 * before anything is measured, or a dataset of copies would call their own distances usual; where next to nothing is
 * left, features say nothing and the cosine is loose.
 * judged: rows from `judgedRows`; same: about places in that list.
 */
export function* duplicateThresholdSteps(
  rows: DuplicateRows,
  judged: readonly number[],
  same: SameImage,
): Steps<number> {
  const contents: number[] = [];
  for (const [at] of judged.entries()) {
    if (!contents.some((content) => same(content, at))) contents.push(at);
    yield at / (2 * judged.length);
  }
  const m = contents.length;
  if (m <= NEIGHBOUR || m < CONTENTS * judged.length) return LOOSEST;
  const { unit: x, d } = pickRows(
    rows,
    contents.map((at) => judged[at]),
  );
  const sampled = Math.min(SAMPLE, m);
  const query = new Float64Array(d + 1);
  const products = new Float64Array(4);
  const distances = new Float64Array(sampled);
  for (let s = 0; s < sampled; s++) {
    const self = Math.floor((s * m) / sampled);
    for (let j = 0; j < d; j++) query[j] = x[self * d + j];
    const largest = new Float64Array(NEIGHBOUR).fill(-Infinity); // ascending
    for (let row = 0; row < m; row += 4) {
      rowProducts(x, row, d, query, 1, products);
      for (let r = 0; r < 4 && row + r < m; r++) {
        if (products[r] <= largest[0] || row + r === self) continue;
        largest[0] = products[r];
        largest.sort();
      }
    }
    distances[s] = Math.sqrt(Math.max(0, 2 - 2 * largest[0]));
    yield 0.5 + (s + 1) / (2 * sampled);
  }
  const typical = distances.sort()[sampled >> 1];
  return Math.min(HIGHEST, 1 - (NEAR * typical) ** 2 / 2);
}

/**
 * Compares every pair from `search.next` on, changing `search` as it goes; at every yield it can be stored.
 * threshold: cosine, (0,1]. A row of zeros resembles none. same: joins only pairs of which it is true; it is not asked
 * about rows that are of one cluster already, so that a thousand copies do not cost a million looks.
 */
export function* duplicateSteps(
  search: DuplicateSearch,
  { n, d, unit, r, projected }: DuplicateRows,
  threshold: number,
  same: SameImage = () => true,
): Steps<DuplicateSearch> {
  if (search.n !== n) throw new Error(`near-duplicates: ${n} rows for a search over ${search.n}`);
  if (!(threshold > 0 && threshold <= 1))
    throw new Error(`near-duplicates: threshold ${threshold}, expected a cosine above 0 and up to 1`);
  // |a - b|^2 = 2 - 2 cos for rows of length 1.
  const farthest = 2 - 2 * threshold + SLACK;
  const squares = new Float64Array(n + PADDING);
  for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) squares[i] += projected[i * r + j] ** 2;
  const queries = new Float64Array(QUERIES * (r + 1));
  const products = new Float64Array(4 * QUERIES);
  while (search.next < n) {
    const first = search.next;
    const count = Math.min(QUERIES, n - first);
    for (let q = 0; q < count; q++)
      for (let j = 0; j < r; j++) queries[q * (r + 1) + j] = projected[(first + q) * r + j];
    for (let row = first; row < n; row += 4) {
      rowProducts(projected, row, r, queries, count, products);
      for (let at = 0; at < 4 * count; at++) {
        const other = row + Math.floor(at / count);
        const query = first + (at % count);
        if (squares[query] + squares[other] - 2 * products[at] > farthest) continue;
        if (other <= query || other >= n) continue;
        const similarity = dot(unit, query, other, d);
        if (similarity < threshold) continue;
        if (rootOf(search, query) === rootOf(search, other) || same(query, other))
          join(search, query, other, Math.min(1, similarity));
      }
    }
    search.next = first + count;
    // Of the n^2 / 2 pairs those of the first rows are the most.
    yield 1 - ((n - search.next) / n) ** 2;
  }
  return search;
}

function dot(x: Float32Array, a: number, b: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += x[a * d + j] * x[b * d + j];
  return sum;
}

/** Some of the rows, in the order given, to be compared among themselves. */
export function pickRows(rows: DuplicateRows, picked: readonly number[]): DuplicateRows {
  const pick = (x: Float32Array, width: number) => {
    const own = new Float32Array((picked.length + PADDING) * width);
    for (const [at, row] of picked.entries()) own.set(x.subarray(row * width, (row + 1) * width), at * width);
    return own;
  };
  const { d, r, unit, projected } = rows;
  return { n: picked.length, d, unit: pick(unit, d), r, projected: pick(projected, r) };
}

/** Rows that belong together, two or more, each list and the lists ascending. */
export function duplicateClusters(search: DuplicateSearch): number[][] {
  const members = new Map<number, number[]>();
  for (let row = 0; row < search.n; row++) {
    const root = rootOf(search, row);
    const list = members.get(root);
    if (list) list.push(row);
    else members.set(root, [row]);
  }
  return [...members.values()].filter((rows) => rows.length > 1);
}

function join(search: DuplicateSearch, a: number, b: number, similarity: number): void {
  search.similarity[a] = Math.max(search.similarity[a], similarity);
  search.similarity[b] = Math.max(search.similarity[b], similarity);
  const one = rootOf(search, a);
  const two = rootOf(search, b);
  // The smaller row stays the root: clusters do not depend on the order in which pairs were found.
  search.parent[Math.max(one, two)] = Math.min(one, two);
}

function rootOf({ parent }: DuplicateSearch, row: number): number {
  let at = row;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]];
    at = parent[at];
  }
  return at;
}
