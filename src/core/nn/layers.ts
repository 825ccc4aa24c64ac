/** Owns the layers that several architectures share, under PyTorch's parameter names. */
import * as f from '../graph/functions.ts';
import { sameShape, type Value, within } from '../graph/value.ts';
import type { Params } from './params.ts';

/** An adapter may give a layer a bias that has none. */
const hasBias = (p: Params, bias: boolean): boolean => bias || p.source.addsBias?.(p.path) === true;

/** x [...,in] -> [...,out]; weight [out,in], and the adapters that sit on this layer. */
export function linear(p: Params, x: Value, outFeatures: number, bias = true): Value {
  return within(p.path, () => {
    const inFeatures = x.shape.at(-1)!;
    const w = p.get('weight', [outFeatures, inFeatures]);
    let y = f.linear(x, w, hasBias(p, bias) ? p.get('bias', [outFeatures]) : undefined);
    for (const { down, up, scale } of p.source.lowRank?.(p.path, w.shape) ?? []) {
      y = f.add(y, f.mul(f.linear(f.linear(x, down), up), scale));
    }
    return y;
  });
}

/** x [n,in,h,w] -> [n,out,h',w'] with a square kernel, and the adapters that sit on this layer. */
export function conv(
  p: Params,
  x: Value,
  outChannels: number,
  kernel: number,
  options: f.ConvOptions & { bias?: boolean } = {},
): Value {
  return within(p.path, () => {
    const w = p.get('weight', [outChannels, x.shape[1] / (options.groups ?? 1), kernel, kernel]);
    const bias = hasBias(p, options.bias ?? true) ? p.get('bias', [outChannels]) : undefined;
    let y = f.conv2d(x, w, bias, options);
    for (const { down, up, scale } of p.source.lowRank?.(p.path, w.shape) ?? []) {
      y = f.add(y, f.mul(f.conv2d(f.conv2d(x, down, undefined, options), up), scale));
    }
    return y;
  });
}

export function groupNorm(p: Params, x: Value, groups: number, eps: number): Value {
  const c = x.shape[1];
  return within(p.path, () => f.groupNorm(x, groups, p.get('weight', [c]), p.get('bias', [c]), eps));
}

export function layerNorm(p: Params, x: Value, eps = 1e-5): Value {
  const width = x.shape.at(-1)!;
  return within(p.path, () => f.layerNorm(x, p.get('weight', [width]), p.get('bias', [width]), eps));
}

/** x [n,c,h,w], each position over its channels. */
export const channelNorm = (p: Params, x: Value, eps: number): Value =>
  channelsFirst(layerNorm(p, channelsLast(x), eps));

/** [n,c,h,w] -> [n,h,w,c] */
export const channelsLast = (x: Value): Value => f.transpose(x, [0, 2, 3, 1]);
/** [n,h,w,c] -> [n,c,h,w] */
export const channelsFirst = (x: Value): Value => f.transpose(x, [0, 3, 1, 2]);

/**
 * x [n,c,h,w], batch normalisation by the running statistics. They are folded into one factor and one summand per
 * channel: two passes over x where the equation has four, and what ONNX Runtime folds into the convolution before it
 * where none of them is trained.
 */
export function runningNorm(p: Params, x: Value, eps = 1e-5): Value {
  const c = x.shape[1];
  const perChannel = (v: Value) => f.reshape(v, [1, c, 1, 1]);
  return within(p.path, () => {
    const [w, b] = [p.get('weight', [c]), p.get('bias', [c])];
    const mean = p.get('running_mean', [c]);
    const factor = f.div(w, f.sqrt(f.add(p.get('running_var', [c]), eps)));
    return f.add(f.mul(x, perChannel(factor)), perChannel(f.sub(b, f.mul(mean, factor))));
  });
}

/** [n,c,h,w] -> [n,c], the mean of each map. */
export const pooledMaps = (x: Value): Value => f.reshape(f.globalAveragePool2d(x), [x.shape[0], x.shape[1]]);

/** image [n,c,s,s] -> one token per square patch, row by row: [n,(s/patch)^2,width]. @throws for another size. */
export function patchTokens(
  p: Params,
  image: Value,
  width: number,
  config: { image_size: number; patch_size: number; num_channels?: number },
  bias: boolean,
): Value {
  const { image_size: size, patch_size: patch, num_channels: channels = 3 } = config;
  const [n, ...picture] = image.shape;
  if (!sameShape(picture, [channels, size, size])) {
    throw new Error(`${p.path}: pictures are [${picture}], the model wants [${[channels, size, size]}]`);
  }
  const grid = conv(p, image, width, patch, { stride: patch, bias });
  return f.transpose(f.reshape(grid, [n, width, -1]), [0, 2, 1]);
}

/** [n,l,heads*d] -> [n,heads,l,d] */
export function splitHeads(x: Value, heads: number): Value {
  const [n, l, width] = x.shape;
  if (width % heads !== 0) throw new Error(`attention: width ${width} does not divide into ${heads} heads`);
  return f.transpose(f.reshape(x, [n, l, heads, width / heads]), [0, 2, 1, 3]);
}

/** [n,heads,l,d] -> [n,l,heads*d] */
export function joinHeads(x: Value): Value {
  const [n, heads, l, d] = x.shape;
  return f.reshape(f.transpose(x, [0, 2, 1, 3]), [n, l, heads * d]);
}

/** relu6(x + 3) / 6 */
export const hardSigmoid = (x: Value): Value => f.div(f.clip(f.add(x, 3), 0, 6), 6);

export const activations: ReadonlyMap<string, (x: Value) => Value> = new Map([
  ['silu', f.silu],
  ['gelu', f.geluErf],
  ['gelu_new', f.geluTanh],
  ['gelu_pytorch_tanh', f.geluTanh],
  ['quick_gelu', f.quickGelu],
  ['relu', f.relu],
  ['relu6', (x) => f.clip(x, 0, 6)],
  ['swish', f.silu],
  ['hard_swish', (x) => f.mul(x, hardSigmoid(x))],
]);
