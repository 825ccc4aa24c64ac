/**
 * Owns ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s") and ConvNeXt V2 (Woo et al. 2023, with global response
 * normalisation) under timm's names. What transformers names otherwise is in transformers-names.ts.
 */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import {
  activations,
  channelNorm,
  channelsFirst,
  channelsLast,
  conv,
  layerNorm,
  linear,
  pooledMaps,
} from './layers.ts';
import type { Params } from './params.ts';
import type { VisionOutput } from './vision-output.ts';

export interface ConvnextConfig {
  patch_size: number;
  widths: readonly number[]; // of each stage
  depths: readonly number[]; // blocks of each stage
  activation: string;
  /** Axes of the weights by which blocks scale what they add, channel by channel; null: they do not. */
  layer_scale: 1 | 3 | null;
  /** Axes of the weights of global response normalisation, null: without (version 1). */
  grn: 1 | 4 | null;
  /** Whether the two products of a block are stored as 1x1 convolutions. */
  conv_mlp: boolean;
  norm_eps: number;
  /** Of the norm behind the pooling. */
  head_eps: number;
  /** null: it has no last layer. */
  num_classes: number | null;
}

const kernel = 7;

/** image f32[n,c,h,w], normalised -> f32[n,widths.at(-1)] and logits. */
export function convnext(p: Params, config: ConvnextConfig, image: Value): VisionOutput {
  const { patch_size: patch, widths, norm_eps: eps, num_classes: classes } = config;
  const stem = p.at('stem');
  let h = channelNorm(stem.at(1), conv(stem.at(0), image, widths[0], patch, { stride: patch }), eps);
  config.depths.forEach((depth, i) => {
    const stage = p.at('stages').at(i);
    const down = stage.at('downsample');
    if (i > 0) h = conv(down.at(1), channelNorm(down.at(0), h, eps), widths[i], 2, { stride: 2 });
    for (let k = 0; k < depth; k++) h = f.checkpoint(block(stage.at('blocks').at(k), config, h));
  });
  const features = layerNorm(p.at('head').at('norm'), pooledMaps(h), config.head_eps);
  return { features, logits: classes === null ? null : linear(p.at('head').at('fc'), features, classes) };
}

function block(p: Params, config: ConvnextConfig, x: Value): Value {
  const width = x.shape[1];
  const own = conv(p.at('conv_dw'), x, width, kernel, { padding: (kernel - 1) / 2, groups: width });
  const mlp = p.at('mlp');
  let h = layerNorm(p.at('norm'), channelsLast(own), config.norm_eps);
  h = activations.get(config.activation)!(product(mlp.at('fc1'), config, h, 4 * width));
  if (config.grn !== null) h = globalResponseNorm(mlp.at('grn'), h, config.grn);
  h = product(mlp.at('fc2'), config, h, width);
  const { layer_scale: axes } = config;
  if (axes !== null) h = f.mul(h, f.reshape(p.get('gamma', axes === 1 ? [width] : [width, 1, 1]), [width]));
  return f.add(x, channelsFirst(h));
}

/** x [n,h,w,in] -> [n,h,w,out] */
function product(p: Params, { conv_mlp: asConv }: ConvnextConfig, x: Value, out: number): Value {
  if (!asConv) return linear(p, x, out);
  return within(p.path, () => {
    const weight = f.reshape(p.get('weight', [out, x.shape[3], 1, 1]), [out, x.shape[3]]);
    return f.linear(x, weight, p.get('bias', [out]));
  });
}

/** x [n,h,w,c]: each channel by its length over the positions, relative to the mean of all lengths (equations 1-3). */
function globalResponseNorm(p: Params, x: Value, axes: 1 | 4): Value {
  const c = x.shape[3];
  const shape = axes === 1 ? [c] : [1, 1, 1, c];
  return within(p.path, () => {
    // A channel that is zero everywhere has no direction to change in: the bound stops its gradient.
    const lengths = f.sqrt(f.maximum(f.sum(f.mul(x, x), [1, 2]), 1e-24));
    const relative = f.div(lengths, f.add(f.mean(lengths, [3]), 1e-6));
    const scaled = f.mul(f.mul(x, relative), p.get('weight', shape));
    return f.add(x, f.add(scaled, p.get('bias', shape)));
  });
}
