/**
 * Owns how diverse the images of one class are and how near they stay to the class's real images, in an encoder's
 * features: cosine figures, precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020),
 * Vendi score, KID. Real images are judged by the same figures, each with itself taken out of the reference, so that
 * both can be set side by side.
 */
import type { SetQuality } from '../../shared/control.ts';
import { vendiScore } from './diversity.ts';
import { kid } from './kernel-distance.ts';

/** What the images of a class are held against: all its real images, n of them. */
export interface ClassReference {
  features: Float32Array; // f32[n,d]
  n: number;
  d: number;
  k: number;
  /** Squared distances of all pairs, f64[n,n]. */
  squared: Float64Array;
  /** Of each real image to its k-th nearest other, squared; null: no more than k images. */
  radii: Float64Array | null;
}

/** A set of images of that class. */
export interface ImageSet {
  features: Float32Array; // f32[m,d]
  m: number;
  /** Which row of the reference each of them is; null: generated, none of them. */
  rows: readonly number[] | null;
  /** Whether each is taken for the class that it shall be. */
  agrees: readonly boolean[];
  /** By the held-out scorer; null: there is none. */
  heldOutAgrees: readonly boolean[] | null;
}

/** features: f32[n,d]; k: the neighbour that a ball reaches to. O(n^2 d). */
export function classReference(features: Float32Array, n: number, d: number, k: number): ClassReference {
  if (features.length !== n * d)
    throw new Error(`class quality: ${features.length} numbers, wanted ${n} x ${d}`);
  const squared = squaredDistances(features, n, features, n, d);
  return { features, n, d, k, squared, radii: n > k ? kthSmallest(squared, n, k) : null };
}

/** Figures of one set; null where the set or the reference is too small for one. O(n m d + n^2 d). */
export function classQuality(reference: ClassReference, set: ImageSet): SetQuality {
  const { d } = reference;
  const { m, rows } = set;
  if (set.features.length !== m * d || (rows !== null && rows.length !== m))
    throw new Error(
      `class quality: ${set.features.length} numbers and ${rows?.length ?? m} rows, wanted ${m} images of ${d} features`,
    );
  const self = (j: number) => rows?.[j] ?? -1;
  return {
    count: m,
    agreement: m > 0 ? share(set.agrees) : null,
    heldOutAgreement: m > 0 && set.heldOutAgrees ? share(set.heldOutAgrees) : null,
    diversity: m > 1 ? diversity(set.features, m, d) : null,
    vendi:
      m > 0 && lengths(set.features, m, d).every((v) => v > 0) ? vendiScore(set.features, m, d).value : null,
    ...cosines(reference, set.features, m, self),
    ...manifold(reference, set.features, m, self),
    kid: distance(reference, set),
  };
}

/** Each figure's mean over the classes that have it. */
export function meanQuality(sets: readonly SetQuality[]): SetQuality {
  const names = Object.keys(sets[0]) as (keyof SetQuality)[];
  const meanOf = (name: keyof SetQuality) => {
    const values = sets.map((set) => set[name]).filter((v) => v !== null);
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
  };
  return Object.fromEntries(names.map((name) => [name, meanOf(name)])) as unknown as SetQuality;
}

/**
 * Mean of 1 - cos over all pairs, from the sum u of the unit rows: |u|^2 = m + the sum over ordered pairs. A row of
 * length 0 has no direction and counts as orthogonal to all.
 */
function diversity(x: Float32Array, m: number, d: number): number {
  const sum = new Float64Array(d);
  let directed = 0;
  for (const [i, length] of lengths(x, m, d).entries()) {
    if (length === 0) continue;
    directed++;
    for (let c = 0; c < d; c++) sum[c] += x[i * d + c] / length;
  }
  const pairs = sum.reduce((total, v) => total + v * v, 0) - directed;
  return Math.max(0, 1 - pairs / (m * (m - 1)));
}

