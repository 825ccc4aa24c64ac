/** Owns what training does to whole arrays apart from the optimiser's rule: norms for clipping, running averages. */

/**
 * Sum of squares, for clipping by the global norm. Four sums at once, as one would wait on itself, each over a quarter
 * of its own: memory is read ahead along four ways.
 */
export function squaredNorm(x: Float32Array): number {
  const quarter = x.length >> 2;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < quarter; i++) {
    const p = x[i];
    const q = x[i + quarter];
    const r = x[i + 2 * quarter];
    const s = x[i + 3 * quarter];
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = 4 * quarter; i < x.length; i++) a += x[i] * x[i];
  return a + b + (c + d);
}

/** The factor that brings gradients of this squared global norm to at most `maxNorm`. */
export const clipFactor = (squared: number, maxNorm: number): number => {
  const norm = Math.sqrt(squared);
  return norm > maxNorm ? maxNorm / norm : 1;
};

/** average <- decay * average + (1 - decay) * parameter. */
export function exponentialAverage(average: Float32Array, parameter: Float32Array, decay: number): void {
  const gain = 1 - decay;
  for (let i = 0; i < average.length; i++) average[i] += gain * (parameter[i] - average[i]);
}
