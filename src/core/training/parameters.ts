/** Owns the trainable state: named parameters, what the optimiser keeps beside them and, where wanted, their running average. */
import { NotFinite } from '../finite.ts';
import type { Value } from '../graph/value.ts';
import { numel, type Shape } from '../graph/value.ts';
import type { Rng } from '../rng.ts';
import { adamW } from './adamw.ts';
import { clipFactor, exponentialAverage, squaredNorm } from './arrays.ts';
import type { Optimiser } from './optimiser.ts';

export interface TrainedParameter {
  shape: Shape;
  value: Float32Array;
  /** The optimiser's arrays, by its names. */
  slots: Record<string, Float32Array>;
  /** Exponential moving average of the value; null where none is kept. */
  average: Float32Array | null;
}

export interface TrainingState {
  step: number; // optimiser steps taken
  readonly optimiser: Optimiser;
  parameters: Map<string, TrainedParameter>;
}

/** Fresh state for the inputs a graph asks for: PyTorch-like initialisation by kind of parameter. */
export function initialState(
  inputs: ReadonlyMap<string, Value>,
  rng: Rng,
  options: {
    average: boolean;
    /** Default: AdamW with its defaults. */
    optimiser?: Optimiser;
    initialise?: (name: string, shape: Shape, rng: Rng) => Float32Array | null;
  },
): TrainingState {
  const optimiser = options.optimiser ?? adamW();
  const parameters = new Map<string, TrainedParameter>();
  for (const [name, { shape }] of inputs) {
    const value = options.initialise?.(name, shape, rng) ?? defaultInitial(name, shape, rng);
    parameters.set(name, {
      shape,
      value,
      slots: Object.fromEntries(optimiser.slots.map((slot) => [slot, new Float32Array(value.length)])),
      average: options.average ? value.slice() : null,
    });
  }
  return { step: 0, optimiser, parameters };
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

/** What a checkpoint holds of a parameter; it comes from a file, so any of it may be missing. */
export type StoredParameter = Partial<Pick<TrainedParameter, 'value' | 'slots' | 'average'>>;

/**
 * Puts a stored training back, to the bit: from here on it takes the steps it would have taken.
 * @throws naming the parameter that the stored training lacks or has in another form; then `state` is as it was.
 */
export function restoreState(
  state: TrainingState,
  stored: { step: number; parameters: ReadonlyMap<string, StoredParameter> },
): void {
  const copies: [to: Float32Array, from: Float32Array][] = [];
  const copy = (what: string, to: Float32Array, from: Float32Array | null | undefined) => {
    if (from?.length !== to.length) {
      const there = from ? `has ${from.length} numbers` : 'has none';
      throw new Error(
        `the stored training ${there} as ${what}, expected ${to.length}: start the training again`,
      );
    }
    copies.push([to, from]);
  };
  for (const [name, p] of state.parameters) {
    const from = stored.parameters.get(name);
    copy(name, p.value, from?.value);
    for (const slot of state.optimiser.slots) copy(`${slot} of ${name}`, p.slots[slot], from?.slots?.[slot]);
    if (p.average) copy(`the average of ${name}`, p.average, from?.average);
  }
  for (const [to, from] of copies) to.set(from);
  state.step = stored.step;
}

export interface UpdateOptions {
  learningRate: number;
  /** Global gradient norm above which all gradients are scaled down. */
  maxNorm: number;
  /** Of the running average; reached slowly, as (1 + step) / (10 + step) in the first steps. */
  averageDecay: number;
  /** A factor on the learning rate of some parameters. */
  rate?: (name: string) => number;
}

/** @param step counted from 1. */
export const diverged = (step: number, what: string): NotFinite =>
  new NotFinite(`training diverged at step ${step}: ${what}. Lower the learning rate.`);

/** One optimiser step. @returns the gradient norm before clipping; @throws when it is not finite. */
export function update(
  state: TrainingState,
  gradient: (name: string) => Float32Array,
  o: UpdateOptions,
): number {
  let squared = 0;
  for (const name of state.parameters.keys()) squared += squaredNorm(gradient(name));
  if (!Number.isFinite(squared)) {
    throw diverged(state.step + 1, "the gradient's norm is not finite");
  }
  const gradientScale = clipFactor(squared, o.maxNorm);
  const step = ++state.step;
  const decay = Math.min(o.averageDecay, (1 + step) / (10 + step));
  for (const [name, p] of state.parameters) {
    const learningRate = o.learningRate * (o.rate?.(name) ?? 1);
    state.optimiser.apply(p.value, gradient(name), p.slots, { step, learningRate, gradientScale });
    if (p.average) exponentialAverage(p.average, p.value, decay);
  }
  return Math.sqrt(squared);
}
