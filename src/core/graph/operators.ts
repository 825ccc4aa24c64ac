/**
 * Owns the operators: ONE table; an entry is shape rule + ONNX emission + VJP. A VJP is built from the same
 * operators, so gradients have gradients, and every execution provider that runs forward runs backward.
 *
 * A VJP gets the cotangent of the output, the inputs, the output and the attributes, and answers with one
 * cotangent per input (null: no gradient flows there). Building one that nobody asked for costs nothing: what
 * no output reaches is not emitted.
 */
import type { Emitter } from './emit.ts';
import * as f from './functions.ts';
import {
  type Attributes,
  broadcastShapes,
  type DType,
  numel,
  type Shape,
  sameShape,
  type Value,
} from './value.ts';

type Cotangents = readonly (Value | null)[];

export interface Operator {
  shape(inputs: readonly Value[], a: Attributes): Shape;
  dtype?(inputs: readonly Value[], a: Attributes): DType;
  /** Names of the inputs -> name of the output. Without it: the ONNX operator of the same name and attributes. */
  emit?(e: Emitter, x: readonly string[], a: Attributes, inputs: readonly Value[], out: Shape): string;
  /** Instead of `emit`: the same computation in other operators; for entries that exist for their VJP. */
  expand?(inputs: readonly Value[], a: Attributes): Value;
  vjp(ct: Value, x: readonly Value[], y: Value, a: Attributes): Cotangents;
}

// ---- shape rules shared by several entries ----

const same = ([x]: readonly Value[]): Shape => x.shape;

function broadcast(inputs: readonly Value[]): Shape {
  let shape: number[] | null = [];
  for (const v of inputs) shape = shape && broadcastShapes(shape, v.shape);
  if (!shape) throw new Error(`shapes ${inputs.map((v) => `[${v.shape}]`).join(' and ')} do not broadcast`);
  return shape;
}

const list = (a: Attributes, name: string): readonly number[] => a[name] as readonly number[];
const num = (a: Attributes, name: string): number => a[name] as number;

const reducedShape = ([x]: readonly Value[], a: Attributes): Shape =>
  x.shape.map((d, i) => (list(a, 'axes').includes(i) ? 1 : d));

const emitReduce =
  (op: string) =>
  (e: Emitter, [x]: readonly string[], a: Attributes) =>
    e.node(op, [x, e.ints(list(a, 'axes'))], { keepdims: 1 });

const elementwise = (vjp: Operator['vjp'], emit?: Operator['emit']): Operator => ({ shape: same, vjp, emit });

/** Gradient of a broadcast operand: summed over the axes it was stretched along. */
const to = (ct: Value, x: Value): Value => f.sumTo(ct, x.shape);

const comparison: Operator = { shape: broadcast, dtype: () => 'bool', vjp: () => [null, null] };

/** Output size of one convolution axis. */
function convSize(size: number, kernel: number, stride: number, dilation: number, pads: number): number {
  return Math.floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1;
}

function convShape([x, w]: readonly Value[], a: Attributes): Shape {
  const [n, c, h, width] = x.shape;
  const [m, cPerGroup, kh, kw] = w.shape;
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw new Error(`Conv wants [n,c,h,w] and [out,in,kh,kw], got [${x.shape}] and [${w.shape}]`);
  }
  if (c !== cPerGroup * num(a, 'group')) {
    throw new Error(`${c} input channels, weight [${w.shape}] wants ${cPerGroup * num(a, 'group')}`);
  }
  const [top, left, bottom, right] = list(a, 'pads');
  const [sh, sw] = list(a, 'strides');
  const [dh, dw] = list(a, 'dilations');
  return [n, m, convSize(h, kh, sh, dh, top + bottom), convSize(width, kw, sw, dw, left + right)];
}

function convTransposeShape([x, w]: readonly Value[], a: Attributes): Shape {
  const [n, c, h, width] = x.shape;
  const [cIn, mPerGroup, kh, kw] = w.shape;
  if (c !== cIn) throw new Error(`${c} input channels, weight [${w.shape}] wants ${cIn}`);
  const [top, left, bottom, right] = list(a, 'pads');
  const [sh, sw] = list(a, 'strides');
  const [dh, dw] = list(a, 'dilations');
  const [oh, ow] = list(a, 'output_padding');
  return [
    n,
    mPerGroup * num(a, 'group'),
    sh * (h - 1) + oh + dh * (kh - 1) + 1 - top - bottom,
    sw * (width - 1) + ow + dw * (kw - 1) + 1 - left - right,
  ];
}

// ---- the table ----