/** Of each image to the nearest real one and to the mean of the real ones, averaged; itself left out of both. */
function cosines(
  { features: real, n, d }: ClassReference,
  x: Float32Array,
  m: number,
  self: (j: number) => number,
): Pick<SetQuality, 'nearestReal' | 'classMean'> {
  const others = n - (self(0) >= 0 ? 1 : 0);
  if (m === 0 || others < 1) return { nearestReal: null, classMean: null };
  const realLengths = lengths(real, n, d);
  const sum = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let c = 0; c < d; c++) sum[c] += real[i * d + c];
  let nearest = 0;
  let toMean = 0;
  for (const [j, length] of lengths(x, m, d).entries()) {
    let best = -1;
    for (let i = 0; i < n; i++) {
      if (i === self(j)) continue;
      let dot = 0;
      for (let c = 0; c < d; c++) dot += real[i * d + c] * x[j * d + c];
      best = Math.max(best, cosine(dot, realLengths[i], length));
    }
    let dot = 0;
    let square = 0;
    for (let c = 0; c < d; c++) {
      const mean = sum[c] - (self(j) >= 0 ? real[self(j) * d + c] : 0);
      dot += mean * x[j * d + c];
      square += mean * mean;
    }
    nearest += best;
    toMean += cosine(dot, Math.sqrt(square), length);
  }
  return { nearestReal: nearest / m, classMean: toMean / m };
}

const cosine = (dot: number, a: number, b: number) =>
  a > 0 && b > 0 ? Math.max(-1, Math.min(1, dot / (a * b))) : 0;

/**
 * A ball's border is outside for a generated image. A real image that is one of the k neighbours that a ball reaches
 * to is inside: without it the ball would reach to the next one.
 */
function manifold(
  { features: real, n, d, k, squared, radii }: ClassReference,
  x: Float32Array,
  m: number,
  self: (j: number) => number,
): Pick<SetQuality, 'precision' | 'recall' | 'density' | 'coverage'> {
  if (radii === null || m === 0) return { precision: null, recall: null, density: null, coverage: null };
  const own = self(0) >= 0;
  const across = new Float64Array(n * m);
  if (own) {
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) across[i * m + j] = squared[i * n + self(j)];
  } else across.set(squaredDistances(real, n, x, m, d));
  const setRadii = m > k ? kthSmallest(squaredDistances(x, m, x, m, d), m, k) : null;
  const inSet = new Set(Array.from({ length: m }, (_, j) => self(j)));
  const insideReal = new Uint32Array(m);
  let covered = 0;
  let recalled = 0;
  for (let i = 0; i < n; i++) {
    let holds = false;
    let held = false;
    for (let j = 0; j < m; j++) {
      if (i === self(j)) continue;
      const distance = across[i * m + j];
      if (distance < radii[i] || (own && distance === radii[i])) {
        insideReal[j]++;
        holds = true;
      }
      if (setRadii && (distance < setRadii[j] || (distance === setRadii[j] && inSet.has(i)))) held = true;
    }
    if (holds) covered++;
    if (held) recalled++;
  }
  return {
    precision: insideReal.filter((balls) => balls > 0).length / m,
    recall: setRadii ? recalled / n : null,
    density: insideReal.reduce((total, balls) => total + balls, 0) / (k * m),
    coverage: covered / n,
  };
}

/** To the real images that are not of the set. */
function distance({ features, n, d }: ClassReference, { features: x, m, rows }: ImageSet): number | null {
  const taken = new Set(rows);
  const rest = Array.from({ length: n }, (_, i) => i).filter((i) => !taken.has(i));
  if (m < 2 || rest.length < 2) return null;
  return kid(gather(features, rest, d), rest.length, x, m, d);
}

/** Those rows of f32[n,d]. */
export function gather(x: Float32Array, rows: readonly number[], d: number): Float32Array {
  const out = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) out.set(x.subarray(row * d, (row + 1) * d), i * d);
  return out;
}

function squaredDistances(a: Float32Array, n: number, b: Float32Array, m: number, d: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) {
        const delta = a[i * d + c] - b[j * d + c];
        sum += delta * delta;
      }
      out[i * m + j] = sum;
    }
  }
  return out;
}

/** Of each row of f64[n,n] without its own entry. */
function kthSmallest(squared: Float64Array, n: number, k: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    const row = squared.slice(i * n, (i + 1) * n);
    row[i] = Infinity;
    return row.sort()[k - 1];
  });
}

const lengths = (x: Float32Array, n: number, d: number) =>
  Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += x[i * d + c] ** 2;
    return Math.sqrt(sum);
  });

const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
