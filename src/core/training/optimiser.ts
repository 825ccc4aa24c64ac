/**
 * Owns what an optimiser is: a rule that moves one parameter by its gradient, and the arrays it remembers beside
 * it. The arrays are named, so that whoever stores a training needs to know no rule by name.
 */

export interface OptimiserStep {
  /** Counts from 1. */
  step: number;
  learningRate: number;
  /** What the gradient is multiplied by first; below 1 where it is clipped. */
  gradientScale: number;
}

export interface Optimiser {
  /** Names of the arrays, of the parameter's length and at first zero, that it keeps beside each parameter. */
  readonly slots: readonly string[];
  /** Updates `parameter` and what `slots` holds in place; all arrays are of one length. */
  apply(
    parameter: Float32Array,
    gradient: Float32Array,
    slots: Readonly<Record<string, Float32Array>>,
    at: OptimiserStep,
  ): void;
}
