/** Owns the Frechet distance between two sets of features (FID: Heusel et al. 2017), in float64. */
import { symmetricEigen } from '../linalg/eigen.ts';

export interface FrechetDistance {
  /** |mu_a - mu_b|^2 + tr C_a + tr C_b - 2 tr sqrt(C_a C_b); 0 for equal sets up to rounding. */
  value: number;
  meanTerm: number;
  traceSqrt: number;
}

export interface Moments {
  d: number;
  mean: Float64Array; // [d]
  /** Covariance with ddof 1, f64[d,d]. */
  covariance: Float64Array;
}

/** features: f32[n,d], n >= 2. */
export function momentsOf(features: Float32Array, n: number, d: number): Moments {
  if (features.length !== n * d) throw new Error(`moments: ${features.length} numbers, wanted ${n} x ${d}`);
  if (n < 2) throw new Error(`moments: ${n} rows, wanted 2 or more for a covariance`);
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += features[i * d + j];
  for (let j = 0; j < d; j++) mean[j] /= n;
  const covariance = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) row[j] = features[i * d + j] - mean[j];
    for (let a = 0; a < d; a++) {
      const v = row[a];
      const at = a * d;
      for (let b = 0; b <= a; b++) covariance[at + b] += v * row[b];
    }
  }
  for (let a = 0; a < d; a++) {
    for (let b = 0; b <= a; b++) {
      covariance[a * d + b] /= n - 1;
      covariance[b * d + a] = covariance[a * d + b];
    }
  }
  return { d, mean, covariance };
}

/**
 * Frechet distance of two Gaussians. C_a C_b has the eigenvalues of the symmetric S C_b S, S = sqrt(C_a), so
 * the trace of its root is a sum over them; no matrix root of an unsymmetric matrix, no imaginary parts.
 */
export function frechetDistance(a: Moments, b: Moments): FrechetDistance {
  const d = a.d;
  if (b.d !== d) throw new Error(`FID: ${d} dimensions against ${b.d}, wanted features of one encoder`);
  let meanTerm = 0;
  let traces = 0;
  for (let j = 0; j < d; j++) {
    meanTerm += (a.mean[j] - b.mean[j]) ** 2;
    traces += a.covariance[j * d + j] + b.covariance[j * d + j];
  }
  const { values, vectors } = symmetricEigen(a.covariance, d);
  // In a's eigenbasis, with its root folded in: rows sqrt(value) vector. M = R C_b R^T has the wanted values.
  const rooted = vectors.slice();
  for (let i = 0; i < d; i++) {
    const root = Math.sqrt(Math.max(0, values[i]));
    for (let j = 0; j < d; j++) rooted[i * d + j] *= root;
  }
  const product = timesTransposed(timesTransposed(rooted, b.covariance, d), rooted, d);
  let traceSqrt = 0;
  for (const value of symmetricEigen(product, d).values) traceSqrt += Math.sqrt(Math.max(0, value));
  return { value: meanTerm + traces - 2 * traceSqrt, meanTerm, traceSqrt };
}

/** x y^T, all f64[d,d]. */
function timesTransposed(x: Float64Array, y: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    const p = i * d;
    for (let j = 0; j < d; j++) {
      const q = j * d;
      let sum = 0;
      for (let k = 0; k < d; k++) sum += x[p + k] * y[q + k];
      out[p + j] = sum;
    }
  }
  return out;
}

/** FID of two feature sets f32[n,d] and f32[m,d]. */
export function fid(a: Float32Array, n: number, b: Float32Array, m: number, d: number): FrechetDistance {
  return frechetDistance(momentsOf(a, n, d), momentsOf(b, m, d));
}
