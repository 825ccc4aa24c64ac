/**
 * Owns one compiled training step: loss and gradients of a graph in one session, the optimiser in TypeScript.
 * The parameters are the graph's inputs, so nothing is recompiled while they change.
 */
import { NotFinite } from '../../core/finite.ts';
import { type BackwardOptions, backward } from '../../core/graph/backward.ts';
import { unfused } from '../../core/graph/fused.ts';
import { numel, type Value } from '../../core/graph/value.ts';
import { diverged, type TrainingState, type UpdateOptions, update } from '../../core/training/parameters.ts';
import { openGraph, type Stored } from './open-graph.ts';
import type { RuntimeOptions, Tensor } from './runtime.ts';

type Feeds = Record<string, Tensor>;

export interface TrainingStep {
  /**
   * Runs forward and backward on one batch and updates `state`. Several batches are the parts of one: their
   * losses and gradients are averaged before the one update, as if they had been run together. The loss must
   * be a mean over the batch and the parts of equal size, which their common graph sees to.
   * @returns the loss, the gradient's norm before clipping, and the extra outputs of the last part.
   */
  run(
    state: TrainingState,
    feeds: Feeds | readonly Feeds[],
    options: UpdateOptions,
  ): Promise<{ loss: number; gradientNorm: number; extra: Record<string, Float32Array> }>;
  close(): Promise<void>;
}

export interface StepOptions extends BackwardOptions {
  /** Frozen weights of the graph. */
  stored?: Stored;
  /** Further outputs, by name. */
  extra?: Record<string, Value>;
  /** See SessionOptions. */
  reserve?: boolean;
}

/** @param loss scalar; @param parameters name -> the input that carries it. */
export async function compileStep(
  loss: Value,
  parameters: ReadonlyMap<string, Value>,
  runtime: RuntimeOptions,
  options: StepOptions = {},
): Promise<TrainingStep> {
  const names = [...parameters.keys()];
  const gradients = backward(loss, [...parameters.values()], options);
  const outputs: Record<string, Value> = { loss, ...options.extra };
  names.forEach((name, i) => {
    outputs[`gradient ${name}`] = gradients[i];
  });
  const session = await openGraph(outputs, runtime, options.stored, {
    fused: unfused,
    ordered: true,
    reserve: options.reserve,
  });
  const inputName = new Map([...parameters].map(([name, v]) => [name, (v as { name: string }).name]));
  // Kept from step to step; made when a step first has several parts.
  let means: Map<string, Float32Array> | null = null;
  return {
    async run(state, feeds, updateOptions) {
      const parts = [feeds].flat() as readonly Feeds[];
      if (parts.length === 0) throw new Error('training step: no batch was given');
      const several = parts.length > 1;
      const values: Feeds = {};
      for (const [name, p] of state.parameters) {
        values[inputName.get(name)!] = { dims: p.shape, data: p.value };
      }
      if (several) {
        means ??= new Map([...parameters].map(([name, v]) => [name, new Float32Array(numel(v.shape))]));
        for (const mean of means.values()) mean.fill(0);
      }
      let meanLoss = 0;
      let results: Record<string, Tensor> = {};
      for (const part of parts) {
        results = await session.run({ ...part, ...values }).catch((error) => {
          throw error instanceof NotFinite ? diverged(state.step + 1, error.message) : error;
        });
        meanLoss += floats(results.loss)[0] / parts.length;
        if (!several) break;
        for (const [name, mean] of means!) {
          addScaled(mean, floats(results[`gradient ${name}`]), 1 / parts.length);
        }
      }
      const gradient = (name: string) => (several ? means!.get(name)! : floats(results[`gradient ${name}`]));
      const gradientNorm = update(state, gradient, updateOptions);
      const extra = Object.fromEntries(
        Object.keys(options.extra ?? {}).map((name) => [name, floats(results[name])]),
      );
      return { loss: meanLoss, gradientNorm, extra };
    },
    close: () => session.close(),
  };
}

const floats = (t: Tensor) => t.data as Float32Array;

function addScaled(to: Float32Array, x: Float32Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i] += scale * x[i];
}
