/**
 * Owns estimating what a graph needs in memory before anything is run: the weights it reads, and the most bytes of
 * computed values that are alive at one time. The estimate walks the values in the order in which they are emitted;
 * a runtime may do better (results written over inputs) or worse (fragmentation, scratch space of kernels).
 */
import type { Fusions } from './fused.ts';
import { operator } from './operators/table.ts';
import { inputsOf, topologicalOrder } from './topological.ts';
import { type DType, numel, type Value } from './value.ts';

export interface GraphMemory {
  /** Bytes of the frozen weights and constants, as they are stored. */
  storedWeights: number;
  /** The same weights in f32, what they are computed with. */
  weights: number;
  /** Bytes of the graph's inputs. */
  inputs: number;
  /** The largest live set: sum over the values that are computed and still to be read. */
  activations: number;
}

const dtypeBytes: Readonly<Record<DType, number>> = {
  ...{ f32: 4, f16: 2, bf16: 2, f8e4m3: 1, f8e5m2: 1 },
  ...{ i64: 8, i32: 4, bool: 1 },
};

/** The same bytes seen otherwise: they take no memory of their own. */
const views = new Set(['Reshape', 'Checkpoint', 'Identity']);

export interface GraphMemoryOptions {
  /** Kernels of the provider for whole entries: what their parts would hold is not there. */
  fused?: Fusions;
  /** Weights are read where they lie: one in half precision is turned into f32 when it is used, and only then. */
  inPlace?: boolean;
}

export function graphMemory(
  outputs: readonly Value[],
  { fused, inPlace = false }: GraphMemoryOptions = {},
): GraphMemory {
  const below = (v: Value): readonly Value[] => {
    if (v.kind !== 'node' || fused?.get(v.op)?.fits(v)) return inputsOf(v);
    const expanded = operator(v.op).expand?.(v.inputs, v.attributes);
    return expanded ? [expanded] : v.inputs;
  };
  const belowOf = new Map<Value, readonly Value[]>();
  const order = topologicalOrder(outputs, (v) => {
    const known = belowOf.get(v) ?? below(v);
    belowOf.set(v, known);
    return known;
  });

  const memory: GraphMemory = { storedWeights: 0, weights: 0, inputs: 0, activations: 0 };
  /** The value whose bytes a value shows; null: bytes that are there from the beginning. */
  const owner = new Map<Value, Value | null>();
  const lastUse = new Map<Value, number>();
  order.forEach((v, at) => {
    const read = belowOf.get(v)!;
    if (v.kind === 'input') memory.inputs += numel(v.shape) * dtypeBytes[v.dtype];
    if (v.kind === 'weight' || v.kind === 'constant') {
      memory.storedWeights += numel(v.shape) * dtypeBytes[v.dtype];
      memory.weights += numel(v.shape) * (v.dtype === 'i64' ? 8 : 4);
    }
    const fixed = v.kind !== 'node' || (!inPlace && v.op === 'Cast' && read[0].kind === 'weight');
    const expanded = v.kind === 'node' && read !== v.inputs;
    const shown = fixed ? null : expanded || views.has((v as { op: string }).op) ? owner.get(read[0])! : v;
    owner.set(v, shown);
    for (const x of read) {
      const from = owner.get(x);
      if (from) lastUse.set(from, at);
    }
    if (shown) lastUse.set(shown, Math.max(at, lastUse.get(shown) ?? 0));
  });
  for (const output of outputs) {
    const shown = owner.get(output);
    if (shown) lastUse.set(shown, order.length);
  }

  const endsAt = new Map<number, number>();
  let live = 0;
  order.forEach((v, at) => {
    if (owner.get(v) === v) {
      const bytes = numel(v.shape) * dtypeBytes[v.dtype];
      live += bytes;
      const end = lastUse.get(v)!;
      endsAt.set(end, (endsAt.get(end) ?? 0) + bytes);
    }
    memory.activations = Math.max(memory.activations, live);
    live -= endsAt.get(at) ?? 0;
  });
  return memory;
}
