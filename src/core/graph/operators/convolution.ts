/** Owns 2-D convolution and its transpose. Images are [n,c,h,w]; attributes are ONNX's. */
import type { Attributes, Shape, Value } from '../value.ts';
import { gemm, matmul } from './products.ts';
import { sum } from './reduction.ts';
import { concat, pad, reshape, slice, transpose } from './shape.ts';
import { define, list, num, wantRank, wantShape } from './table.ts';

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];
export interface ConvOptions {
  stride?: Pair;
  /** One number, or [top, left, bottom, right]. */
  padding?: number | readonly [number, number, number, number];
  dilation?: Pair;
  groups?: number;
}

export const pair = (v: Pair | undefined, otherwise: number): readonly [number, number] =>
  typeof v === 'object' ? v : [v ?? otherwise, v ?? otherwise];
export const sides = (p: ConvOptions['padding']): readonly number[] =>
  typeof p === 'object' ? p : [p ?? 0, p ?? 0, p ?? 0, p ?? 0];

const convAttributes = (o: ConvOptions) => ({
  strides: pair(o.stride, 1),
  pads: sides(o.padding),
  dilations: pair(o.dilation, 1),
  group: o.groups ?? 1,
});

/** How many places a kernel has along both axes of an image of size h x w. */
export function places(
  [h, w]: readonly number[],
  [kh, kw]: readonly number[],
  a: Attributes,
): [number, number] {
  const [top, left, bottom, right] = list(a, 'pads');
  const along = (size: number, kernel: number, axis: number) =>
    Math.floor((size - list(a, 'dilations')[axis] * (kernel - 1) - 1) / list(a, 'strides')[axis]) + 1;
  const found: [number, number] = [along(h + top + bottom, kh, 0), along(w + left + right, kw, 1)];
  if (found.some((d) => d < 1)) throw new Error(`a kernel of ${kh}x${kw} does not fit on ${h}x${w}`);
  return found;
}

const makeConv = define('Conv', {
  shape: ([x, w, bias], a) => {
    wantRank(x, 4, 'input');
    wantRank(w, 4, 'weight');
    const [m, cPerGroup, kh, kw] = w.shape;
    const wanted = cPerGroup * num(a, 'group');
    if (x.shape[1] !== wanted) {
      throw new Error(`${x.shape[1]} input channels, weight [${w.shape}] wants ${wanted}`);
    }
    if (bias) wantShape(bias, [m], 'bias');
    return [x.shape[0], m, ...places(x.shape.slice(2), [kh, kw], a)];
  },
  vjp: (ct, [x, w, bias], _, a) => {
    const dx = convInputGradient(ct, w, x.shape, a);
    const dw = convWeightGradient(ct, x, w.shape, a);
    return bias ? [dx, dw, reshape(sum(ct, [0, 2, 3]), bias.shape)] : [dx, dw];
  },
});
/** x [n,c,h,w], w [m,c/groups,kh,kw], bias [m] -> [n,m,oh,ow]. */
export const conv2d = (x: Value, w: Value, bias?: Value, options: ConvOptions = {}): Value =>
  makeConv(bias ? [x, w, bias] : [x, w], convAttributes(options));

