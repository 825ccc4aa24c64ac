/** Owns reductions. Every one keeps the reduced axes as 1, so that its result broadcasts against its input. */
import type { Emitter } from '../emit.ts';
import { type Attributes, numel, type Shape, type Value } from '../value.ts';
import { add, div, equal, maximum, mul, sub } from './arithmetic.ts';
import { exp, log, reciprocal, sqrt } from './elementwise.ts';
import { cast, expand, reshape } from './shape.ts';
import { axesOf, axisOf, define, list, num, type Operator } from './table.ts';

const reducedShape = ([x]: readonly Value[], a: Attributes): Shape =>
  x.shape.map((d, i) => (list(a, 'axes').includes(i) ? 1 : d));

function reduction(name: string, vjp: Operator['vjp']) {
  const emit = (e: Emitter, [x]: readonly string[], a: Attributes) =>
    e.node(name, [x, e.ints(list(a, 'axes'))], { keepdims: 1 });
  const make = define(name, { shape: reducedShape, emit, vjp });
  return (x: Value, axes: readonly number[]): Value =>
    axes.length === 0 ? x : make([x], { axes: axesOf(x, axes) });
}

export const sum = reduction('ReduceSum', (ct, [x]) => [expand(ct, x.shape)]);
export const mean = reduction('ReduceMean', (ct, [x], y) => [
  expand(mul(ct, numel(y.shape) / numel(x.shape)), x.shape),
]);
/** Ties share the gradient evenly. */
export const max = reduction('ReduceMax', (ct, [x], y, a) => {
  const hit = cast(equal(x, y), x.dtype);
  return [mul(hit, div(ct, sum(hit, list(a, 'axes'))))];
});

const makeLogSumExp = define('LogSumExp', {
  shape: ([x], a) => x.shape.map((d, i) => (i === num(a, 'axis') ? 1 : d)),
  expand: ([x], a) => {
    const axes = [num(a, 'axis')];
    const largest = max(x, axes);
    return add(log(sum(exp(sub(x, largest)), axes)), largest);
  },
  vjp: (ct, [x], y) => [mul(ct, exp(sub(x, y)))],
});
/** log sum exp over one axis, without overflow. */
export const logSumExp = (x: Value, axis: number): Value => makeLogSumExp([x], { axis: axisOf(x, axis) });

const everyAxis = (x: Value) => x.shape.map((_, i) => i);
/** Of everything, as a scalar. */
export const meanAll = (x: Value): Value => reshape(mean(x, everyAxis(x)), []);
export const sumAll = (x: Value): Value => reshape(sum(x, everyAxis(x)), []);

/** Sums x down to `shape`, from which it was broadcast. */
export function sumTo(x: Value, shape: Shape): Value {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (d !== (shape[i - lead] ?? 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}

/** x over its length along an axis; lengths below 1e-12 count as that, as in PyTorch. */
export function l2Normalize(x: Value, axis: number): Value {
  const squared = maximum(sum(mul(x, x), [axis]), 1e-24);
  return mul(x, reciprocal(sqrt(squared)));
}
