/**
 * Owns gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): backward
 * works on values computed again from the last `checkpoint` marker, so that forward keeps only what was marked.
 *
 * The repeated computation must not be the forward one under another name, or the emission and ONNX Runtime
 * would both share it and keep it alive. So a segment starts from its markers' values plus a zero that only
 * exists once the segment's cotangent does: the same numbers, but not before backward gets there.
 */
import { add, cast, less, reshape, slice } from './functions.ts';
import { inputsOf, topologicalOrder } from './topological.ts';
import { type NodeValue, numel, type Value } from './value.ts';

const isMarker = (v: Value) => v.kind === 'node' && v.op === 'Checkpoint';

export interface Recomputation {
  /** Told of each value and its cotangent, users before inputs. */
  enter(v: NodeValue, cotangent: Value): void;
  /** The value that the VJP of `user` reads in place of `v`, which is `user` or an input of it. */
  reread(v: Value, user: NodeValue): Value;
}

/** Keeps every forward value: nothing is computed twice. */
export const keepAll: Recomputation = { enter: () => {}, reread: (v) => v };

export function recomputation(): Recomputation {
  // The repeated values of the segment that a value lies in. One that several segments use without a marker
  // between belongs to the segment nearest the loss.
  const segmentOf = new Map<Value, ReadonlyMap<Value, Value>>();
  return {
    enter(v, cotangent) {
      if (!isMarker(v)) return;
      const repeated = repeatSegment(v.inputs[0], cotangent);
      for (const inner of repeated.keys()) if (!segmentOf.has(inner)) segmentOf.set(inner, repeated);
    },
    // Behind the last marker, and where no marker lies before, forward's own values serve.
    reread: (v, user) => segmentOf.get(user)?.get(v) ?? v,
  };
}

/** Everything between `end` and the markers before it, rebuilt on those markers' values tied to the cotangent. */
function repeatSegment(end: Value, cotangent: Value): Map<Value, Value> {
  const repeated = new Map<Value, Value>();
  const zero = zeroAfter(cotangent);
  for (const v of topologicalOrder([end], (x) => (isMarker(x) ? [] : inputsOf(x)))) {
    if (v.kind !== 'node') continue;
    if (isMarker(v)) {
      repeated.set(v, add(v, zero));
    } else if (v.inputs.some((x) => repeated.has(x))) {
      repeated.set(v, { ...v, inputs: v.inputs.map((x) => repeated.get(x) ?? x) });
    }
  }
  return repeated;
}

/** f32[1] that is 0 whatever x holds (even NaN), but known only after x: no optimiser folds x < x. */
function zeroAfter(x: Value): Value {
  const first = slice(reshape(x, [numel(x.shape)]), 0, 0, 1);
  return cast(less(first, first), 'f32');
}
