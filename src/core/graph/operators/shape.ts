/** Owns what moves elements without computing: dtype, shape, order, joining, cutting and padding. */
import { broadcastShapes, type DType, integers, numel, type Shape, sameShape, type Value } from '../value.ts';
import { indexSelect } from './indexing.ts';
import { sumTo } from './reduction.ts';
import { axisOf, define, list, num, sameAsInput } from './table.ts';

const makeCast = define('Cast', {
  takes: ['data'],
  shape: sameAsInput,
  dtype: (_, a) => a.to as DType,
  emit: (e, [x], a) => e.node('Cast', [x], { to: e.dtype(a.to as DType) }),
  vjp: (ct, [x]) => [cast(ct, x.dtype)],
});
export const cast = (x: Value, to: DType): Value => (x.dtype === to ? x : makeCast([x], { to }));

const makeReshape = define('Reshape', {
  takes: ['data'],
  shape: ([x], a) => {
    if (numel(x.shape) !== numel(list(a, 'shape'))) {
      throw new Error(`[${x.shape}] cannot be reshaped to [${list(a, 'shape')}]`);
    }
    return list(a, 'shape');
  },
  emit: (e, [x], a) => e.node('Reshape', [x, e.ints(list(a, 'shape'))]),
  vjp: (ct, [x]) => [reshape(ct, x.shape)],
});
/** One dimension may be -1: what is left. */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.reduce((p, d) => (d === -1 ? p : p * d), 1);
  const full = shape.map((d) => (d === -1 ? numel(x.shape) / known : d));
  return sameShape(x.shape, full) ? x : makeReshape([x], { shape: full });
}

const makeTranspose = define('Transpose', {
  takes: ['data'],
  shape: ([x], a) => {
    const perm = list(a, 'perm');
    if (![...perm].sort((p, q) => p - q).every((p, i) => p === i) || perm.length !== x.shape.length) {
      throw new Error(`[${x.shape}] cannot take its axes in the order ${perm}`);
    }
    return perm.map((i) => x.shape[i]);
  },
  vjp: (ct, _, __, a) => {
    const inverse: number[] = [];
    list(a, 'perm').forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [transpose(ct, inverse)];
  },
});
export const transpose = (x: Value, perm: readonly number[]): Value =>
  perm.length === x.shape.length && perm.every((p, i) => p === i) ? x : makeTranspose([x], { perm });
/** Swaps two axes. */
export function swapAxes(x: Value, a: number, b: number): Value {
  const perm = x.shape.map((_, i) => i);
  const [p, q] = [axisOf(x, a), axisOf(x, b)];
  [perm[p], perm[q]] = [q, p];
  return transpose(x, perm);
}
/** Swaps the last two axes. */
export const swapLast = (x: Value): Value => swapAxes(x, -2, -1);

const makeExpand = define('Expand', {
  takes: ['data'],
  shape: ([x], a) => {
    const shape = broadcastShapes(x.shape, list(a, 'shape'));
    if (!shape || !sameShape(shape, list(a, 'shape'))) {
      throw new Error(`[${x.shape}] cannot be expanded to [${list(a, 'shape')}]`);
    }
    return shape;
  },
  emit: (e, [x], a) => e.node('Expand', [x, e.ints(list(a, 'shape'))]),
  vjp: (ct, [x]) => [sumTo(ct, x.shape)],
});
/** Repeats x along its axes of size 1, and along new ones before them. */
export const expand = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : makeExpand([x], { shape });

const makeConcat = define('Concat', {
  takes: ['data'],
  shape: (inputs, a) => {
    const axis = num(a, 'axis');
    const rest = (v: Value) => v.shape.filter((_, i) => i !== axis);
    if (inputs.some((v) => !sameShape(rest(v), rest(inputs[0])))) {
      throw new Error(`${inputs.map((v) => `[${v.shape}]`).join(', ')} differ outside axis ${axis}`);
    }
    return inputs[0].shape.map((d, i) => (i === axis ? inputs.reduce((s, v) => s + v.shape[axis], 0) : d));
  },
  vjp: (ct, inputs, _, a) => {
    let start = 0;
    return inputs.map((v) => {
      const end = start + v.shape[num(a, 'axis')];
      const part = slice(ct, num(a, 'axis'), start, end);
      start = end;
      return part;
    });
  },
});
export const concat = (xs: readonly Value[], axis: number): Value =>
  xs.length === 1 ? xs[0] : makeConcat(xs, { axis: axisOf(xs[0], axis) });

