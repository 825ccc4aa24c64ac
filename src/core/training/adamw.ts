/**
 * Owns AdamW (Loshchilov and Hutter 2019) over plain typed arrays, one call per parameter tensor.
 * The arrays are arguments on purpose: a closure over long-lived arrays is compiled far worse by V8.
 */

export interface AdamWOptions {
  learningRate: number;
  beta1: number; // [0,1)
  beta2: number; // [0,1)
  eps: number;
  weightDecay: number; // decoupled, times the learning rate
}

export const adamWDefaults: Omit<AdamWOptions, 'learningRate'> = {
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 1e-2,
};

/** Updates `parameter` and the moments `m`, `v` in place. `step` counts from 1; `gradientScale` clips. */
export function adamW(
  parameter: Float32Array,
  gradient: Float32Array,
  m: Float32Array,
  v: Float32Array,
  step: number,
  gradientScale: number,
  o: AdamWOptions,
): void {
  const { beta1, beta2 } = o;
  const stepSize = o.learningRate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  const keep = 1 - o.learningRate * o.weightDecay;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] * gradientScale;
    const mi = beta1 * m[i] + (1 - beta1) * g;
    const vi = beta2 * v[i] + (1 - beta2) * g * g;
    m[i] = mi;
    v[i] = vi;
    parameter[i] = parameter[i] * keep - (stepSize * mi) / (Math.sqrt(vi) * correction + o.eps);
  }
}

/** Sum of squares, for clipping by the global norm. */
export function squaredNorm(gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return sum;
}

/** The factor that brings gradients of this squared global norm to at most `maxNorm`. */
export const clipFactor = (squared: number, maxNorm: number): number => {
  const norm = Math.sqrt(squared);
  return norm > maxNorm ? maxNorm / norm : 1;
};

/** average <- decay * average + (1 - decay) * parameter. */
export function exponentialAverage(average: Float32Array, parameter: Float32Array, decay: number): void {
  for (let i = 0; i < parameter.length; i++) average[i] += (1 - decay) * (parameter[i] - average[i]);
}
