/**
 * Owns the noise predictor of Stable Diffusion: diffusers' UNet2DConditionModel for the configs of SD 1.x and
 * 2.x, under its parameter names. `attention_head_dim` in such configs is the NUMBER of heads.
 */
import * as f from '../graph/functions.ts';
import { constant, type Value, within } from '../graph/value.ts';
import { conv, groupNorm, joinHeads, layerNorm, linear, splitHeads } from './layers.ts';
import type { Params } from './params.ts';
import { type BlockNorm, downsample, resnetBlock, upsample } from './resnet-block.ts';

export interface UNetConfig {
  in_channels: number;
  out_channels: number;
  sample_size: number;
  block_out_channels: number[];
  down_block_types: string[];
  up_block_types: string[];
  layers_per_block: number;
  attention_head_dim: number | number[];
  cross_attention_dim: number;
  norm_num_groups: number;
  norm_eps: number;
  flip_sin_to_cos: boolean;
  freq_shift: number;
  downsample_padding: number;
  use_linear_projection?: boolean;
}

export interface UNetInputs {
  /** f32[n,in_channels,h,w], of any size */
  sample: Value;
  /** f32[n] */
  timesteps: Value;
  /** f32[n,tokens,cross_attention_dim] */
  encoderHiddenStates: Value;
}

/** Predicted noise (or velocity) f32[n,out_channels,h,w]. */
export function unet2dCondition(p: Params, config: UNetConfig, inputs: UNetInputs): Value {
  const channels = config.block_out_channels;
  const levels = channels.length;
  const norm: BlockNorm = { groups: config.norm_num_groups, eps: config.norm_eps };
  const heads = (level: number) =>
    typeof config.attention_head_dim === 'number'
      ? config.attention_head_dim
      : config.attention_head_dim[level];
  const context = inputs.encoderHiddenStates;
  const attend = (at: Params, x: Value, level: number) =>
    transformer(at, x, context, heads(level), config.norm_num_groups, config.use_linear_projection ?? false);

  const temb = timeEmbedding(p.at('time_embedding'), inputs.timesteps, config);
  let h: Value = f.checkpoint(conv(p.at('conv_in'), inputs.sample, channels[0], 3, { padding: 1 }));
  const skips: Value[] = [h];

  for (let level = 0; level < levels; level++) {
    const block = p.at('down_blocks').at(level);
    const withAttention = blockHasAttention(config.down_block_types[level], 'Down', block.path);
    for (let i = 0; i < config.layers_per_block; i++) {
      h = resnetBlock(block.at('resnets').at(i), h, channels[level], norm, temb);
      if (withAttention) h = attend(block.at('attentions').at(i), h, level);
      h = f.checkpoint(h);
      skips.push(h);
    }
    if (level < levels - 1) {
      h = f.checkpoint(downsample(block.at('downsamplers').at(0), h, config.downsample_padding));
      skips.push(h);
    }
  }

  const mid = p.at('mid_block');
  h = resnetBlock(mid.at('resnets').at(0), h, channels[levels - 1], norm, temb);
  h = attend(mid.at('attentions').at(0), h, levels - 1);
  h = f.checkpoint(resnetBlock(mid.at('resnets').at(1), h, channels[levels - 1], norm, temb));

  for (let i = 0; i < levels; i++) {
    const level = levels - 1 - i;
    const block = p.at('up_blocks').at(i);
    const withAttention = blockHasAttention(config.up_block_types[i], 'Up', block.path);
    for (let j = 0; j <= config.layers_per_block; j++) {
      const skip = skips.pop()!;
      h = within(block.path, () => f.concat([h, skip], 1));
      h = resnetBlock(block.at('resnets').at(j), h, channels[level], norm, temb);
      if (withAttention) h = attend(block.at('attentions').at(j), h, level);
      h = f.checkpoint(h);
    }
    // To the size of what is joined next: of a size that does not halve evenly, not the double.
    if (i < levels - 1)
      h = f.checkpoint(upsample(block.at('upsamplers').at(0), h, skips.at(-1)!.shape.slice(2)));
  }

  h = f.silu(groupNorm(p.at('conv_norm_out'), h, norm.groups, norm.eps));
  return conv(p.at('conv_out'), h, config.out_channels, 3, { padding: 1 });
}

