/**
 * Owns the noise predictor of Stable Diffusion: diffusers' UNet2DConditionModel for the configs of SD 1.x and
 * 2.x, under its parameter names. `attention_head_dim` in such configs is the NUMBER of heads.
 */
import * as f from '../graph/functions.ts';
import { constant, type Value, within } from '../graph/value.ts';
import { configFields, most, ranges } from './config-fields.ts';
import { conv, groupNorm, joinHeads, layerNorm, linear, splitHeads } from './layers.ts';
import { unetFields } from './library-fields.ts';
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
  /** Attention in single precision where the rest is in half: its products grow too large in some networks (SD 2.1). */
  upcast_attention?: boolean;
  /** Width of the embedded timestep; absent: four times the first level's. */
  time_embedding_dim?: number;
  /** Width of the guidance embedding of a network that takes its guidance scale as an input (LCM); absent: of none. */
  time_cond_proj_dim?: number;
}

/** Whether the guidance scale is an input of the network, as distillation leaves it; others are guided by a comparison. */
export const takesGuidance = (config: Pick<UNetConfig, 'time_cond_proj_dim'>): boolean =>
  config.time_cond_proj_dim !== undefined;

/**
 * The fields of a U-Net's config.json. Those that diffusers reads and this network does not compute must have the
 * value that leaves them out. @throws an error that names the field, what it is and what was wanted.
 */
export function unet2dConditionConfig(json: unknown): UNetConfig {
  const c = configFields(json, 'U-Net');
  c.refuse(unetFields);
  c.only('downsample_padding', 0, 1);
  const channels = c.counts('block_out_channels', most.channels, most.levels);
  const freqShift = c.number('freq_shift', ranges.share, 0);
  if (Math.floor(channels[0] / 2) <= freqShift) c.fail('block_out_channels', 'a first width of at least 4');
  const same = (name: string, atMost: number): number => {
    const list = c.isList(name) ? c.counts(name, atMost, most.levels) : [c.count(name, atMost)];
    return list.every((v) => v === list[0]) ? list[0] : c.fail(name, 'the same number for every block');
  };
  const perLevel = <T>(name: string, list: T[]): T[] =>
    list.length === channels.length ? list : c.fail(name, `one for each of ${channels.length} levels`);
  const blockTypes = (name: string, direction: 'Down' | 'Up'): string[] => {
    c.only(name, `CrossAttn${direction}Block2D`, `${direction}Block2D`);
    return perLevel(name, c.texts(name, most.levels));
  };
  const heads = c.isList('attention_head_dim')
    ? perLevel('attention_head_dim', c.counts('attention_head_dim', most.heads, most.levels))
    : c.count('attention_head_dim', most.heads, 8);
  channels.forEach((width, level) => {
    const count = typeof heads === 'number' ? heads : heads[level];
    if (width % count !== 0)
      c.fail('attention_head_dim', `a number of heads that divides the width ${width}`);
  });
  return {
    in_channels: c.count('in_channels', most.channels, 4),
    out_channels: c.count('out_channels', most.channels, 4),
    sample_size: c.count('sample_size', most.pixels),
    block_out_channels: channels,
    down_block_types: blockTypes('down_block_types', 'Down'),
    up_block_types: blockTypes('up_block_types', 'Up'),
    layers_per_block: same('layers_per_block', most.layers),
    attention_head_dim: heads,
    cross_attention_dim: same('cross_attention_dim', most.channels),
    norm_num_groups: c.count('norm_num_groups', most.channels, 32),
    norm_eps: c.number('norm_eps', ranges.epsilon, 1e-5),
    flip_sin_to_cos: c.flag('flip_sin_to_cos', true),
    freq_shift: freqShift,
    downsample_padding: c.number('downsample_padding', ranges.share, 1),
    use_linear_projection: c.flag('use_linear_projection', false),
    ...(c.flag('upcast_attention', false) && { upcast_attention: true }),
    time_embedding_dim: c.optionalCount('time_embedding_dim', most.channels),
    time_cond_proj_dim: c.optionalCount('time_cond_proj_dim', most.channels),
  };
}

