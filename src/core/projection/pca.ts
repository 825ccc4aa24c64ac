/**
 * Owns principal component analysis: exact by the covariance matrix for few dimensions, otherwise randomised
 * subspace iteration (Halko, Martinsson, Tropp 2011, algorithm 4.4). Features are never copied or centred in
 * memory: the mean enters as an offset of each product.
 */
import { addOuterProducts, forRowBlocks, rowProducts } from '../linalg/blocks.ts';
import { symmetricEigen } from '../linalg/eigen.ts';
import type { Rng } from '../rng.ts';
import { drain, type StepOptions, type Steps } from '../steps.ts';

export interface Pca {
  n: number;
  d: number;
  /** Components kept: at most the number asked for, n - 1 and d. */
  r: number;
  mean: Float64Array; // [d]
  /** f64[r,d], unit rows; the entry of largest magnitude is positive. */
  components: Float64Array;
  /** Variance along each component (ddof 1), descending. */
  variances: Float64Array;
  /** Variance of all dimensions together. */
  totalVariance: number;
  /** f32[n,r]: the rows in component coordinates. */
  scores: Float32Array;
}

export interface PcaOptions extends StepOptions {
  /** Starting subspace of the randomised method. */
  rng: Rng;
  /** Subspace iterations; more separate close variances better. */
  powerIterations?: number;
}

/** Up to this many dimensions the covariance matrix is formed and the result is exact. */
const EXACT_DIMENSIONS = 192;
const OVERSAMPLING = 10;

/** features: f32[n,d], r: components wanted. */
export function pca(features: Float32Array, n: number, d: number, r: number, options: PcaOptions): Pca {
  return drain(pcaSteps(features, n, d, r, options), options);
}

/** `pca` in pieces. */
export function* pcaSteps(
  features: Float32Array,
  n: number,
  d: number,
  r: number,
  options: Omit<PcaOptions, keyof StepOptions>,
): Steps<Pca> {
  if (features.length !== n * d) throw new Error(`pca: ${features.length} numbers, wanted ${n} x ${d}`);
  if (!(r >= 1)) throw new Error(`pca: ${r} components, wanted 1 or more`);
  const { mean, totalVariance } = spread(features, n, d);
  const kept = Math.max(0, Math.min(r, n - 1, d));
  const exact = d <= Math.max(EXACT_DIMENSIONS, kept + OVERSAMPLING);
  const q = exact ? d : Math.min(d, n, kept + OVERSAMPLING);
  // Each basis vector is followed by its offset -mean . vector, so that products come out centred.
  const basis = new Float64Array(q * (d + 1));
  if (exact) for (let c = 0; c < q; c++) basis[c * (d + 1) + c] = 1;
  else for (let c = 0; c < q; c++) for (let j = 0; j < d; j++) basis[c * (d + 1) + j] = options.rng.normal();
  const rounds = exact ? 0 : (options.powerIterations ?? 4);
  for (let round = 0; round < rounds; round++) {
    orthonormalise(basis, q, d, d + 1);
    covarianceTimes(features, n, d, basis, mean, q);
    yield (round + 1) / (rounds + 2);
  }
  orthonormalise(basis, q, d, d + 1);
  setOffsets(basis, mean, q, d);

  // Within the subspace the problem is small: eigenvectors of (X V)^T (X V).
  const gram = new Float64Array(q * q);
  const block = new Float64Array(4 * q);
  forRowBlocks(features, n, d, (x, row, _first, count) => {
    rowProducts(x, row, d, basis, q, block);
    for (let k = 0; k < count; k++) {
      for (let a = 0; a < q; a++) {
        const v = block[k * q + a];
        for (let b = 0; b <= a; b++) gram[a * q + b] += v * block[k * q + b];
      }
    }
  });
  yield (rounds + 1) / (rounds + 2);
  const { values, vectors } = symmetricEigen(gram, q);
  const components = new Float64Array(kept * d);
  for (let c = 0; c < kept; c++) {
    const out = components.subarray(c * d, c * d + d);
    for (let a = 0; a < q; a++) {
      const factor = vectors[c * q + a];
      for (let j = 0; j < d; j++) out[j] += factor * basis[a * (d + 1) + j];
    }
    fixSign(out);
  }
  const scores = project(features, n, d, components, kept, mean);
  const variances = Float64Array.from(
    { length: kept },
    (_, c) => Math.max(0, values[c]) / Math.max(1, n - 1),
  );
  return { n, d, r: kept, mean, components, variances, totalVariance, scores };
}

