/** Owns AdamW (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2). */
import type { Optimiser } from './optimiser.ts';

export interface AdamWOptions {
  beta1: number; // [0,1)
  beta2: number; // [0,1)
  eps: number;
  weightDecay: number; // decoupled, times the learning rate
}

export const adamWDefaults: AdamWOptions = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 1e-2 };

/** Keeps the moments `m` and `v`. */
export function adamW(options: Partial<AdamWOptions> = {}): Optimiser {
  const { beta1, beta2, eps, weightDecay } = { ...adamWDefaults, ...options };
  return {
    slots: ['m', 'v'],
    apply(parameter, gradient, { m, v }, { step, learningRate, gradientScale }) {
      // The bias corrections of m and of v, the latter moved from under the root: the equation's own quotient.
      const correction = Math.sqrt(1 - beta2 ** step);
      const stepSize = (learningRate * correction) / (1 - beta1 ** step);
      const keep = 1 - learningRate * weightDecay;
      move(parameter, gradient, m, v, gradientScale, beta1, beta2, keep, stepSize, eps * correction);
    },
  };
}

/** The arrays are arguments on purpose: a closure over long-lived arrays is compiled far worse by V8. */
function move(
  parameter: Float32Array,
  gradient: Float32Array,
  m: Float32Array,
  v: Float32Array,
  gradientScale: number,
  beta1: number,
  beta2: number,
  keep: number,
  stepSize: number,
  eps: number,
): void {
  const gain1 = 1 - beta1;
  const gain2 = 1 - beta2;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] * gradientScale;
    const mi = beta1 * m[i] + gain1 * g;
    const vi = beta2 * v[i] + gain2 * g * g;
    m[i] = mi;
    v[i] = vi;
    parameter[i] = parameter[i] * keep - (stepSize * mi) / (Math.sqrt(vi) + eps);
  }
}
