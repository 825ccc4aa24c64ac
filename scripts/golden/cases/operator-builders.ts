/** Owns how the oracle's operators, with their attributes, are written in the product's graph. */
import * as f from '../../../src/core/graph/functions.ts';
import { numel, type Value } from '../../../src/core/graph/value.ts';
import type { Json, OracleTensor } from '../case.ts';

type Inputs = Record<string, Value>;

export interface Facts {
  /** Shapes of the outputs, by name. */
  outputs: Record<string, number[]>;
  value(kind: 'in' | 'out', name: string): OracleTensor;
}

/** Inputs and attributes of one case -> its outputs by name. */
type Builder = (x: Inputs, a: Json, facts: Facts) => Record<string, Value>;

const y = (value: Value): Record<string, Value> => ({ y: value });
const unary =
  (fn: (x: Value) => Value): Builder =>
  ({ x }) =>
    y(fn(x));
const binary =
  (fn: (a: Value, b: Value) => Value): Builder =>
  ({ a, b }) =>
    y(fn(a, b));

/** A pair from one number or two. */
const pair = (value: number | number[] | undefined, otherwise: number): [number, number] =>
  value === undefined
    ? [otherwise, otherwise]
    : typeof value === 'number'
      ? [value, value]
      : [value[0], value[1]];

/** [top, left, bottom, right] from one number or [vertical, horizontal]. */
function padding(value: number | number[] | undefined): [number, number, number, number] {
  const [vertical, horizontal] = pair(value, 0);
  return [vertical, horizontal, vertical, horizontal];
}

const convOptions = (a: Json): f.ConvOptions => ({
  stride: pair(a.stride, 1),
  padding: a.pads_top_left_bottom_right ?? padding(a.padding),
  dilation: pair(a.dilation, 1),
  groups: a.groups,
});

const poolOptions = (a: Json) => ({
  kernel: pair(a.kernel, 1),
  stride: pair(a.stride ?? a.kernel, 1),
  padding: padding(a.padding),
});

/** Reductions keep their axes as 1 in the graph; the oracle's shape says whether they go. */
const asShaped = (value: Value, { outputs }: Facts): Value => {
  const bare = (shape: readonly number[]) => shape.filter((d) => d !== 1).join();
  if (bare(value.shape) !== bare(outputs.y)) return value; // the comparison says what is wrong
  return f.reshape(value, outputs.y);
};

const everyAxis = (x: Value) => x.shape.map((_, i) => i);
const axesOf = (x: Value, a: Json): number[] =>
  a.axes ?? (a.axis === undefined ? everyAxis(x) : [a.axis].flat());

const reduction =
  (op: (x: Value, axes: readonly number[]) => Value): Builder =>
  ({ x }, a, facts) => {
    void a.keepdims; // the shape of the output says it
    return y(asShaped(op(x, axesOf(x, a)), facts));
  };

/** A mean loss of x and t, or the sum of the same. */
const loss =
  (fn: (x: Value, t: Value, a: Json) => Value): Builder =>
  ({ x, t }, a) => {
    const mean = fn(x, t, a);
    if ((a.reduction ?? 'mean') === 'mean') return y(mean);
    if (a.reduction === 'sum') return y(f.mul(mean, numel(x.shape)));
    throw new Error(`reduction ${a.reduction}, wanted mean or sum`);
  };

/** numpy's rule: a vector on the left is a row, on the right a column, and its axis goes. */
function matmul(a: Value, b: Value): Value {
  const left = a.shape.length === 1 ? f.reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? f.reshape(b, [...b.shape, 1]) : b;
  let out: Value = f.matmul(left, right);
  if (b.shape.length === 1) out = f.reshape(out, out.shape.slice(0, -1));
  if (a.shape.length === 1)
    out = f.reshape(out, [
      ...out.shape.slice(0, b.shape.length === 1 ? -1 : -2),
      ...out.shape.slice(b.shape.length === 1 ? out.shape.length : -1),
    ]);
  return out;
}

