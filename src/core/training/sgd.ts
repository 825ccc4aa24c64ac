/** Owns stochastic gradient descent with momentum (Sutskever et al. 2013, "On the importance of initialization and momentum"). */
import type { Optimiser } from './optimiser.ts';

export interface SgdOptions {
  momentum: number; // [0,1); 0: plain descent, which remembers nothing
  /** Step along the gradient as it will be after the momentum's own step. */
  nesterov: boolean;
  weightDecay: number; // coupled: added to the gradient, so that the momentum holds it too
}

export const sgdDefaults: SgdOptions = { momentum: 0, nesterov: false, weightDecay: 0 };

/**
 * In PyTorch's form: velocity <- momentum * velocity + gradient; parameter <- parameter - rate * velocity. A change
 * of the learning rate acts on all of the velocity at once. @throws when nesterov has no momentum.
 */
export function sgd(options: Partial<SgdOptions> = {}): Optimiser {
  const { momentum, nesterov, weightDecay } = { ...sgdDefaults, ...options };
  if (momentum === 0) {
    if (nesterov) throw new Error('sgd: nesterov looks ahead along a momentum, which is 0');
    return {
      slots: [],
      apply: (parameter, gradient, _, { learningRate, gradientScale }) =>
        descend(parameter, gradient, learningRate, gradientScale, weightDecay),
    };
  }
  return {
    slots: ['velocity'],
    apply: (parameter, gradient, { velocity }, { learningRate, gradientScale }) =>
      roll(
        parameter,
        gradient,
        velocity,
        learningRate,
        gradientScale,
        weightDecay,
        momentum,
        nesterov ? 1 : 0,
      ),
  };
}

function descend(
  parameter: Float32Array,
  gradient: Float32Array,
  learningRate: number,
  gradientScale: number,
  weightDecay: number,
): void {
  for (let i = 0; i < parameter.length; i++) {
    parameter[i] -= learningRate * (gradient[i] * gradientScale + weightDecay * parameter[i]);
  }
}

/** `lookAhead` 1: nesterov's step, gradient + momentum * velocity; 0: the velocity alone. */
function roll(
  parameter: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
  learningRate: number,
  gradientScale: number,
  weightDecay: number,
  momentum: number,
  lookAhead: number,
): void {
  const ofVelocity = lookAhead === 0 ? 1 : momentum;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] * gradientScale + weightDecay * parameter[i];
    const vi = momentum * velocity[i] + g;
    velocity[i] = vi;
    parameter[i] -= learningRate * (lookAhead * g + ofVelocity * vi);
  }
}
