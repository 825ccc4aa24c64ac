/**
 * Owns the functions graphs are written with: thin constructors over the operator table, and the small
 * composites that several rules and layers share. Shapes are numpy's; axes are >= 0 or counted from the end.
 */
import { operator } from './operators.ts';
import { type Attributes, constant, type DType, numel, type Shape, sameShape, type Value } from './value.ts';

export type Operand = Value | number;

export const zero = constant(0);
const value = (x: Operand): Value => (typeof x === 'number' ? constant(x) : x);

/** A node of any operator; its shape rule's error is prefixed with the operator's name. */
export function node(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
  const rule = operator(op);
  let shape: Shape;
  try {
    shape = rule.shape(inputs, attributes);
  } catch (error) {
    throw new Error(`${op}: ${(error as Error).message}`);
  }
  const dtype = rule.dtype?.(inputs, attributes) ?? inputs[0].dtype;
  return { kind: 'node', op, inputs, attributes, shape, dtype };
}

export const add = (a: Operand, b: Operand) => node('Add', [value(a), value(b)]);
export const sub = (a: Operand, b: Operand) => node('Sub', [value(a), value(b)]);
export const mul = (a: Operand, b: Operand) => node('Mul', [value(a), value(b)]);
export const div = (a: Operand, b: Operand) => node('Div', [value(a), value(b)]);
export const pow = (a: Operand, b: Operand) => node('Pow', [value(a), value(b)]);
export const minimum = (a: Operand, b: Operand) => node('Min', [value(a), value(b)]);
export const maximum = (a: Operand, b: Operand) => node('Max', [value(a), value(b)]);
export const less = (a: Operand, b: Operand) => node('Less', [value(a), value(b)]);
export const greater = (a: Operand, b: Operand) => node('Greater', [value(a), value(b)]);
export const equal = (a: Operand, b: Operand) => node('Equal', [value(a), value(b)]);
export const where = (c: Value, a: Operand, b: Operand) => node('Where', [c, value(a), value(b)]);

export const neg = (x: Value) => node('Neg', [x]);
export const abs = (x: Value) => node('Abs', [x]);
export const sign = (x: Value) => node('Sign', [x]);
export const exp = (x: Value) => node('Exp', [x]);
export const log = (x: Value) => node('Log', [x]);
export const sqrt = (x: Value) => node('Sqrt', [x]);
export const reciprocal = (x: Value) => node('Reciprocal', [x]);
export const sin = (x: Value) => node('Sin', [x]);
export const cos = (x: Value) => node('Cos', [x]);
export const erf = (x: Value) => node('Erf', [x]);
export const tanh = (x: Value) => node('Tanh', [x]);
export const sigmoid = (x: Value) => node('Sigmoid', [x]);
export const softplus = (x: Value) => node('Softplus', [x]);
export const relu = (x: Value) => node('Relu', [x]);
export const leakyRelu = (x: Value, alpha: number) => node('LeakyRelu', [x], { alpha });
export const silu = (x: Value) => node('Silu', [x]);
/** Marks x as kept when backward recomputes: put it between the blocks of a network. */
export const checkpoint = (x: Value) => node('Checkpoint', [x]);
export const cast = (x: Value, to: DType): Value => (x.dtype === to ? x : node('Cast', [x], { to }));

/** x Phi(x), with the exact normal distribution function. */
export const geluErf = (x: Value) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
/** The tanh approximation of gelu. */
export const geluTanh = (x: Value) =>
  mul(mul(x, 0.5), add(tanh(mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI))), 1));
/** x sigmoid(1.702 x), as in OpenAI's CLIP. */
export const quickGelu = (x: Value) => mul(x, sigmoid(mul(x, 1.702)));

export const axisOf = (x: Value, axis: number): number => (axis < 0 ? axis + x.shape.length : axis);
const axesOf = (x: Value, axes: readonly number[]) => axes.map((a) => axisOf(x, a)).sort((a, b) => a - b);

/** One dimension may be -1: what is left. */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.reduce((p, d) => (d === -1 ? p : p * d), 1);
  const full = shape.map((d) => (d === -1 ? numel(x.shape) / known : d));
  return sameShape(x.shape, full) ? x : node('Reshape', [x], { shape: full });
}
export function transpose(x: Value, perm: readonly number[]): Value {
  return perm.every((p, i) => p === i) ? x : node('Transpose', [x], { perm });
}
/** Swaps the last two axes. */
export function swapLast(x: Value): Value {
  const perm = x.shape.map((_, i) => i);
  const last = perm.length - 1;
  return transpose(x, [...perm.slice(0, -2), last, last - 1]);
}
export const expand = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : node('Expand', [x], { shape });
export const concat = (xs: readonly Value[], axis: number): Value =>
  xs.length === 1 ? xs[0] : node('Concat', xs, { axis: axisOf(xs[0], axis) });