/** One axis; `step` > 0; `end` is already within the size. */
const makeSlice = define('Slice', {
  takes: ['data'],
  shape: ([x], a) =>
    x.shape.map((d, i) =>
      i === num(a, 'axis') ? Math.ceil((num(a, 'end') - num(a, 'start')) / num(a, 'step')) : d,
    ),
  emit: (e, [x], a) =>
    e.node('Slice', [x, ...['start', 'end', 'axis', 'step'].map((name) => e.ints([num(a, name)]))]),
  vjp: (ct, [x], _, a) => [
    unslice(ct, num(a, 'axis'), x.shape[num(a, 'axis')], num(a, 'start'), num(a, 'step')),
  ],
});
/** Elements start, start + step ... < end of one axis; negative `start` and `end` count from the end. */
export function slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  const at = axisOf(x, axis);
  const size = x.shape[at];
  const inside = (i: number) => Math.max(0, Math.min(size, i < 0 ? i + size : i));
  const [from, until] = [inside(start), inside(end)];
  if (from === 0 && until === size && step === 1) return x;
  if (until <= from) throw new Error(`Slice: ${start}:${end} of axis ${axis} of [${x.shape}] is empty`);
  return makeSlice([x], { axis: at, start: from, end: until, step });
}
/** The transpose of `slice`: x's elements at start, start + step ... of an axis of `size` zeros. */
export function unslice(x: Value, axis: number, size: number, start: number, step: number): Value {
  let y = x;
  let length = x.shape[axis];
  if (step > 1) {
    const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
    const stretched = padAxis(reshape(x, [...before, length, 1, ...after]), axis + 1, 0, step - 1);
    y = reshape(stretched, [...before, length * step, ...after]);
    length = (length - 1) * step + 1;
    y = slice(y, axis, 0, length);
  }
  return padAxis(y, axis, start, size - start - length);
}

const makePad = define('Pad', {
  shape: ([x], a) => {
    const pads = list(a, 'pads');
    if (pads.length !== 2 * x.shape.length || pads.some((p) => p < 0)) {
      throw new Error(`[${x.shape}] wants ${2 * x.shape.length} pads >= 0, got ${pads}`);
    }
    return x.shape.map((d, i) => d + pads[i] + pads[i + x.shape.length]);
  },
  emit: (e, [x], a) => e.node('Pad', [x, e.ints(list(a, 'pads')), e.floats([num(a, 'value')], [])]),
  vjp: (ct, [x], _, a) => [
    x.shape.reduce<Value>((g, d, i) => slice(g, i, list(a, 'pads')[i], list(a, 'pads')[i] + d), ct),
  ],
});
/** pads: begins of all axes, then ends. */
export const pad = (x: Value, pads: readonly number[], fill = 0): Value =>
  pads.every((p) => p === 0) ? x : makePad([x], { pads, value: fill });
export function padAxis(x: Value, axis: number, begin: number, end: number): Value {
  const pads = new Array<number>(2 * x.shape.length).fill(0);
  pads[axis] = begin;
  pads[axis + x.shape.length] = end;
  return pad(x, pads);
}

/** Pads with what lies inside, mirrored at the first and last element; pads as in `pad`, below the sizes. */
export function padReflect(x: Value, pads: readonly number[]): Value {
  return x.shape.reduce<Value>((y, size, axis) => {
    const [begin, end] = [pads[axis], pads[axis + x.shape.length]];
    if (begin === 0 && end === 0) return y;
    if (Math.max(begin, end) >= size) {
      throw new Error(
        `padReflect: axis ${axis} of [${x.shape}] has too few elements to mirror ${begin},${end}`,
      );
    }
    const mirrored = Array.from({ length: begin + size + end }, (_, i) => {
      const at = Math.abs(i - begin);
      return at < size ? at : 2 * (size - 1) - at;
    });
    return indexSelect(y, integers(mirrored), axis);
  }, x);
}

/**
 * a + b of two zero-padded values that fill adjoining ranges of one axis: side by side, without the zeros.
 * Gradients of slices (GEGLU halves, fused q k v) are such; null for any others.
 */
export function joinPads(a: Value, b: Value): Value | null {
  const [x, y] = [zeroPadded(a), zeroPadded(b)];
  if (!x || !y || x.axis !== y.axis) return null;
  const [first, second] = x.begin <= y.begin ? [x, y] : [y, x];
  if (first.begin + first.inner.shape[x.axis] !== second.begin) return null;
  return padAxis(concat([first.inner, second.inner], x.axis), x.axis, first.begin, second.end);
}
function zeroPadded(v: Value) {
  if (v.kind !== 'node' || v.op !== 'Pad' || v.attributes.value !== 0) return null;
  const pads = list(v.attributes, 'pads');
  const rank = v.shape.length;
  const axes = v.shape.flatMap((_, i) => (pads[i] > 0 || pads[i + rank] > 0 ? [i] : []));
  if (axes.length !== 1) return null;
  const [axis] = axes;
  return { inner: v.inputs[0], axis, begin: pads[axis], end: pads[axis + rank] };
}
