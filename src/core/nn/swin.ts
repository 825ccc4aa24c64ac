/**
 * Owns Swin transformers (Liu et al. 2021, version 1) under timm's names: attention within windows, which every other
 * block moves by half their size. Maps divide into windows, or are one.
 */
import * as f from '../graph/functions.ts';
import { constant, numel, type Value, within } from '../graph/value.ts';
import { activations, channelsLast, conv, layerNorm, linear } from './layers.ts';
import type { Params } from './params.ts';
import { positionBias } from './relative-positions.ts';
import type { VisionOutput } from './vision-output.ts';

export interface SwinConfig {
  patch_size: number;
  width: number; // of the first stage; each has twice the one before
  depths: readonly number[];
  heads: readonly number[]; // of each stage
  /** Side of the windows, which is the map's where that is smaller. */
  window: number;
  mlp_ratio: number;
  activation: string;
  norm_eps: number;
  /** Whether queries, keys and values have a matrix each; otherwise they share one. */
  separate_qkv: boolean;
  /** null: it has no last layer. */
  num_classes: number | null;
}

/** Of merging and of the patches, in every library. */
const plainEps = 1e-5;

/** image f32[n,3,h,w], normalised -> f32[n,width of the last stage] and logits. */
export function swin(p: Params, config: SwinConfig, image: Value): VisionOutput {
  const { patch_size: patch, num_classes: classes } = config;
  const start = p.at('patch_embed');
  const patches = conv(start.at('proj'), image, config.width, patch, { stride: patch });
  let h = layerNorm(start.at('norm'), channelsLast(patches), plainEps);
  config.depths.forEach((depth, i) => {
    const stage = p.at('layers').at(i);
    if (i > 0) h = merged(stage.at('downsample'), h);
    const windows = windowsOf(config.window, h.shape[1], h.shape[2], stage.path);
    for (let k = 0; k < depth; k++) {
      const at = stage.at('blocks').at(k);
      h = f.checkpoint(within(at.path, () => block(at, config, h, config.heads[i], windows[k % 2])));
    }
  });
  const normed = layerNorm(p.at('norm'), h, config.norm_eps);
  const features = f.reshape(f.mean(normed, [1, 2]), [h.shape[0], h.shape[3]]);
  return { features, logits: classes === null ? null : linear(p.at('head').at('fc'), features, classes) };
}

/** How a map is cut. */
interface Windows {
  side: number;
  shift: number;
  /** f32[windows,1,side^2,side^2]: keeps apart what the shift brought together; null without one. */
  mask: Value | null;
}

/** Of even and of odd blocks. @throws where windows would stick out. */
function windowsOf(wanted: number, h: number, w: number, path: string): readonly [Windows, Windows] {
  const side = Math.min(wanted, h, w);
  if (h % side !== 0 || w % side !== 0) {
    throw new Error(
      `${path}: a map of ${h}x${w} does not divide into windows of ${side}; use pictures of another size`,
    );
  }
  const still = { side, shift: 0, mask: null };
  if (Math.min(h, w) <= side) return [still, still];
  const shift = Math.floor(side / 2);
  return [still, { side, shift, mask: shiftMask(h, w, side, shift) }];
}

/** -100 between positions of a window that come from different regions of the map (figure 4). */
function shiftMask(h: number, w: number, side: number, shift: number): Value {
  const region = (at: number, size: number) => Number(at >= size - side) + Number(at >= size - shift);
  const area = side ** 2;
  const count = (h / side) * (w / side);
  const regions = Array.from({ length: count }, (_, window) =>
    Array.from({ length: area }, (_, i) => {
      const y = Math.floor(window / (w / side)) * side + Math.floor(i / side);
      const x = (window % (w / side)) * side + (i % side);
      return 3 * region(y, h) + region(x, w);
    }),
  );
  const mask = regions.flatMap((own) => own.flatMap((a) => own.map((b) => (a === b ? 0 : -100))));
  return constant(mask, [count, 1, area, area]);
}

/** x [n,h,w,c] */
function block(p: Params, config: SwinConfig, x: Value, heads: number, windows: Windows): Value {
  const width = x.shape[3];
  const h = f.add(
    x,
    attention(p.at('attn'), config, layerNorm(p.at('norm1'), x, config.norm_eps), heads, windows),
  );
  const mlp = p.at('mlp');
  const inner = Math.floor(width * config.mlp_ratio);
  const wide = linear(mlp.at('fc1'), layerNorm(p.at('norm2'), h, config.norm_eps), inner);
  return f.add(h, linear(mlp.at('fc2'), activations.get(config.activation)!(wide), width));
}

function attention(p: Params, config: SwinConfig, x: Value, heads: number, windows: Windows): Value {
  const [n, height, width, c] = x.shape;
  const { side, shift, mask } = windows;
  const area = side ** 2;
  const cut = intoWindows(rolled(x, shift), side); // [n,windows,area,c]
  const count = cut.shape[1];
  const [q, k, v] = queriesKeysValues(p, config, cut).map((y) =>
    f.transpose(f.reshape(y, [n, count, area, heads, c / heads]), [0, 1, 3, 2, 4]),
  );
  const bias = positionBias(p, side, heads, false);
  const attended = f.attention(q, k, v, mask ? f.add(mask, bias) : bias);
  const joined = f.reshape(f.transpose(attended, [0, 1, 3, 2, 4]), [n, count, area, c]);
  return rolled(fromWindows(linear(p.at('proj'), joined, c), side, height, width), -shift);
}

function queriesKeysValues(p: Params, { separate_qkv: separate }: SwinConfig, x: Value): Value[] {
  const c = x.shape[3];
  if (separate) return ['query', 'key', 'value'].map((name) => linear(p.at(name), x, c));
  const together = linear(p.at('qkv'), x, 3 * c);
  return [0, 1, 2].map((i) => f.slice(together, 3, i * c, (i + 1) * c));
}

/** Moved up and to the left, what leaves coming back on the other side. */
function rolled(x: Value, by: number): Value {
  if (by === 0) return x;
  return [1, 2].reduce((y, axis) => {
    const size = y.shape[axis];
    const at = (by + size) % size;
    return f.concat([f.slice(y, axis, at, size), f.slice(y, axis, 0, at)], axis);
  }, x);
}

/** [n,h,w,c] -> [n,windows,side^2,c] */
function intoWindows(x: Value, side: number): Value {
  const [n, h, w, c] = x.shape;
  const cut = f.transpose(f.reshape(x, [n, h / side, side, w / side, side, c]), [0, 1, 3, 2, 4, 5]);
  return f.reshape(cut, [n, numel([h, w]) / side ** 2, side ** 2, c]);
}

function fromWindows(x: Value, side: number, h: number, w: number): Value {
  const [n, , , c] = x.shape;
  const cut = f.reshape(x, [n, h / side, w / side, side, side, c]);
  return f.reshape(f.transpose(cut, [0, 1, 3, 2, 4, 5]), [n, h, w, c]);
}

/** Four neighbours, column by column, become one: [n,h,w,c] -> [n,h/2,w/2,2c] */
function merged(p: Params, x: Value): Value {
  const c = x.shape[3];
  const even = f.pad(x, [0, 0, 0, 0, 0, x.shape[1] % 2, x.shape[2] % 2, 0]);
  const every = (row: number, column: number) =>
    f.slice(f.slice(even, 1, row, even.shape[1], 2), 2, column, even.shape[2], 2);
  const four = f.concat([every(0, 0), every(1, 0), every(0, 1), every(1, 1)], 3);
  return linear(p.at('reduction'), layerNorm(p.at('norm'), four, plainEps), 2 * c, false);
}