/** Elements start, start + step ... < end of one axis; negative `start` and `end` count from the end. */
export function slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  const at = axisOf(x, axis);
  const size = x.shape[at];
  const inside = (i: number) => Math.max(0, Math.min(size, i < 0 ? i + size : i));
  const [from, until] = [inside(start), inside(end)];
  if (from === 0 && until === size && step === 1) return x;
  if (until <= from) throw new Error(`Slice: ${start}:${end} of axis ${axis} of [${x.shape}] is empty`);
  return node('Slice', [x], { axis: at, start: from, end: until, step });
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

/** pads: begins of all axes, then ends. */
export const pad = (x: Value, pads: readonly number[], fill = 0): Value =>
  pads.every((p) => p === 0) ? x : node('Pad', [x], { pads, value: fill });

export function padAxis(x: Value, axis: number, begin: number, end: number): Value {
  const pads = new Array<number>(2 * x.shape.length).fill(0);
  pads[axis] = begin;
  pads[axis + x.shape.length] = end;
  return pad(x, pads);
}

/** Rows of table[rows,...] by ids i64[...]. */
export const gather = (table: Value, ids: Value) => node('Gather', [table, ids]);
export function scatterAddRows(updates: Value, ids: Value, shape: Shape): Value {
  const rows = numel(ids.shape);
  return node('ScatterAddRows', [reshape(updates, [rows, ...shape.slice(1)]), reshape(ids, [rows])], {
    shape,
  });
}

