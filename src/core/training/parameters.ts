/** Owns the trainable state: named parameters, their Adam moments and, where wanted, their running average. */
import type { Value } from '../graph/value.ts';
import { numel, type Shape } from '../graph/value.ts';
import type { Rng } from '../rng.ts';
import { type AdamWOptions, adamW, clipFactor, exponentialAverage, squaredNorm } from './adamw.ts';

export interface TrainedParameter {
  shape: Shape;
  value: Float32Array;
  m: Float32Array;
  v: Float32Array;
  /** Exponential moving average of the value; null where none is kept. */
  average: Float32Array | null;
}

export interface TrainingState {
  step: number; // optimiser steps taken
  parameters: Map<string, TrainedParameter>;
}

/** Fresh state for the inputs a graph asks for: PyTorch-like initialisation by kind of parameter. */
export function initialState(
  inputs: ReadonlyMap<string, Value>,
  rng: Rng,
  options: { average: boolean; initialise?: (name: string, shape: Shape, rng: Rng) => Float32Array | null },
): TrainingState {
  const parameters = new Map<string, TrainedParameter>();
  for (const [name, { shape }] of inputs) {
    const value = options.initialise?.(name, shape, rng) ?? defaultInitial(name, shape, rng);
    const n = value.length;
    parameters.set(name, {
      shape,
      value,
      m: new Float32Array(n),
      v: new Float32Array(n),
      average: options.average ? value.slice() : null,
    });
  }
  return { step: 0, parameters };
}

/** Norm weights are ones, biases zeros, embeddings N(0, 0.02), other weights N(0, 1/fan-in). */
function defaultInitial(name: string, shape: Shape, rng: Rng): Float32Array {
  const n = numel(shape);
  if (name.endsWith('running_var')) return new Float32Array(n).fill(1);
  if (name.endsWith('.bias') || name.endsWith('running_mean')) return new Float32Array(n);
  if (shape.length === 1) return new Float32Array(n).fill(1);
  const fanIn = numel(shape.slice(1));
  const std = name.includes('embedding.weight') ? 0.02 : 1 / Math.sqrt(fanIn);
  return Float32Array.from({ length: n }, () => std * rng.normal());
}

export interface UpdateOptions extends AdamWOptions {
  /** Global gradient norm above which all gradients are scaled down. */
  maxNorm: number;
  averageDecay: number;
  /** A factor on the learning rate of some parameters. */
  rate?: (name: string) => number;
}

/** One optimiser step. @returns the gradient norm before clipping; @throws when it is not finite. */
export function update(
  state: TrainingState,
  gradient: (name: string) => Float32Array,
  o: UpdateOptions,
): number {
  let squared = 0;
  for (const name of state.parameters.keys()) squared += squaredNorm(gradient(name));
  if (!Number.isFinite(squared)) {
    throw new Error(
      `training diverged at step ${state.step + 1}: the gradient is not finite; lower the learning rate`,
    );
  }
  const scale = clipFactor(squared, o.maxNorm);
  state.step++;
  for (const [name, p] of state.parameters) {
    const options = { ...o, learningRate: o.learningRate * (o.rate?.(name) ?? 1) };
    adamW(p.value, gradient(name), p.m, p.v, state.step, scale, options);
    if (p.average)
      exponentialAverage(p.average, p.value, Math.min(o.averageDecay, (1 + state.step) / (10 + state.step)));
  }
  return Math.sqrt(squared);
}