export const builders: Readonly<Record<string, Builder>> = {
  conv2d: ({ x, weight, bias }, a) => y(f.conv2d(x, weight, bias, convOptions(a))),
  conv_transpose2d: ({ x, weight, bias }, a) =>
    y(f.convTranspose2d(x, weight, bias, { ...convOptions(a), outputPadding: pair(a.output_padding, 0) })),
  linear: ({ x, weight, bias }) => y(f.linear(x, weight, bias)),
  matmul: binary(matmul),
  attention: ({ q, k, v, mask }) => y(f.attention(q, k, v, mask)),
  softmax: ({ x }, a) => y(f.softmax(x, a.axis)),
  log_softmax: ({ x }, a) => y(f.logSoftmax(x, a.axis)),
  logsumexp: ({ x }, a, facts) => y(asShaped(f.logSumExp(x, a.axis), facts)),

  cross_entropy: ({ logits, labels, target, weight }, a) =>
    y(
      f.crossEntropy(logits, labels ?? target, {
        labelSmoothing: a.label_smoothing,
        classWeights: weight,
        reduction: a.reduction,
      }),
    ),
  mse_loss: loss((x, t) => f.mseLoss(x, t)),
  l1_loss: loss((x, t) => f.l1Loss(x, t)),
  smooth_l1_loss: loss((x, t, a) => f.smoothL1Loss(x, t, a.beta ?? 1)),

  layer_norm: ({ x, weight, bias }, a) => {
    const axes = (a.normalized_shape as number[]).map((_, i) => -1 - i);
    return y(f.layerNorm(x, weight ?? null, bias ?? null, a.eps, axes));
  },
  group_norm: ({ x, weight, bias }, a) => y(f.groupNorm(x, a.groups, weight ?? null, bias ?? null, a.eps)),
  batch_norm: batchNorm,

  silu: unary(f.silu),
  relu: unary(f.relu),
  sigmoid: unary(f.sigmoid),
  tanh: unary(f.tanh),
  exp: unary(f.exp),
  sin: unary(f.sin),
  cos: unary(f.cos),
  abs: unary(f.abs),
  neg: unary(f.neg),
  gelu_erf: unary(f.geluErf),
  gelu_tanh: unary(f.geluTanh),
  quick_gelu: unary(f.quickGelu),
  erf: unary(f.erf),
  softplus: unary(f.softplus),
  leaky_relu: ({ x }, a, facts) =>
    y(f.leakyRelu(x, a.negative_slope ?? a.slope ?? a.alpha ?? slopeOf(facts))),
  square: ({ x }) => y(f.mul(x, x)),
  log: unary(f.log),
  sqrt: unary(f.sqrt),
  rsqrt: ({ x }) => y(f.reciprocal(f.sqrt(x))),
  reciprocal: unary(f.reciprocal),
  pow: (x, a) => y(f.pow(x.x, a.exponent ?? x.y)),
  add: binary(f.add),
  sub: binary(f.sub),
  mul: binary(f.mul),
  div: binary(f.div),
  minimum: binary(f.minimum),
  maximum: binary(f.maximum),
  clip: ({ x }, a) => y(f.clip(x, a.min ?? null, a.max ?? null)),
  where: ({ cond, a, b }) => y(f.where(f.greater(cond, 0.5), a, b)),

  upsample_nearest: ({ x }, a) => {
    const scale = pair(a.scale, 1);
    return y(f.resizeNearest(x, a.size ?? [x.shape[2] * scale[0], x.shape[3] * scale[1]]));
  },
  resize_bilinear: ({ x }, a, { outputs }) => {
    if (a.antialias) throw new Error('antialias is not supported');
    void a.scale; // the shape of the output says it
    const size = a.size ?? outputs.y.slice(2);
    return y(f.resizeBilinear(x, size, { alignCorners: a.align_corners ?? false }));
  },
  avg_pool2d: ({ x }, a) =>
    y(f.avgPool2d(x, { ...poolOptions(a), countIncludePad: a.count_include_pad ?? true })),
  max_pool2d: ({ x }, a) => y(f.maxPool2d(x, { ...poolOptions(a), dilation: pair(a.dilation, 1) })),
  adaptive_avg_pool2d: ({ x }, a, { outputs }) => {
    const size = pair(a.output_size ?? a.size ?? outputs.y.slice(2), 1);
    return y(size[0] === 1 && size[1] === 1 ? f.globalAveragePool2d(x) : adaptivePool(x, size));
  },

  concat: (x, a) =>
    y(
      f.concat(
        Object.keys(x).map((name) => x[name]),
        a.axis,
      ),
    ),
  slice: ({ x }, a) =>
    y(
      (a.axes as number[]).reduce<Value>(
        (value, axis, i) => f.slice(value, axis, a.starts[i], a.ends[i], a.steps?.[i] ?? 1),
        x,
      ),
    ),
  split_geglu: ({ x }, a) => {
    const axis = a.axis ?? -1;
    const half = x.shape.at(axis)! / 2;
    return y(f.mul(f.slice(x, axis, 0, half), f.geluErf(f.slice(x, axis, half, 2 * half))));
  },
  pad: ({ x }, a) => {
    const lead = new Array<number>(x.shape.length - 2).fill(0);
    const pads = [...lead, a.top ?? 0, a.left ?? 0, ...lead, a.bottom ?? 0, a.right ?? 0];
    if (a.mode === 'reflect') return y(f.padReflect(x, pads));
    if (a.mode === undefined || a.mode === 'constant') return y(f.pad(x, pads, a.value ?? 0));
    throw new Error(`mode ${a.mode}, wanted constant or reflect`);
  },
  gather: ({ x, index }, a) => y(f.gatherElements(x, index, a.axis)),
  embedding: ({ weight, ids }) => y(f.gather(weight, ids)),
  index_select: ({ x, index }, a) => y(f.indexSelect(x, index, a.axis)),
  transpose: ({ x }, a) => y(f.transpose(a.reshape ? f.reshape(x, a.reshape) : x, a.perm)),
  reshape: ({ x }, a) => y(f.reshape(x, a.shape)),
  expand: ({ x }, a) => y(f.expand(x, a.shape)),

  mean: reduction(f.mean),
  sum: reduction(f.sum),
  max_reduce: reduction(f.max),
  var: ({ x }, a, facts) => {
    const axes = axesOf(x, a);
    void a.keepdims; // the shape of the output says it
    const centred = f.sub(x, f.mean(x, axes));
    const count = axes.reduce((product, axis) => product * x.shape.at(axis)!, 1);
    const biased = f.mean(f.mul(centred, centred), axes);
    return y(asShaped(a.unbiased ? f.mul(biased, count / (count - 1)) : biased, facts));
  },
  l2_normalize: ({ x }, a) => y(f.l2Normalize(x, a.axis ?? -1)),
};

