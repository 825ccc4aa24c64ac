/** Owns arithmetic and comparison of two values, which broadcast as in numpy, and choices between them. */
import { broadcastShapes, constant, type Shape, type Value } from '../value.ts';
import { log, neg } from './elementwise.ts';
import { sumTo } from './reduction.ts';
import { cast } from './shape.ts';
import { define, num, type Operator, sameAsInput } from './table.ts';

/** A number stands for a scalar constant. */
export type Operand = Value | number;
export const zero = constant(0);
const value = (x: Operand): Value => (typeof x === 'number' ? constant(x) : x);

function broadcast(inputs: readonly Value[]): Shape {
  let shape: number[] | null = [];
  for (const v of inputs) shape = shape && broadcastShapes(shape, v.shape);
  if (!shape) throw new Error(`shapes ${inputs.map((v) => `[${v.shape}]`).join(' and ')} do not broadcast`);
  return shape;
}

/** Gradient of a broadcast operand: summed over the axes it was stretched along. */
const to = (ct: Value, x: Value): Value => sumTo(ct, x.shape);

function binary(name: string, entry: Omit<Operator, 'shape'>) {
  const make = define(name, { shape: broadcast, ...entry });
  return (a: Operand, b: Operand): Value => make([value(a), value(b)]);
}
const comparison = (name: string) =>
  binary(name, { takes: ['data'], dtype: () => 'bool', vjp: () => [null, null] });

export const add = binary('Add', { vjp: (ct, [a, b]) => [to(ct, a), to(ct, b)] });
export const sub = binary('Sub', { vjp: (ct, [a, b]) => [to(ct, a), to(neg(ct), b)] });
export const mul = binary('Mul', { vjp: (ct, [a, b]) => [to(mul(ct, b), a), to(mul(ct, a), b)] });
export const div = binary('Div', {
  vjp: (ct, [a, b], y) => [to(div(ct, b), a), to(neg(div(mul(ct, y), b)), b)],
});
/** a to the power b. The gradient of b wants a > 0; that of a constant b is never asked for. */
export const pow = binary('Pow', {
  vjp: (ct, [x, p], y) => [to(mul(ct, mul(p, pow(x, sub(p, 1)))), x), to(mul(ct, mul(y, log(x))), p)],
});
/** A tie gives each side half the gradient, as PyTorch does. */
export const minimum = binary('Min', { vjp: (ct, [a, b]) => toChosen(ct, less(a, b), a, b) });
export const maximum = binary('Max', { vjp: (ct, [a, b]) => toChosen(ct, greater(a, b), a, b) });
function toChosen(ct: Value, first: Value, a: Value, b: Value): Value[] {
  const share = add(cast(first, ct.dtype), mul(cast(equal(a, b), ct.dtype), 0.5));
  const toA = mul(ct, share);
  return [to(toA, a), to(sub(ct, toA), b)];
}

export const less = comparison('Less');
export const greater = comparison('Greater');
export const equal = comparison('Equal');

const makeWhere = define('Where', {
  takes: ['bool', 'data'],
  shape: broadcast,
  dtype: ([, a]) => a.dtype,
  vjp: (ct, [c, a, b]) => [null, to(where(c, ct, zero), a), to(where(c, zero, ct), b)],
});
/** a where c holds, b elsewhere; c is bool. */
export const where = (c: Value, a: Operand, b: Operand): Value => makeWhere([c, value(a), value(b)]);

const makeClip = define('Clip', {
  shape: sameAsInput,
  emit: (e, [x], a) => e.node('Clip', [x, e.floats([num(a, 'min')], []), e.floats([num(a, 'max')], [])]),
  // The bounds themselves let the gradient through, as in PyTorch.
  vjp: (ct, [x], _, a) => [where(less(x, num(a, 'min')), zero, where(greater(x, num(a, 'max')), zero, ct))],
});
/** x between min and max; null leaves a side open. */
export const clip = (x: Value, min: number | null, max: number | null): Value =>
  makeClip([x], { min: min ?? -largestFloat, max: max ?? largestFloat });
const largestFloat = 3.4028234663852886e38;
