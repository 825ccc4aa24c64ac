/** Owns the Vendi score (Friedman and Dieng 2023): the effective number of different rows in a set. */
import { symmetricEigen } from '../linalg/eigen.ts';

export interface VendiScore {
  /** exp of the entropy of K / n's eigenvalues, [1, min(n, d)]: 1 = all alike. */
  value: number;
  /** 1 / sum of their squares: weighs common kinds more. */
  order2: number;
}

/** features: f32[n,d], n >= 1, no zero rows. K = cosine similarities. */
export function vendiScore(features: Float32Array, n: number, d: number): VendiScore {
  if (features.length !== n * d) throw new Error(`Vendi: ${features.length} numbers, wanted ${n} x ${d}`);
  if (n < 1) throw new Error('Vendi: no rows, wanted 1 or more');
  const unit = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    let norm = 0;
    for (let j = 0; j < d; j++) norm += features[i * d + j] ** 2;
    if (!(norm > 0)) throw new Error(`Vendi: row ${i} has length ${norm}, wanted a direction`);
    const scale = 1 / Math.sqrt(norm * n);
    for (let j = 0; j < d; j++) unit[i * d + j] = features[i * d + j] * scale;
  }
  // U U^T and U^T U share their non-zero eigenvalues: take the smaller.
  const size = Math.min(n, d);
  const gram = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    const row = i * d;
    if (n <= d) {
      for (let k = 0; k <= i; k++) {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += unit[row + j] * unit[k * d + j];
        gram[i * n + k] = sum;
      }
    } else {
      for (let a = 0; a < d; a++)
        for (let b = 0; b <= a; b++) gram[a * d + b] += unit[row + a] * unit[row + b];
    }
  }
  let entropy = 0;
  let squares = 0;
  for (const w of symmetricEigen(gram, size).values) {
    if (w > 1e-15) entropy -= w * Math.log(w);
    squares += w * w;
  }
  // Rounding may leave the eigenvalues of one kind a hair beside 1.
  return { value: Math.max(1, Math.exp(entropy)), order2: Math.max(1, 1 / squares) };
}