function blockHasAttention(type: string, direction: 'Down' | 'Up', path: string): boolean {
  if (type === `CrossAttn${direction}Block2D`) return true;
  if (type === `${direction}Block2D`) return false;
  throw new Error(
    `${path}: block type ${type} is not known; CrossAttn${direction}Block2D and ${direction}Block2D are`,
  );
}

/** Sinusoids of t (as in the Transformer), then an MLP: f32[n] -> f32[n,4 c0]. */
function timeEmbedding(p: Params, timesteps: Value, config: UNetConfig): Value {
  const width = config.block_out_channels[0];
  const half = width / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10000) * i) / (half - config.freq_shift)),
  );
  const n = timesteps.shape[0];
  const angles = f.mul(f.reshape(timesteps, [n, 1]), constant(frequencies, [1, half]));
  const [sin, cos] = [f.sin(angles), f.cos(angles)];
  const sinusoids = f.concat(config.flip_sin_to_cos ? [cos, sin] : [sin, cos], 1);
  return linear(p.at('linear_2'), f.silu(linear(p.at('linear_1'), sinusoids, 4 * width)), 4 * width);
}

/** Transformer2DModel with one block: x [n,c,h,w], context [n,m,d] -> [n,c,h,w]. */
function transformer(
  p: Params,
  x: Value,
  context: Value,
  heads: number,
  groups: number,
  linearProjection: boolean,
): Value {
  const [n, c, height, width] = x.shape;
  const toTokens = (v: Value) => f.transpose(f.reshape(v, [n, c, height * width]), [0, 2, 1]);
  const toImage = (v: Value) => f.reshape(f.transpose(v, [0, 2, 1]), [n, c, height, width]);
  const normed = groupNorm(p.at('norm'), x, groups, 1e-6);
  let h = linearProjection
    ? linear(p.at('proj_in'), toTokens(normed), c)
    : toTokens(conv(p.at('proj_in'), normed, c, 1));

  const block = p.at('transformer_blocks').at(0);
  const selfNormed = layerNorm(block.at('norm1'), h);
  h = f.add(h, crossAttention(block.at('attn1'), selfNormed, selfNormed, heads));
  h = f.add(h, crossAttention(block.at('attn2'), layerNorm(block.at('norm2'), h), context, heads));
  h = f.add(h, feedForward(block.at('ff').at('net'), layerNorm(block.at('norm3'), h)));

  const y = linearProjection
    ? toImage(linear(p.at('proj_out'), h, c))
    : conv(p.at('proj_out'), toImage(h), c, 1);
  return f.add(x, y);
}

/** x [n,l,c] attends to context [n,m,d]. */
function crossAttention(p: Params, x: Value, context: Value, heads: number): Value {
  const c = x.shape[2];
  return within(p.path, () => {
    const q = splitHeads(linear(p.at('to_q'), x, c, false), heads);
    const k = splitHeads(linear(p.at('to_k'), context, c, false), heads);
    const v = splitHeads(linear(p.at('to_v'), context, c, false), heads);
    return linear(p.at('to_out').at(0), joinHeads(f.attention(q, k, v)), c);
  });
}

/** GEGLU: the halves a, b of a projection to 8c give a gelu(b); then back to c. */
function feedForward(p: Params, x: Value): Value {
  const c = x.shape[2];
  const h = linear(p.at(0).at('proj'), x, 8 * c);
  const gated = f.mul(f.slice(h, 2, 0, 4 * c), f.geluErf(f.slice(h, 2, 4 * c, 8 * c)));
  return linear(p.at(2), gated, c);
}
