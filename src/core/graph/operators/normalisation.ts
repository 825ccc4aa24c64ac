/** Owns normalisation. Variances are biased (divided by the count) unless said otherwise. */
import { type Attributes, type Shape, sameShape, type Value } from '../value.ts';
import { add, mul, sub } from './arithmetic.ts';
import { reciprocal, sqrt } from './elementwise.ts';
import { mean, sumTo } from './reduction.ts';
import { reshape } from './shape.ts';
import { axesOf, define, list, num, sameAsInput, wantShape } from './table.ts';

/** Mean and variance of x over axes, which are kept as 1. */
function moments(x: Value, axes: readonly number[]): { mean: Value; variance: Value } {
  const m = mean(x, axes);
  const centred = sub(x, m);
  return { mean: m, variance: mean(mul(centred, centred), axes) };
}
const inverseDeviation = (variance: Value, eps: number) => reciprocal(sqrt(add(variance, eps)));

const makeNormalize = define('Normalize', {
  shape: sameAsInput,
  expand: ([x], a) => {
    const { mean: m, variance } = moments(x, list(a, 'axes'));
    return mul(sub(x, m), inverseDeviation(variance, num(a, 'eps')));
  },
  vjp: (ct, [x], y, a) => [normalizeGradient(ct, x, y, list(a, 'axes'), num(a, 'eps'))],
});
/** (x - mean) / sqrt(var + eps) over axes; the core of layer, group and batch normalisation. */
export const normalize = (x: Value, axes: readonly number[], eps: number): Value =>
  makeNormalize([x], { axes: axesOf(x, axes), eps });

function normalizeGradient(ct: Value, x: Value, y: Value, axes: readonly number[], eps: number): Value {
  const alongY = mul(y, mean(mul(ct, y), axes));
  const centred = sub(sub(ct, mean(ct, axes)), alongY);
  return mul(centred, inverseDeviation(moments(x, axes).variance, eps));
}

/** normal * w + b, with w and b as shapes that broadcast, and the cotangents of all three. */
const affine = (normal: Value, w: Value, b: Value, shape: Shape) =>
  add(mul(normal, reshape(w, shape)), reshape(b, shape));
function affineGradient(ct: Value, normal: Value, w: Value, shape: Shape) {
  return {
    normal: mul(ct, reshape(w, shape)),
    w: reshape(sumTo(mul(ct, normal), shape), w.shape),
    b: reshape(sumTo(ct, shape), w.shape),
  };
}

const makeLayerNorm = define('LayerNormalization', {
  shape: ([x, w, b], a) => {
    const last = x.shape.slice(list(a, 'axes')[0]);
    wantShape(w, last, 'weight');
    wantShape(b, last, 'bias');
    return x.shape;
  },
  expand: ([x, w, b], a) => affine(normalize(x, list(a, 'axes'), num(a, 'eps')), w, b, w.shape),
  vjp: (ct, [x, w], _, a) => {
    const [axes, eps] = [list(a, 'axes'), num(a, 'eps')];
    const normal = normalize(x, axes, eps);
    const g = affineGradient(ct, normal, w, w.shape);
    return [normalizeGradient(g.normal, x, normal, axes, eps), g.w, g.b];
  },
});
/** Over the last axes of x, as many as weight and bias have (the last one where both are null). */
export function layerNorm(x: Value, w: Value | null, bias: Value | null, eps: number, axes = [-1]): Value {
  const over = axesOf(x, axes);
  if (w && bias) return makeLayerNorm([x, w, bias], { axes: over, eps });
  const y = normalize(x, over, eps);
  if (w) return mul(y, w);
  return bias ? add(y, bias) : y;
}

const grouped = (x: Value, groups: number) => reshape(x, [x.shape[0], groups, -1]);
const perChannel = (x: Value): Shape => [x.shape[1], ...x.shape.slice(2).map(() => 1)];
const groupNormal = (x: Value, a: Attributes) =>
  reshape(normalize(grouped(x, num(a, 'groups')), [2], num(a, 'eps')), x.shape);

const makeGroupNorm = define('GroupNormalization', {
  shape: ([x, w, b], a) => {
    if (x.shape[1] % num(a, 'groups') !== 0) {
      throw new Error(`${x.shape[1]} channels do not divide into ${num(a, 'groups')} groups`);
    }
    wantShape(w, [x.shape[1]], 'weight');
    wantShape(b, [x.shape[1]], 'bias');
    return x.shape;
  },
  expand: ([x, w, b], a) => affine(groupNormal(x, a), w, b, perChannel(x)),
  vjp: (ct, [x, w], _, a) => {
    const normal = groupNormal(x, a);
    const g = affineGradient(ct, normal, w, perChannel(x));
    const [gx, gn, gc] = [x, normal, g.normal].map((v) => grouped(v, num(a, 'groups')));
    return [reshape(normalizeGradient(gc, gx, gn, [2], num(a, 'eps')), x.shape), g.w, g.b];
  },
});
/** x [n,c,...], weight and bias [c] or null: each sample over each group of channels and all positions. */
export function groupNorm(x: Value, groups: number, w: Value | null, bias: Value | null, eps: number): Value {
  if (w && bias) return makeGroupNorm([x, w, bias], { groups, eps });
  const y = groupNormal(x, { groups, eps });
  const scaled = w ? mul(y, reshape(w, perChannel(x))) : y;
  return bias ? add(scaled, reshape(bias, perChannel(x))) : scaled;
}

/**
 * Batch normalisation while training: over everything but the channels of x [n,c,...]; weight and bias [c].
 * `mean` and `variance` [c] are the batch's, for the running ones.
 */
export function batchNorm(x: Value, w: Value, bias: Value, eps: number) {
  const c = x.shape[1];
  for (const [v, what] of [
    [w, 'weight'],
    [bias, 'bias'],
  ] as const) {
    if (!sameShape(v.shape, [c])) throw new Error(`batchNorm: ${what} is [${v.shape}], wanted [${c}]`);
  }
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
  const { mean: m, variance } = moments(x, axes);
  return {
    y: affine(normalize(x, axes, eps), w, bias, perChannel(x)),
    mean: reshape(m, [c]),
    variance: reshape(variance, [c]),
  };
}