/** f32[n,d] -> f32[n,r]: coordinates of any rows along fitted components. */
export function project(
  features: Float32Array,
  n: number,
  d: number,
  components: Float64Array,
  r: number,
  mean: Float64Array,
): Float32Array {
  const basis = new Float64Array(r * (d + 1));
  for (let c = 0; c < r; c++) basis.set(components.subarray(c * d, c * d + d), c * (d + 1));
  setOffsets(basis, mean, r, d);
  const out = new Float32Array(n * r);
  const block = new Float64Array(4 * r);
  forRowBlocks(features, n, d, (x, row, first, count) => {
    rowProducts(x, row, d, basis, r, block);
    for (let at = 0; at < count * r; at++) out[first * r + at] = block[at];
  });
  return out;
}

function spread(x: Float32Array, n: number, d: number) {
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += x[i * d + j];
  for (let j = 0; j < d; j++) mean[j] /= Math.max(1, n);
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) sum += (x[i * d + j] - mean[j]) ** 2;
  if (!Number.isFinite(sum)) throw new Error('pca: a feature is not finite, wanted numbers; embed again');
  return { mean, totalVariance: sum / Math.max(1, n - 1) };
}

/** basis <- C basis, with C the scatter matrix of the centred rows, in one pass over them. */
function covarianceTimes(
  x: Float32Array,
  n: number,
  d: number,
  basis: Float64Array,
  mean: Float64Array,
  q: number,
): void {
  setOffsets(basis, mean, q, d);
  const out = new Float64Array(basis.length);
  const block = new Float64Array(4 * q);
  forRowBlocks(x, n, d, (rows, row, _first, count) => {
    rowProducts(rows, row, d, basis, q, block);
    block.fill(0, count * q);
    addOuterProducts(rows, row, d, block, q, out);
  });
  for (let c = 0; c < q; c++) {
    const at = c * (d + 1);
    const sum = out[at + d];
    for (let j = 0; j < d; j++) basis[at + j] = out[at + j] - sum * mean[j];
  }
}

function setOffsets(basis: Float64Array, mean: Float64Array, q: number, d: number): void {
  for (let c = 0; c < q; c++) {
    const at = c * (d + 1);
    let sum = 0;
    for (let j = 0; j < d; j++) sum += basis[at + j] * mean[j];
    basis[at + d] = -sum;
  }
}

/** Gram-Schmidt, twice over for orthogonality to rounding; a vector that vanishes becomes zero. */
function orthonormalise(basis: Float64Array, q: number, d: number, stride: number): void {
  for (let c = 0; c < q; c++) {
    const own = basis.subarray(c * stride, c * stride + d);
    const before = Math.sqrt(dot(own, own));
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < c; b++) {
        const other = basis.subarray(b * stride, b * stride + d);
        const overlap = dot(own, other);
        for (let j = 0; j < d; j++) own[j] -= overlap * other[j];
      }
    }
    const norm = Math.sqrt(dot(own, own));
    const scale = norm > 1e-13 * before ? 1 / norm : 0;
    for (let j = 0; j < d; j++) own[j] *= scale;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function fixSign(vector: Float64Array): void {
  let largest = 0;
  for (let j = 1; j < vector.length; j++) if (Math.abs(vector[j]) > Math.abs(vector[largest])) largest = j;
  if (vector[largest] < 0) for (let j = 0; j < vector.length; j++) vector[j] = -vector[j];
}