/** Training: batch statistics and the running ones after it; evaluation: the running ones. */
function batchNorm(x: Inputs, a: Json, { outputs }: Facts): Record<string, Value> {
  const c = x.x.shape[1];
  const perChannel = (v: Value) => f.reshape(v, [c, ...x.x.shape.slice(2).map(() => 1)]);
  const { running_mean: mean, running_var: variance } = x;
  const momentum: number = a.momentum ?? 0.1;
  if (!a.training) {
    const deviation = f.sqrt(f.add(perChannel(variance), a.eps));
    const normal = f.div(f.sub(x.x, perChannel(mean)), deviation);
    return y(f.add(f.mul(normal, perChannel(x.weight)), perChannel(x.bias)));
  }
  const batch = f.batchNorm(x.x, x.weight, x.bias, a.eps);
  const count = numel(x.x.shape) / c;
  const blend = (old: Value, now: Value) =>
    f.add(f.mul(old, 1 - momentum), f.mul(f.reshape(now, [c]), momentum));
  return {
    y: batch.y,
    ...('running_mean_after' in outputs && { running_mean_after: blend(mean, batch.mean) }),
    ...('running_var_after' in outputs && {
      running_var_after: blend(variance, f.mul(batch.variance, count / (count - 1))),
    }),
  };
}

/** Where an attribute does not say the slope, the outputs do: it is y / x of a negative x. */
function slopeOf({ value }: Facts): number {
  const x = value('in', 'x').data;
  const out = value('out', 'y').data;
  // The most negative x has the least rounding.
  const at = x.indexOf(Math.min(...x));
  return Number((out[at] / x[at]).toPrecision(6));
}

/** Means over cells that cover the picture and may overlap by one row or column. */
function adaptivePool(x: Value, [height, width]: [number, number]): Value {
  const along = (v: Value, axis: number, cells: number) => {
    const size = v.shape[axis];
    const means = Array.from({ length: cells }, (_, i) => {
      const [from, to] = [Math.floor((i * size) / cells), Math.ceil(((i + 1) * size) / cells)];
      return f.mean(f.slice(v, axis, from, to), [axis]);
    });
    return f.concat(means, axis);
  };
  return along(along(x, 2, height), 3, width);
}