const reduce = (op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax') => (x: Value, axes: readonly number[]) =>
  axes.length === 0 ? x : node(op, [x], { axes: axesOf(x, axes) });
/** Reductions keep the reduced axes as 1. */
export const sum = reduce('ReduceSum');
export const mean = reduce('ReduceMean');
export const max = reduce('ReduceMax');
/** The mean of everything, as a scalar. */
export const meanAll = (x: Value) =>
  reshape(
    mean(
      x,
      x.shape.map((_, i) => i),
    ),
    [],
  );
export const sumAll = (x: Value) =>
  reshape(
    sum(
      x,
      x.shape.map((_, i) => i),
    ),
    [],
  );

/** Sums x down to `shape`, from which it was broadcast. */
export function sumTo(x: Value, shape: Shape): Value {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (d !== (shape[i - lead] ?? 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}

/** The cotangents of a maximum's two operands: all to the larger, halves on a tie. */
export function splitByOrder(ct: Value, a: Value, b: Value): Value[] {
  const share = (x: Value, y: Value) =>
    add(mul(cast(greater(x, y), 'f32'), 1), mul(cast(equal(x, y), 'f32'), 0.5));
  const first = mul(ct, share(a, b));
  return [first, sub(ct, first)];
}

export const matmul = (a: Value, b: Value) => node('MatMul', [a, b]);
/** 2-D product with either side transposed in place. */
export const gemm = (a: Value, b: Value, transA = false, transB = false, bias?: Value) =>
  node('Gemm', bias ? [a, b, bias] : [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });

/** x [...,in], weight [out,in], bias [out] -> [...,out]. */
export function linear(x: Value, w: Value, bias?: Value): Value {
  const rows = numel(x.shape.slice(0, -1));
  const y = gemm(reshape(x, [rows, x.shape.at(-1)!]), w, false, true, bias);
  return reshape(y, [...x.shape.slice(0, -1), w.shape[0]]);
}

export const softmax = (x: Value, axis = -1) => node('Softmax', [x], { axis: axisOf(x, axis) });
export const logSoftmax = (x: Value, axis = -1) => node('LogSoftmax', [x], { axis: axisOf(x, axis) });

/** softmax(q k^T / sqrt(d) + mask) v; q [...,l,d], k and v [...,m,d], mask broadcast to [...,l,m]. */
export function attention(q: Value, k: Value, v: Value, mask?: Value): Value {
  const scores = matmul(mul(q, 1 / Math.sqrt(q.shape.at(-1)!)), swapLast(k));
  return matmul(softmax(mask ? add(scores, mask) : scores), v);
}

/** 1 / sqrt(var + eps) over axes, biased variance. */
export function inverseDeviation(x: Value, axes: readonly number[], eps: number): Value {
  const centred = sub(x, mean(x, axes));
  return reciprocal(sqrt(add(mean(mul(centred, centred), axes), eps)));
}
export const normalize = (x: Value, axes: readonly number[], eps: number) =>
  node('Normalize', [x], { axes: axesOf(x, axes), eps });

export function layerNorm(x: Value, w: Value | null, bias: Value | null, eps: number, axes = [-1]): Value {
  let y: Value = normalize(x, axes, eps);
  if (w) y = mul(y, w);
  return bias ? add(y, bias) : y;
}

/** x [n,c,...], weight and bias [c]. */
export function groupNorm(x: Value, groups: number, w: Value, bias: Value, eps: number): Value {
  const [n, c] = x.shape;
  if (c % groups !== 0) throw new Error(`GroupNorm: ${c} channels do not divide into ${groups} groups`);
  const y = reshape(normalize(reshape(x, [n, groups, -1]), [2], eps), x.shape);
  const perChannel = [c, ...x.shape.slice(2).map(() => 1)];
  return add(mul(y, reshape(w, perChannel)), reshape(bias, perChannel));
}

export const upsampleNearest = (x: Value, scale: number) => node('UpsampleNearest', [x], { scale });

export interface ConvOptions {
  stride?: number | readonly [number, number];
  /** One number, or [top, left, bottom, right]. */
  padding?: number | readonly [number, number, number, number];
  dilation?: number;
  groups?: number;
}

function convAttributes(o: ConvOptions) {
  const s = o.stride ?? 1;
  const p = o.padding ?? 0;
  return {
    strides: typeof s === 'number' ? [s, s] : s,
    pads: typeof p === 'number' ? [p, p, p, p] : p,
    dilations: [o.dilation ?? 1, o.dilation ?? 1],
    group: o.groups ?? 1,
  };
}

/** x [n,c,h,w], w [m,c/groups,kh,kw], bias [m]. */
export const conv2d = (x: Value, w: Value, bias?: Value, options: ConvOptions = {}) =>
  node('Conv', bias ? [x, w, bias] : [x, w], convAttributes(options));

/** x [n,c,h,w], w [c,m/groups,kh,kw], bias [m]. */
export const convTranspose2d = (
  x: Value,
  w: Value,
  bias?: Value,
  options: ConvOptions & { outputPadding?: number } = {},
) =>
  node('ConvTranspose', bias ? [x, w, bias] : [x, w], {
    ...convAttributes(options),
    output_padding: [options.outputPadding ?? 0, options.outputPadding ?? 0],
  });

/** The input's gradient of Conv is ConvTranspose with the weight as it lies, padded to the input's size. */
export function convInputGradient(ct: Value, w: Value, inputShape: Shape, a: Attributes): Value {
  const y = node('ConvTranspose', [ct, w], { ...a, output_padding: [0, 0] });
  const missing = [inputShape[2] - y.shape[2], inputShape[3] - y.shape[3]];
  return node('ConvTranspose', [ct, w], { ...a, output_padding: missing });
}

/**
 * The weight's gradient of Conv, tap by tap: for each kernel position a strided slice of the padded input
 * times the cotangent. On CPU this is the fastest form and it avoids a kernel-sized copy of the input.
 * ct [n,m,oh,ow], x [n,c,h,w] -> [m,c/group,kh,kw].
 */
export function convWeightGradient(ct: Value, x: Value, weightShape: Shape, a: Attributes): Value {
  const [m, cPerGroup, kh, kw] = weightShape;
  const [n, c] = x.shape;
  const [, , oh, ow] = ct.shape;
  const [top, left, bottom, right] = a.pads as readonly number[];
  const [sh, sw] = a.strides as readonly number[];
  const [dh, dw] = a.dilations as readonly number[];
  const groups = a.group as number;
  const rows = n * oh * ow;
  const padded = pad(transpose(x, [0, 2, 3, 1]), [0, top, left, 0, 0, bottom, right, 0]);
  // [groups, m/groups, rows], times one [groups, rows, c/groups] per tap
  const cotangent = reshape(transpose(ct, [1, 0, 2, 3]), [groups, m / groups, rows]);
  const taps: Value[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const tapRows = slice(padded, 1, i * dh, i * dh + (oh - 1) * sh + 1, sh);
      const tap = reshape(slice(tapRows, 2, j * dw, j * dw + (ow - 1) * sw + 1, sw), [
        rows,
        groups,
        c / groups,
      ]);
      taps.push(reshape(matmul(cotangent, transpose(tap, [1, 0, 2])), [m, cPerGroup, 1]));
    }
  }
  return reshape(concat(taps, 2), weightShape);
}

/** logits [n,k], target probabilities [n,k] -> scalar mean cross-entropy. */
export const crossEntropy = (logits: Value, targets: Value) =>
  neg(mul(sumAll(mul(targets, logSoftmax(logits))), 1 / logits.shape[0]));

/** Mean of squared differences, as a scalar. */
export function mseLoss(a: Value, b: Value): Value {
  const d = sub(a, b);
  return meanAll(mul(d, d));
}
