/** Owns the variational autoencoder between pixels and latents: diffusers' AutoencoderKL under its names. */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { configFields, most, ranges } from './config-fields.ts';
import { conv, groupNorm, linear } from './layers.ts';
import { autoencoderFields } from './library-fields.ts';
import type { Params } from './params.ts';
import { type BlockNorm, downsample, resnetBlock, upsample } from './resnet-block.ts';

export interface AutoencoderConfig {
  in_channels: number;
  out_channels: number;
  latent_channels: number;
  block_out_channels: number[];
  layers_per_block: number;
  norm_num_groups: number;
  /** Latents are multiplied by it before diffusion. Old configs leave it out: 0.18215. */
  scaling_factor?: number;
}

/** The fields of an autoencoder's config.json. @throws an error that names the field and what was wanted. */
export function autoencoderKlConfig(json: unknown): AutoencoderConfig {
  const c = configFields(json, 'autoencoder');
  c.refuse(autoencoderFields);
  const channels = c.counts('block_out_channels', most.channels, most.levels);
  for (const name of ['down_block_types', 'up_block_types']) {
    if (c.isList(name) && c.texts(name, most.levels).length !== channels.length) {
      c.fail(name, `one for each of ${channels.length} levels`);
    }
  }
  return {
    in_channels: c.count('in_channels', most.channels, 3),
    out_channels: c.count('out_channels', most.channels, 3),
    latent_channels: c.count('latent_channels', most.channels, 4),
    block_out_channels: channels,
    layers_per_block: c.count('layers_per_block', most.layers, 1),
    norm_num_groups: c.count('norm_num_groups', most.channels, 32),
    scaling_factor: c.number('scaling_factor', ranges.factor, 0.18215),
  };
}

export const scalingFactor = (config: AutoencoderConfig): number => config.scaling_factor ?? 0.18215;
/** Pixels per latent along one side. */
export const downsamplingFactor = (config: AutoencoderConfig): number =>
  2 ** (config.block_out_channels.length - 1);

const normOf = (config: AutoencoderConfig): BlockNorm => ({ groups: config.norm_num_groups, eps: 1e-6 });

/** image f32[n,3,h,w] in -1..1 -> mean and log-variance (clamped to -30..20) f32[n,latent,h/f,w/f], unscaled. */
export function encode(p: Params, config: AutoencoderConfig, image: Value): { mean: Value; logvar: Value } {
  const encoder = p.at('encoder');
  const norm = normOf(config);
  const channels = config.block_out_channels;
  let h = conv(encoder.at('conv_in'), image, channels[0], 3, { padding: 1 });
  channels.forEach((c, level) => {
    const block = encoder.at('down_blocks').at(level);
    for (let i = 0; i < config.layers_per_block; i++)
      h = resnetBlock(block.at('resnets').at(i), h, c, norm, null);
    if (level < channels.length - 1) h = downsample(block.at('downsamplers').at(0), h, 0);
  });
  h = midBlock(encoder.at('mid_block'), h, norm);
  h = f.silu(groupNorm(encoder.at('conv_norm_out'), h, norm.groups, norm.eps));
  h = conv(encoder.at('conv_out'), h, 2 * config.latent_channels, 3, { padding: 1 });
  const moments = conv(p.at('quant_conv'), h, 2 * config.latent_channels, 1);
  const logvar = f.slice(moments, 1, config.latent_channels, 2 * config.latent_channels);
  return {
    mean: f.slice(moments, 1, 0, config.latent_channels),
    logvar: f.minimum(f.maximum(logvar, -30), 20),
  };
}

/** latents f32[n,latent,h,w], already divided by the scaling factor -> image f32[n,3,h*f,w*f], not clamped. */
export function decode(p: Params, config: AutoencoderConfig, latents: Value): Value {
  const decoder = p.at('decoder');
  const norm = normOf(config);
  const channels = [...config.block_out_channels].reverse();
  let h = conv(p.at('post_quant_conv'), latents, config.latent_channels, 1);
  h = conv(decoder.at('conv_in'), h, channels[0], 3, { padding: 1 });
  h = midBlock(decoder.at('mid_block'), h, norm);
  channels.forEach((c, level) => {
    const block = decoder.at('up_blocks').at(level);
    for (let i = 0; i <= config.layers_per_block; i++)
      h = resnetBlock(block.at('resnets').at(i), h, c, norm, null);
    if (level < channels.length - 1) h = upsample(block.at('upsamplers').at(0), h);
  });
  h = f.silu(groupNorm(decoder.at('conv_norm_out'), h, norm.groups, norm.eps));
  return conv(decoder.at('conv_out'), h, config.out_channels, 3, { padding: 1 });
}

function midBlock(p: Params, x: Value, norm: BlockNorm): Value {
  const c = x.shape[1];
  let h = resnetBlock(p.at('resnets').at(0), x, c, norm, null);
  h = selfAttention(p.at('attentions').at(0), h, norm);
  return resnetBlock(p.at('resnets').at(1), h, c, norm, null);
}

/** One head over all positions. Files from before diffusers 0.12 call the projections query, key, value, proj_attn. */
function selfAttention(p: Params, x: Value, norm: BlockNorm): Value {
  const [n, c, height, width] = x.shape;
  const names = p.has('query.weight')
    ? { q: p.at('query'), k: p.at('key'), v: p.at('value'), out: p.at('proj_attn') }
    : { q: p.at('to_q'), k: p.at('to_k'), v: p.at('to_v'), out: p.at('to_out').at(0) };
  return within(p.path, () => {
    const normed = groupNorm(p.at('group_norm'), x, norm.groups, norm.eps);
    const tokens = f.transpose(f.reshape(normed, [n, c, height * width]), [0, 2, 1]);
    const y = f.attention(linear(names.q, tokens, c), linear(names.k, tokens, c), linear(names.v, tokens, c));
    return f.add(x, f.reshape(f.transpose(linear(names.out, y, c), [0, 2, 1]), x.shape));
  });
}