export const operators: Readonly<Record<string, Operator>> = {
  // arithmetic
  Add: { shape: broadcast, vjp: (ct, [a, b]) => [to(ct, a), to(ct, b)] },
  Sub: { shape: broadcast, vjp: (ct, [a, b]) => [to(ct, a), to(f.neg(ct), b)] },
  Mul: { shape: broadcast, vjp: (ct, [a, b]) => [to(f.mul(ct, b), a), to(f.mul(ct, a), b)] },
  Div: {
    shape: broadcast,
    vjp: (ct, [a, b], y) => [to(f.div(ct, b), a), to(f.neg(f.div(f.mul(ct, y), b)), b)],
  },
  Pow: {
    shape: broadcast,
    // The exponent's gradient needs log(x) of a positive base; a constant exponent's is never asked for.
    vjp: (ct, [x, p], y) => [
      to(f.mul(ct, f.mul(p, f.pow(x, f.sub(p, 1)))), x),
      to(f.mul(ct, f.mul(y, f.log(x))), p),
    ],
  },
  // A tie gives each side half the gradient, as PyTorch does.
  Min: { shape: broadcast, vjp: (ct, [a, b]) => f.splitByOrder(ct, b, a).map((g, i) => to(g, i ? b : a)) },
  Max: { shape: broadcast, vjp: (ct, [a, b]) => f.splitByOrder(ct, a, b).map((g, i) => to(g, i ? b : a)) },
  Less: comparison,
  Greater: comparison,
  Equal: comparison,
  Where: {
    shape: broadcast,
    dtype: ([, a]) => a.dtype,
    vjp: (ct, [c, a, b]) => [null, to(f.where(c, ct, f.zero), a), to(f.where(c, f.zero, ct), b)],
  },

  // elementwise functions
  Neg: elementwise((ct) => [f.neg(ct)]),
  Abs: elementwise((ct, [x]) => [f.mul(ct, f.sign(x))]),
  Sign: elementwise(() => [null]),
  Exp: elementwise((ct, _, y) => [f.mul(ct, y)]),
  Log: elementwise((ct, [x]) => [f.div(ct, x)]),
  Sqrt: elementwise((ct, _, y) => [f.div(f.mul(ct, 0.5), y)]),
  Reciprocal: elementwise((ct, _, y) => [f.neg(f.mul(ct, f.mul(y, y)))]),
  Sin: elementwise((ct, [x]) => [f.mul(ct, f.cos(x))]),
  Cos: elementwise((ct, [x]) => [f.neg(f.mul(ct, f.sin(x)))]),
  Erf: elementwise((ct, [x]) => [f.mul(ct, f.mul(f.exp(f.neg(f.mul(x, x))), 2 / Math.sqrt(Math.PI)))]),
  Tanh: elementwise((ct, _, y) => [f.mul(ct, f.sub(1, f.mul(y, y)))]),
  Sigmoid: elementwise((ct, _, y) => [f.mul(ct, f.mul(y, f.sub(1, y)))]),
  Softplus: elementwise((ct, [x]) => [f.mul(ct, f.sigmoid(x))]),
  Relu: elementwise((ct, [x]) => [f.where(f.greater(x, f.zero), ct, f.zero)]),
  LeakyRelu: elementwise((ct, [x], _, a) => [f.where(f.greater(x, f.zero), ct, f.mul(ct, num(a, 'alpha')))]),
  /** x sigmoid(x); its VJP reuses both factors: s (1 + x - y). */
  Silu: {
    shape: same,
    expand: ([x]) => f.mul(x, f.sigmoid(x)),
    vjp: (ct, [x], y) => [f.mul(ct, f.add(f.sigmoid(x), f.mul(y, f.sub(1, f.sigmoid(x)))))],
  },
  /** x itself; where backward computes again what forward let go, it starts from here (recompute.ts). */
  Checkpoint: { shape: same, expand: ([x]) => x, vjp: (ct) => [ct] },
  Cast: {
    shape: same,
    dtype: (_, a) => a.to as DType,
    emit: (e, [x], a) => e.node('Cast', [x], { to: e.dtype(a.to as DType) }),
    vjp: (ct, [x]) => [f.cast(ct, x.dtype)],
  },

  // shape
  Reshape: {
    shape: ([x], a) => {
      if (numel(x.shape) !== numel(list(a, 'shape'))) {
        throw new Error(`[${x.shape}] cannot be reshaped to [${list(a, 'shape')}]`);
      }
      return list(a, 'shape');
    },
    emit: (e, [x], a) => e.node('Reshape', [x, e.ints(list(a, 'shape'))]),
    vjp: (ct, [x]) => [f.reshape(ct, x.shape)],
  },
  Transpose: {
    shape: ([x], a) => list(a, 'perm').map((i) => x.shape[i]),
    vjp: (ct, _, __, a) => {
      const inverse: number[] = [];
      list(a, 'perm').forEach((axis, i) => {
        inverse[axis] = i;
      });
      return [f.transpose(ct, inverse)];
    },
  },
  Expand: {
    shape: (inputs, a) => {
      const shape = broadcastShapes(inputs[0].shape, list(a, 'shape'));
      if (!shape || !sameShape(shape, list(a, 'shape'))) {
        throw new Error(`[${inputs[0].shape}] cannot be expanded to [${list(a, 'shape')}]`);
      }
      return shape;
    },
    emit: (e, [x], a) => e.node('Expand', [x, e.ints(list(a, 'shape'))]),
    vjp: (ct, [x]) => [to(ct, x)],
  },
  Concat: {
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
        const part = f.slice(ct, num(a, 'axis'), start, end);
        start = end;
        return part;
      });
    },
  },
  /** One axis; `step` > 0; `end` is already within the size. */
  Slice: {
    shape: ([x], a) =>
      x.shape.map((d, i) =>
        i === num(a, 'axis') ? Math.ceil((num(a, 'end') - num(a, 'start')) / num(a, 'step')) : d,
      ),
    emit: (e, [x], a) =>
      e.node('Slice', [
        x,
        e.ints([num(a, 'start')]),
        e.ints([num(a, 'end')]),
        e.ints([num(a, 'axis')]),
        e.ints([num(a, 'step')]),
      ]),
    vjp: (ct, [x], _, a) => [
      f.unslice(ct, num(a, 'axis'), x.shape[num(a, 'axis')], num(a, 'start'), num(a, 'step')),
    ],
  },
  /** Zeros (or `value`) around: `pads` holds all the begins, then all the ends, >= 0. */
  Pad: {
    shape: ([x], a) => x.shape.map((d, i) => d + list(a, 'pads')[i] + list(a, 'pads')[i + x.shape.length]),
    emit: (e, [x], a) => e.node('Pad', [x, e.ints(list(a, 'pads')), e.floats([num(a, 'value')], [])]),
    vjp: (ct, [x], _, a) => [
      x.shape.reduce<Value>((g, d, i) => f.slice(g, i, list(a, 'pads')[i], list(a, 'pads')[i] + d), ct),
    ],
  },
  /** Rows of the table x: f32[rows, ...], ids: i64[...] -> f32[...ids, ...]. */
  Gather: {
    shape: ([x, ids]) => [...ids.shape, ...x.shape.slice(1)],
    emit: (e, x) => e.node('Gather', x, { axis: 0 }),
    vjp: (ct, [x, ids]) => [f.scatterAddRows(ct, ids, x.shape), null],
  },
  /** Adds rows of `updates` [n, ...] into zeros of `shape` at row ids [n]. */
  ScatterAddRows: {
    shape: (_, a) => list(a, 'shape'),
    emit: (e, [updates, ids], a, [u]) =>
      e.node(
        'ScatterND',
        [e.zeros(list(a, 'shape')), e.node('Reshape', [ids, e.ints([u.shape[0], 1])]), updates],
        { reduction: 'add' },
      ),
    vjp: (ct, [, ids]) => [f.gather(ct, ids), null],
  },

  // reductions; every one keeps its axes as 1
  ReduceSum: {
    shape: reducedShape,
    emit: emitReduce('ReduceSum'),
    vjp: (ct, [x]) => [f.expand(ct, x.shape)],
  },
  ReduceMean: {
    shape: reducedShape,
    emit: emitReduce('ReduceMean'),
    vjp: (ct, [x], y) => [f.expand(f.mul(ct, numel(y.shape) / numel(x.shape)), x.shape)],
  },
  /** Ties share the gradient evenly. */
  ReduceMax: {
    shape: reducedShape,
    emit: emitReduce('ReduceMax'),
    vjp: (ct, [x], y, a) => {
      const hit = f.cast(f.equal(x, y), x.dtype);
      return [f.mul(hit, f.div(ct, f.sum(hit, list(a, 'axes'))))];
    },
  },

  // linear algebra
  MatMul: {
    shape: ([a, b]) => {
      const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      if (!batch || a.shape.length < 2 || b.shape.length < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
        throw new Error(`[${a.shape}] and [${b.shape}] cannot be multiplied`);
      }
      return [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
    },
    vjp: (ct, [a, b]) => [to(f.matmul(ct, f.swapLast(b)), a), to(f.matmul(f.swapLast(a), ct), b)],
  },
  /** A [m,k] (or its transpose) times B; a third input [n] is added. Reads a [out,in] weight as it lies. */
  Gemm: {
    shape: ([a, b, c], t) => {
      const [m, k] = num(t, 'transA') ? [a.shape[1], a.shape[0]] : a.shape;
      const [k2, n] = num(t, 'transB') ? [b.shape[1], b.shape[0]] : b.shape;
      if (k !== k2 || a.shape.length !== 2 || b.shape.length !== 2) {
        throw new Error(`input has ${k} features, weight [${b.shape}] wants ${k2}`);
      }
      if (c && !sameShape(c.shape, [n])) throw new Error(`bias is [${c.shape}], wanted [${n}]`);
      return [m, n];
    },
    vjp: (ct, [a, b, c], _, t) => {
      const [ta, tb] = [num(t, 'transA') === 1, num(t, 'transB') === 1];
      const da = ta ? f.gemm(b, ct, tb, true) : f.gemm(ct, b, false, !tb);
      const db = tb ? f.gemm(ct, a, true, ta) : f.gemm(a, ct, !ta, false);
      return c ? [da, db, f.reshape(f.sum(ct, [0]), c.shape)] : [da, db];
    },
  },
  /** x [n,c,h,w], weight [m,c/group,kh,kw], bias [m] optional. */
  Conv: {
    shape: convShape,
    vjp: (ct, [x, w, bias], _, a) => {
      const dx = f.convInputGradient(ct, w, x.shape, a);
      const dw = f.convWeightGradient(ct, x, w.shape, a);
      return bias ? [dx, dw, f.reshape(f.sum(ct, [0, 2, 3]), bias.shape)] : [dx, dw];
    },
  },
  /** x [n,c,h,w], weight [c,m/group,kh,kw], bias [m] optional. */
  ConvTranspose: {
    shape: convTransposeShape,
    vjp: (ct, [x, w, bias], _, a) => {
      const { output_padding: __, ...conv } = a;
      // The cotangent plays the convolution's input, x its output: out of range rows were never written.
      const dx = f.node('Conv', [ct, w], conv);
      const dw = f.convWeightGradient(x, ct, w.shape, conv);
      return bias ? [dx, dw, f.reshape(f.sum(ct, [0, 2, 3]), bias.shape)] : [dx, dw];
    },
  },

  // normalisation and attention weights
  Softmax: {
    shape: same,
    vjp: (ct, _, y, a) => {
      const weighted = f.mul(ct, y);
      return [f.sub(weighted, f.mul(y, f.sum(weighted, [num(a, 'axis')])))];
    },
  },
  LogSoftmax: {
    shape: same,
    vjp: (ct, _, y, a) => [f.sub(ct, f.mul(f.exp(y), f.sum(ct, [num(a, 'axis')])))],
  },
  /** (x - mean) / sqrt(var + eps) over `axes`; the core of layer, group and batch normalisation. */
  Normalize: {
    shape: same,
    expand: ([x], a) => {
      const centred = f.sub(x, f.mean(x, list(a, 'axes')));
      return f.mul(centred, f.inverseDeviation(x, list(a, 'axes'), num(a, 'eps')));
    },
    vjp: (ct, [x], y, a) => {
      const axes = list(a, 'axes');
      const alongY = f.mul(y, f.mean(f.mul(ct, y), axes));
      const centred = f.sub(f.sub(ct, f.mean(ct, axes)), alongY);
      return [f.mul(centred, f.inverseDeviation(x, axes, num(a, 'eps')))];
    },
  },

  // resampling
  /** Each pixel of [n,c,h,w] repeated `scale` x `scale` times. */
  UpsampleNearest: {
    shape: ([x], a) => [x.shape[0], x.shape[1], x.shape[2] * num(a, 'scale'), x.shape[3] * num(a, 'scale')],
    emit: (e, [x], a) =>
      e.node('Resize', [x, '', e.floats([1, 1, num(a, 'scale'), num(a, 'scale')], [4])], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    vjp: (ct, [x], _, a) => {
      const [n, c, h, w] = x.shape;
      const s = num(a, 'scale');
      return [f.reshape(f.sum(f.reshape(ct, [n, c, h, s, w, s]), [3, 5]), x.shape)];
    },
  },
};

/** The entry of an operator; @throws when the table has none. */
export function operator(name: string): Operator {
  const entry = operators[name];
  if (!entry) throw new Error(`operator ${name} is not in the table`);
  return entry;
}
