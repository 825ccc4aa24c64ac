/** Owns what training does to whole arrays apart from the optimiser's rule: norms for clipping, running averages. */

/** Sum of squares, for clipping by the global norm. Four sums at once, as one would wait on itself. */
export function squaredNorm(x: Float32Array): number {
  const whole = x.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    const p = x[i];
    const q = x[i + 1];
    const r = x[i + 2];
    const s = x[i + 3];
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = whole; i < x.length; i++) a += x[i] * x[i];
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
