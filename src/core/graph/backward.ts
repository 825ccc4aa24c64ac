/**
 * Owns reverse-mode differentiation: one walk over the operator table, from the outputs back to what is wanted.
 */
import { add, joinPads } from './functions.ts';
import { operator } from './operators/table.ts';
import { keepAll, recomputation } from './recompute.ts';
import { inputsOf, topologicalOrder } from './topological.ts';
import { constant, sameShape, type Value } from './value.ts';

export interface BackwardOptions {
  /** Keep only what `checkpoint` marked and compute the rest again: less memory, about one more forward. */
  recompute?: boolean;
}

/**
 * Gradients of the scalar `loss` with respect to each value of `wrt`, in that order.
 * @throws when `loss` is no scalar, or does not depend on one of `wrt`.
 */
export function backward(loss: Value, wrt: readonly Value[], options: BackwardOptions = {}): Value[] {
  if (loss.shape.length !== 0)
    throw new Error(`backward: the loss has shape [${loss.shape}], wanted a scalar`);
  return vjp([loss], [constant(1)], wrt, options);
}

/** The general form: sum over outputs of cotangent x Jacobian, with respect to each value of `wrt`. */
export function vjp(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
  options: BackwardOptions = {},
): Value[] {
  const order = dependents(outputs, new Set(wrt));
  const ct = new Map<Value, Value>();
  const accumulate = (v: Value, g: Value) => {
    const sum = ct.get(v);
    ct.set(v, sum ? (joinPads(sum, g) ?? add(sum, g)) : g);
  };
  outputs.forEach((y, i) => {
    if (!sameShape(y.shape, cotangents[i].shape)) {
      throw new Error(`vjp: output [${y.shape}] has a cotangent of shape [${cotangents[i].shape}]`);
    }
    accumulate(y, cotangents[i]);
  });
  const reached = new Set(order);
  const { enter, reread } = options.recompute ? recomputation() : keepAll;
  for (const y of order.reverse()) {
    const g = ct.get(y);
    if (!g || y.kind !== 'node') continue;
    enter(y, g);
    const inputs = y.inputs.map((x) => reread(x, y));
    const gradients = operator(y.op).vjp(g, inputs, reread(y, y), y.attributes);
    y.inputs.forEach((x, i) => {
      const gx = gradients[i];
      if (gx && reached.has(x)) accumulate(x, gx);
    });
  }
  return wrt.map((x) => {
    const g = ct.get(x);
    if (!g) throw new Error(`backward: the loss does not depend on ${describe(x)}`);
    return g;
  });
}

const describe = (x: Value) =>
  x.kind === 'input' || x.kind === 'weight' ? x.name : `${x.kind} [${x.shape}]`;

/** What depends on any of `sources` (they included), in topological order: nothing else needs a gradient. */
function dependents(outputs: readonly Value[], sources: ReadonlySet<Value>): Value[] {
  const depends = new Set<Value>();
  return topologicalOrder(outputs).filter((v) => {
    const does = sources.has(v) || inputsOf(v).some((x) => depends.has(x));
    if (does) depends.add(v);
    return does;
  });
}
