/**
 * Owns one compiled training step: loss and gradients of a graph in one session, the optimiser in TypeScript.
 * The parameters are the graph's inputs, so nothing is recompiled while they change.
 */
import { backward } from '../../../core/graph/backward.ts';
import { type EncodeOptions, encodeGraph } from '../../../core/graph/emit.ts';
import type { Value } from '../../../core/graph/value.ts';
import { type TrainingState, type UpdateOptions, update } from '../../../core/training/parameters.ts';
import { openSession, type RuntimeOptions, type Tensor } from '../runtime.ts';

export interface TrainingStep {
  /** Runs forward and backward on one batch and updates `state`. */
  run(
    state: TrainingState,
    feeds: Record<string, Tensor>,
    options: UpdateOptions,
  ): Promise<{ loss: number; gradientNorm: number; extra: Record<string, Float32Array> }>;
  close(): Promise<void>;
}

/**
 * @param loss scalar; @param parameters name -> the input that carries it; @param extra further outputs, by name.
 */
export async function compileStep(
  loss: Value,
  parameters: ReadonlyMap<string, Value>,
  runtime: RuntimeOptions,
  options: EncodeOptions & { externalFolder?: string; extra?: Record<string, Value> } = {},
): Promise<TrainingStep> {
  const names = [...parameters.keys()];
  const gradients = backward(loss, [...parameters.values()]);
  const outputs: Record<string, Value> = { loss, ...options.extra };
  names.forEach((name, i) => {
    outputs[`gradient ${name}`] = gradients[i];
  });
  const { bytes } = encodeGraph(outputs, options);
  const session = await openSession(bytes, runtime, { externalFolder: options.externalFolder });
  const inputName = new Map([...parameters].map(([name, v]) => [name, (v as { name: string }).name]));
  return {
    async run(state, feeds, updateOptions) {
      const all = { ...feeds };
      for (const [name, p] of state.parameters) all[inputName.get(name)!] = { dims: p.shape, data: p.value };
      const results = await session.run(all);
      const gradientNorm = update(
        state,
        (name) => results[`gradient ${name}`].data as Float32Array,
        updateOptions,
      );
      const extra: Record<string, Float32Array> = {};
      for (const name of Object.keys(options.extra ?? {})) extra[name] = results[name].data as Float32Array;
      return { loss: (results.loss.data as Float32Array)[0], gradientNorm, extra };
    },
    close: () => session.close(),
  };
}