export interface UNetInputs {
  /** f32[n,in_channels,h,w], of any size */
  sample: Value;
  /** f32[n] */
  timesteps: Value;
  /** f32[n,tokens,cross_attention_dim] */
  encoderHiddenStates: Value;
  /** f32[n,time_cond_proj_dim], from guidanceEmbedding. Left out: guidance is not told, as in training. */
  timestepCond?: Value;
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
  const attend = (at: Params, x: Value, level: number) => transformer(at, x, context, heads(level), config);

  const temb = timeEmbedding(p.at('time_embedding'), inputs, config);
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

/** Sinusoids of t (as in the Transformer) and what is added to them, then an MLP: f32[n] -> f32[n,time_embedding_dim]. */
function timeEmbedding(p: Params, { timesteps, timestepCond }: UNetInputs, config: UNetConfig): Value {
  const width = config.block_out_channels[0];
  const out = config.time_embedding_dim ?? 4 * width;
  const half = Math.floor(width / 2);
  // Rounded at each step as diffusers does: at a timestep of 981 the last bit of a frequency shows.
  const { fround } = Math;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(fround(fround(-fround(Math.log(10000)) * i) / (half - config.freq_shift))),
  );
  const n = timesteps.shape[0];
  const angles = f.mul(f.reshape(timesteps, [n, 1]), constant(frequencies, [1, half]));
  const [sin, cos] = [f.sin(angles), f.cos(angles)];
  const waves = config.flip_sin_to_cos ? [cos, sin] : [sin, cos];
  if (width % 2 === 1) waves.push(f.expand(constant([0], [1, 1]), [n, 1]));
  const sinusoids = f.concat(waves, 1);
  const told = timestepCond
    ? f.add(sinusoids, linear(p.at('cond_proj'), timestepCond, width, false))
    : sinusoids;
  return linear(p.at('linear_2'), f.silu(linear(p.at('linear_1'), told, out)), out);
}

/** Transformer2DModel with one block: x [n,c,h,w], context [n,m,d] -> [n,c,h,w]. */
function transformer(p: Params, x: Value, context: Value, heads: number, config: UNetConfig): Value {
  const {
    norm_num_groups: groups,
    use_linear_projection: linearProjection,
    upcast_attention: upcast,
  } = config;
  const [n, c, height, width] = x.shape;
  const toTokens = (v: Value) => f.transpose(f.reshape(v, [n, c, height * width]), [0, 2, 1]);
  const toImage = (v: Value) => f.reshape(f.transpose(v, [0, 2, 1]), [n, c, height, width]);
  const normed = groupNorm(p.at('norm'), x, groups, 1e-6);
  let h = linearProjection
    ? linear(p.at('proj_in'), toTokens(normed), c)
    : toTokens(conv(p.at('proj_in'), normed, c, 1));

  const block = p.at('transformer_blocks').at(0);
  const selfNormed = layerNorm(block.at('norm1'), h);
  h = f.add(h, crossAttention(block.at('attn1'), selfNormed, selfNormed, heads, upcast));
  h = f.add(h, crossAttention(block.at('attn2'), layerNorm(block.at('norm2'), h), context, heads, upcast));
  h = f.add(h, feedForward(block.at('ff').at('net'), layerNorm(block.at('norm3'), h)));

  const y = linearProjection
    ? toImage(linear(p.at('proj_out'), h, c))
    : conv(p.at('proj_out'), toImage(h), c, 1);
  return f.add(x, y);
}

/** x [n,l,c] attends to context [n,m,d]. */
function crossAttention(p: Params, x: Value, context: Value, heads: number, upcast?: boolean): Value {
  const c = x.shape[2];
  return within(p.path, () => {
    const q = splitHeads(linear(p.at('to_q'), x, c, false), heads);
    const k = splitHeads(linear(p.at('to_k'), context, c, false), heads);
    const v = splitHeads(linear(p.at('to_v'), context, c, false), heads);
    return linear(p.at('to_out').at(0), joinHeads(f.attention(q, k, v, undefined, { upcast })), c);
  });
}

/** GEGLU: the halves a, b of a projection to 8c give a gelu(b); then back to c. */
function feedForward(p: Params, x: Value): Value {
  const c = x.shape[2];
  const h = linear(p.at(0).at('proj'), x, 8 * c);
  const gated = f.mul(f.slice(h, 2, 0, 4 * c), f.geluErf(f.slice(h, 2, 4 * c, 8 * c)));
  return linear(p.at(2), gated, c);
}
