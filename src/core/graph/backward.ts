/**
 * Owns reverse-mode differentiation: one walk over the operator table, from the outputs back to what is wanted.
 */
import { add } from './functions.ts';
import { operator } from './operators.ts';
import { constant, sameShape, type Value } from './value.ts';

/**
 * Gradients of the scalar `loss` with respect to each value of `wrt`, in that order.
 * @throws when `loss` is no scalar, or does not depend on one of `wrt`.
 */
export function backward(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0)
    throw new Error(`backward: the loss has shape [${loss.shape}], wanted a scalar`);
  return vjp([loss], [constant(1)], wrt);
}

/** The general form: sum over outputs of cotangent x Jacobian, with respect to each value of `wrt`. */
export function vjp(outputs: readonly Value[], cotangents: readonly Value[], wrt: readonly Value[]): Value[] {
  const order = dependents(outputs, new Set(wrt));
  const ct = new Map<Value, Value>();
  const accumulate = (v: Value, g: Value) => {
    const sum = ct.get(v);
    ct.set(v, sum ? add(sum, g) : g);
  };
  outputs.forEach((y, i) => {
    if (!sameShape(y.shape, cotangents[i].shape)) {
      throw new Error(`vjp: output [${y.shape}] has a cotangent of shape [${cotangents[i].shape}]`);
    }
    accumulate(y, cotangents[i]);
  });
  const reached = new Set(order);
  for (const y of order.reverse()) {
    const g = ct.get(y);
    if (!g || y.kind !== 'node') continue;
    const gradients = operator(y.op).vjp(g, y.inputs, y, y.attributes);
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
  const known = new Map<Value, boolean>();
  const order: Value[] = [];
  for (const root of outputs) {
    // An explicit stack: the graphs of real networks are deeper than the call stack.
    const stack: { v: Value; next: number }[] = [{ v: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const inputs = top.v.kind === 'node' ? top.v.inputs : [];
      if (known.has(top.v) && top.next === 0) {
        stack.pop();
      } else if (top.next < inputs.length) {
        stack.push({ v: inputs[top.next++], next: 0 });
      } else {
        const depends = sources.has(top.v) || inputs.some((x) => known.get(x));
        if (!known.has(top.v) && depends) order.push(top.v);
        known.set(top.v, depends);
        stack.pop();
      }
    }
  }
  return order;
}
