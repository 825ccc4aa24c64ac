/** Owns pooling of images [n,c,h,w]. */
import { type Attributes, constant, type Shape, type Value } from '../value.ts';
import { add, div, equal, mul, sub } from './arithmetic.ts';
import { type ConvOptions, convInputGradient, type Pair, pair, places, sides, taps } from './convolution.ts';
import { mean } from './reduction.ts';
import { cast, pad, slice, unslice } from './shape.ts';
import { define, list, num, wantRank } from './table.ts';

export interface PoolOptions {
  kernel: Pair;
  /** As the kernel unless given. */
  stride?: Pair;
  /** Below half the kernel; one number, or [top, left, bottom, right]. */
  padding?: ConvOptions['padding'];
  dilation?: Pair;
}

const poolAttributes = (o: PoolOptions) => ({
  kernel_shape: pair(o.kernel, 1),
  strides: pair(o.stride ?? o.kernel, 1),
  pads: sides(o.padding),
  dilations: pair(o.dilation, 1),
});
function poolShape([x]: readonly Value[], a: Attributes): Shape {
  wantRank(x, 4, 'input');
  return [...x.shape.slice(0, 2), ...places(x.shape.slice(2), list(a, 'kernel_shape'), a)];
}

const imagePads = ([top, left, bottom, right]: readonly number[]) => [0, 0, top, left, 0, 0, bottom, right];

const makeMaxPool = define('MaxPool', {
  shape: poolShape,
  /** To the first of equal maxima, row by row, as PyTorch does: after a relu, ties are the rule. */
  vjp: (ct, [x], y, a) => {
    const padded = pad(x, imagePads(list(a, 'pads')), -3.4e38);
    const kernel = list(a, 'kernel_shape');
    const [, , oh, ow] = y.shape;
    const [[sh, sw], [dh, dw], [top, left]] = [list(a, 'strides'), list(a, 'dilations'), list(a, 'pads')];
    let rest = ct;
    const parts = taps(padded, 2, kernel, [oh, ow], a).map((tap, i) => {
      const part = mul(rest, cast(equal(tap, y), ct.dtype));
      rest = sub(rest, part);
      const row = unslice(part, 3, padded.shape[3], (i % kernel[1]) * dw, sw);
      return unslice(row, 2, padded.shape[2], Math.floor(i / kernel[1]) * dh, sh);
    });
    const whole = parts.reduce((g, part) => add(g, part));
    return [slice(slice(whole, 2, top, top + x.shape[2]), 3, left, left + x.shape[3])];
  },
});
/** The largest under each place of the kernel; what is padded never is. */
export const maxPool2d = (x: Value, options: PoolOptions): Value => makeMaxPool([x], poolAttributes(options));

const makeAveragePool = define('AveragePool', {
  shape: poolShape,
  emit: (e, [x], a) => {
    const { dilations: _, ...attributes } = a;
    return e.node('AveragePool', [x], attributes);
  },
  vjp: (ct, [x], y, a) => {
    const kernel = list(a, 'kernel_shape');
    const counts = constant(countsUnder(x.shape, y.shape, a), [1, 1, y.shape[2], y.shape[3]]);
    const channels = x.shape[1];
    const ones = constant(new Float32Array(channels * kernel[0] * kernel[1]).fill(1), [
      channels,
      1,
      ...kernel,
    ]);
    const { strides, pads, dilations } = a;
    return [convInputGradient(div(ct, counts), ones, x.shape, { strides, pads, dilations, group: channels })];
  },
});
/** The mean under each place of the kernel; without `countIncludePad`, of the pixels of x there. */
export const avgPool2d = (
  x: Value,
  { countIncludePad = true, ...o }: Omit<PoolOptions, 'dilation'> & { countIncludePad?: boolean },
): Value => makeAveragePool([x], { ...poolAttributes(o), count_include_pad: countIncludePad ? 1 : 0 });

/** What each place of an average divides by, [oh,ow]. */
function countsUnder(x: Shape, y: Shape, a: Attributes): Float32Array {
  const [top, left] = list(a, 'pads');
  const along = (i: number, axis: 0 | 1) => {
    const kernel = list(a, 'kernel_shape')[axis];
    if (num(a, 'count_include_pad')) return kernel;
    const start = i * list(a, 'strides')[axis] - (axis === 0 ? top : left);
    return Math.min(start + kernel, x[2 + axis]) - Math.max(start, 0);
  };
  const [oh, ow] = y.slice(2);
  return Float32Array.from({ length: oh * ow }, (_, i) => along(Math.floor(i / ow), 0) * along(i % ow, 1));
}

/** [n,c,h,w] -> [n,c,1,1]. */
export const globalAveragePool2d = (x: Value): Value => mean(x, [2, 3]);