const makeConvTranspose = define('ConvTranspose', {
  shape: ([x, w, bias], a) => {
    wantRank(x, 4, 'input');
    wantRank(w, 4, 'weight');
    const [n, c, h, width] = x.shape;
    const [cIn, mPerGroup, kh, kw] = w.shape;
    if (c !== cIn) throw new Error(`${c} input channels, weight [${w.shape}] wants ${cIn}`);
    const m = mPerGroup * num(a, 'group');
    if (bias) wantShape(bias, [m], 'bias');
    const [top, left, bottom, right] = list(a, 'pads');
    const along = (size: number, kernel: number, axis: number, pads: number) =>
      list(a, 'strides')[axis] * (size - 1) +
      list(a, 'output_padding')[axis] +
      list(a, 'dilations')[axis] * (kernel - 1) +
      1 -
      pads;
    return [n, m, along(h, kh, 0, top + bottom), along(width, kw, 1, left + right)];
  },
  vjp: (ct, [x, w, bias], _, a) => {
    const { output_padding: __, ...conv } = a;
    // The cotangent plays the convolution's input, x its output: out of range rows were never written.
    const dx = makeConv([ct, w], conv);
    const dw = convWeightGradient(x, ct, w.shape, conv);
    return bias ? [dx, dw, reshape(sum(ct, [0, 2, 3]), bias.shape)] : [dx, dw];
  },
});
/** x [n,c,h,w], w [c,m/groups,kh,kw], bias [m] -> [n,m,oh,ow]. */
export const convTranspose2d = (
  x: Value,
  w: Value,
  bias?: Value,
  options: ConvOptions & { outputPadding?: Pair } = {},
): Value =>
  makeConvTranspose(bias ? [x, w, bias] : [x, w], {
    ...convAttributes(options),
    output_padding: pair(options.outputPadding, 0),
  });

/** The input's gradient of Conv is ConvTranspose with the weight as it lies, padded to the input's size. */
export function convInputGradient(ct: Value, w: Value, inputShape: Shape, a: Attributes): Value {
  const y = makeConvTranspose([ct, w], { ...a, output_padding: [0, 0] });
  const missing = [inputShape[2] - y.shape[2], inputShape[3] - y.shape[3]];
  return makeConvTranspose([ct, w], { ...a, output_padding: missing });
}

/** For each kernel position, row by row, what x offers it: strided slices of the padded x. */
export function taps(
  x: Value,
  rowAxis: number,
  kernel: readonly number[],
  out: readonly number[],
  a: Attributes,
): Value[] {
  const [[kh, kw], [oh, ow]] = [kernel, out];
  const [[sh, sw], [dh, dw]] = [list(a, 'strides'), list(a, 'dilations')];
  return Array.from({ length: kh * kw }, (_, tap) => {
    const [top, left] = [Math.floor(tap / kw) * dh, (tap % kw) * dw];
    const rows = slice(x, rowAxis, top, top + (oh - 1) * sh + 1, sh);
    return slice(rows, rowAxis + 1, left, left + (ow - 1) * sw + 1, sw);
  });
}

/**
 * The weight's gradient of Conv, tap by tap: for each kernel position a strided slice of the padded input
 * times the cotangent. On CPU this is the fastest form and it avoids a kernel-sized copy of the input.
 * ct [n,m,oh,ow], x [n,c,h,w] -> [m,c/group,kh,kw].
 */
function convWeightGradient(ct: Value, x: Value, weightShape: Shape, a: Attributes): Value {
  const [m, cPerGroup, kh, kw] = weightShape;
  const [n, c] = x.shape;
  const [, , oh, ow] = ct.shape;
  const [top, left, bottom, right] = list(a, 'pads');
  const groups = num(a, 'group');
  const rows = n * oh * ow;
  const padded = pad(transpose(x, [0, 2, 3, 1]), [0, top, left, 0, 0, bottom, right, 0]);
  const atTaps = taps(padded, 1, [kh, kw], [oh, ow], a);
  const cotangent = reshape(transpose(ct, [1, 0, 2, 3]), [groups, m / groups, rows]);
  if (groups === 1) {
    const products = atTaps.map((tap) => gemm(reshape(cotangent, [m, rows]), reshape(tap, [rows, c])));
    const joined = reshape(concat(products, 1), [m, kh * kw, c]);
    return reshape(transpose(joined, [0, 2, 1]), weightShape);
  }
  const products = atTaps.map((tap) => {
    const perGroup = transpose(reshape(tap, [rows, groups, c / groups]), [1, 0, 2]);
    return reshape(matmul(cotangent, perGroup), [m, cPerGroup, 1]);
  });
  return reshape(concat(products, 2), weightShape);
}
