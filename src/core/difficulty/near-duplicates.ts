/**
 * Owns the search for images that are nearly the same: pairs whose embeddings have a cosine similarity at or above a
 * threshold, joined into clusters. Exact and blockwise: no matrix of all pairs is ever held, O(n^2 d) time and
 * O(n d) memory. What has been compared is in a state that can be stored, so that a search can go on later.
 */
import { rowProducts } from '../linalg/blocks.ts';
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

/**
 * Compares every pair from `search.next` on, changing `search` as it goes; at every yield it can be stored.
 * vectors: f32[n,d]; their length does not matter. threshold: cosine, (0,1]. A row of zeros resembles none.
 */
export function* duplicateSteps(
  search: DuplicateSearch,
  vectors: Float32Array,
  d: number,
  threshold: number,
): Steps<DuplicateSearch> {
  const { n } = search;
  if (vectors.length !== n * d)
    throw new Error(`near-duplicates: ${vectors.length} numbers, wanted ${n} rows of ${d}`);
  if (!(threshold > 0 && threshold <= 1))
    throw new Error(`near-duplicates: threshold ${threshold}, wanted a cosine above 0 and up to 1`);
  const x = unitRows(vectors, n, d);
  const queries = new Float64Array(QUERIES * (d + 1));
  const products = new Float64Array(4 * QUERIES);
  while (search.next < n) {
    const first = search.next;
    const count = Math.min(QUERIES, n - first);
    for (let q = 0; q < count; q++)
      for (let j = 0; j < d; j++) queries[q * (d + 1) + j] = x[(first + q) * d + j];
    for (let row = first; row < n; row += 4) {
      rowProducts(x, row, d, queries, count, products);
      for (let at = 0; at < 4 * count; at++) {
        if (products[at] < threshold) continue;
        const other = row + Math.floor(at / count);
        const query = first + (at % count);
        if (other > query && other < n) join(search, query, other, Math.min(1, products[at]));
      }
    }
    search.next = first + count;
    // Of the n^2 / 2 pairs those of the first rows are the most.
    yield 1 - ((n - search.next) / n) ** 2;
  }
  return search;
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

/** f32[>= n, d] rows of length 1 (zeros stay), padded to blocks of four. */
function unitRows(vectors: Float32Array, n: number, d: number): Float32Array {
  // A block of four may begin at any query block's first row, so that the last one may reach 3 rows beyond.
  const x = new Float32Array((n + 3) * d);
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let j = 0; j < d; j++) square += vectors[i * d + j] ** 2;
    if (!Number.isFinite(square))
      throw new Error(`near-duplicates: row ${i} is not finite, wanted numbers; embed it again`);
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let j = 0; j < d; j++) x[i * d + j] = vectors[i * d + j] * scale;
  }
  return x;
}
