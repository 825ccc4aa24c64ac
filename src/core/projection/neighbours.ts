/**
 * Owns exact nearest neighbours by Euclidean distance: blocked products, |a-b|^2 = |a|^2 + |b|^2 - 2 a.b, and
 * a small heap per query. O(n^2 d), about 4 s for 10,000 rows of 50 dimensions.
 */
import { rowProducts } from '../linalg/blocks.ts';
import { drain, type StepOptions, type Steps } from '../steps.ts';

/** Row i's neighbours (never i itself), nearest first; ties by smaller index. */
export interface Neighbours {
  n: number;
  k: number;
  indices: Int32Array; // [n,k]
  /** Squared Euclidean distances, [n,k]. */
  distances: Float64Array;
}

/** Queries handled together: their vectors stay in the first-level cache while all rows pass by. */
const QUERIES = 16;

/** features: f32[n,d]; k is lowered to n - 1. */
export function nearestNeighbours(
  features: Float32Array,
  n: number,
  d: number,
  k: number,
  options: StepOptions = {},
): Neighbours {
  return drain(nearestNeighboursSteps(features, n, d, k), options);
}

/** `nearestNeighbours` in pieces of 16 queries. */
export function* nearestNeighboursSteps(
  features: Float32Array,
  n: number,
  d: number,
  k: number,
): Steps<Neighbours> {
  if (features.length !== n * d) {
    throw new Error(`neighbours: ${features.length} numbers, wanted ${n} x ${d}`);
  }
  const kept = Math.max(0, Math.min(k, n - 1));
  const { x, norms, padded } = centred(features, n, d);
  const indices = new Int32Array(n * kept);
  const distances = new Float64Array(n * kept);
  const queries = new Float64Array(QUERIES * (d + 1));
  const products = new Float64Array(4 * QUERIES);
  const heaps = Array.from({ length: QUERIES }, () => new Heap(kept));

  for (let first = 0; first < n && kept > 0; first += QUERIES) {
    const count = Math.min(QUERIES, n - first);
    for (let q = 0; q < count; q++) {
      heaps[q].size = 0;
      for (let j = 0; j < d; j++) queries[q * (d + 1) + j] = x[(first + q) * d + j];
    }
    for (let row = 0; row < padded; row += 4) {
      rowProducts(x, row, d, queries, count, products);
      for (let r = 0; r < 4 && row + r < n; r++) {
        const candidate = row + r;
        const norm = norms[candidate];
        for (let q = 0; q < count; q++) {
          const distance = norm - 2 * products[r * count + q]; // the query's own norm changes no order
          const heap = heaps[q];
          if ((heap.size < kept || distance < heap.keys[0]) && candidate !== first + q) {
            heap.push(distance, candidate);
          }
        }
      }
    }
    for (let q = 0; q < count; q++) {
      const row = first + q;
      heaps[q].sorted().forEach(({ key, value }, at) => {
        indices[row * kept + at] = value;
        distances[row * kept + at] = Math.max(0, key + norms[row]);
      });
    }
    yield (first + count) / n;
  }
  return { n, k: kept, indices, distances };
}

/** Rows about their mean (large common offsets would cancel badly), padded to fours, and squared lengths. */
function centred(features: Float32Array, n: number, d: number) {
  const padded = Math.ceil(n / 4) * 4;
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += features[i * d + j] / n;
  const x = new Float32Array(padded * d);
  const norms = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const v = Math.fround(features[i * d + j] - mean[j]);
      x[i * d + j] = v;
      norms[i] += v * v;
    }
    if (!Number.isFinite(norms[i])) {
      throw new Error(`neighbours: row ${i} is not finite, wanted numbers; embed it again`);
    }
  }
  return { x, norms, padded };
}

/** The `capacity` smallest keys seen, largest at the root. */
class Heap {
  readonly keys: Float64Array;
  readonly values: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity);
    this.values = new Int32Array(capacity);
  }

  push(key: number, value: number): void {
    const { keys, values } = this;
    if (this.size < keys.length) {
      let at = this.size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (keys[parent] >= key) break;
        keys[at] = keys[parent];
        values[at] = values[parent];
        at = parent;
      }
      keys[at] = key;
      values[at] = value;
      return;
    }
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && keys[child + 1] > keys[child]) child++;
      if (keys[child] <= key) break;
      keys[at] = keys[child];
      values[at] = values[child];
      at = child;
    }
    keys[at] = key;
    values[at] = value;
  }

  sorted(): { key: number; value: number }[] {
    return Array.from({ length: this.size }, (_, i) => ({ key: this.keys[i], value: this.values[i] })).sort(
      (a, b) => a.key - b.key || a.value - b.value,
    );
  }
}
