/**
 * Owns BEiT (Bao et al. 2022) under timm's names: a vision transformer with relative positions, whose blocks scale what
 * they add. What transformers names otherwise is in transformers-names.ts.
 */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { activations, joinHeads, layerNorm, linear, patchTokens, splitHeads } from './layers.ts';
import type { Params } from './params.ts';
import { positionBias } from './relative-positions.ts';
import type { VisionOutput } from './vision-output.ts';

export interface BeitConfig {
  image_size: number;
  patch_size: number;
  width: number;
  depth: number;
  heads: number;
  mlp_width: number;
  activation: string;
  norm_eps: number;
  layer_scale: boolean;
  /** Whether tokens have positions of their own. */
  absolute: boolean;
  /** Where relative positions are: in each block, in one place for all, or nowhere. */
  relative: 'each' | 'shared' | 'none';
  /** Whether queries, keys and values have a matrix each; keys have no bias in either case. */
  separate_qkv: boolean;
  /** The mean of the patches, normalised behind it, or the class token. */
  pooling: 'patches' | 'class';
  /** null: it has no last layer. */
  num_classes: number | null;
}

/** image f32[n,3,image_size,image_size], normalised -> f32[n,width] and logits. */
export function beit(p: Params, config: BeitConfig, image: Value): VisionOutput {
  const { width, heads, norm_eps: eps, num_classes: classes } = config;
  const patches = patchTokens(p.at('patch_embed').at('proj'), image, width, config, true);
  const [n, count] = patches.shape;
  const side = Math.sqrt(count);
  let h = f.concat([f.expand(p.get('cls_token', [1, 1, width]), [n, 1, width]), patches], 1);
  if (config.absolute) h = f.add(h, p.get('pos_embed', [1, count + 1, width]));
  const shared =
    config.relative === 'shared' ? positionBias(p.at('rel_pos_bias'), side, heads, true) : undefined;
  for (let i = 0; i < config.depth; i++) {
    const at = p.at('blocks').at(i);
    const bias = config.relative === 'each' ? positionBias(at.at('attn'), side, heads, true) : shared;
    h = f.checkpoint(within(at.path, () => block(at, config, h, bias)));
  }
  const features =
    config.pooling === 'patches'
      ? layerNorm(p.at('fc_norm'), f.reshape(f.mean(f.slice(h, 1, 1, count + 1), [1]), [n, width]), eps)
      : layerNorm(p.at('norm'), f.reshape(f.slice(h, 1, 0, 1), [n, width]), eps);
  return { features, logits: classes === null ? null : linear(p.at('head'), features, classes) };
}

function block(p: Params, config: BeitConfig, x: Value, bias: Value | undefined): Value {
  const { width, heads, norm_eps: eps } = config;
  const scaled = (name: string, y: Value) => (config.layer_scale ? f.mul(y, p.get(name, [width])) : y);
  const attention = p.at('attn');
  const [q, k, v] = queriesKeysValues(attention, config, layerNorm(p.at('norm1'), x, eps)).map((y) =>
    splitHeads(y, heads),
  );
  const h = f.add(
    x,
    scaled('gamma_1', linear(attention.at('proj'), joinHeads(f.attention(q, k, v, bias)), width)),
  );
  const mlp = p.at('mlp');
  const wide = linear(mlp.at('fc1'), layerNorm(p.at('norm2'), h, eps), config.mlp_width);
  return f.add(h, scaled('gamma_2', linear(mlp.at('fc2'), activations.get(config.activation)!(wide), width)));
}

function queriesKeysValues(p: Params, { width, separate_qkv: separate }: BeitConfig, x: Value): Value[] {
  if (separate) return ['query', 'key', 'value'].map((name) => linear(p.at(name), x, width, name !== 'key'));
  const together = linear(p.at('qkv'), x, 3 * width, false);
  const [q, k, v] = [0, 1, 2].map((i) => f.slice(together, 2, i * width, (i + 1) * width));
  return [f.add(q, p.get('q_bias', [width])), k, f.add(v, p.get('v_bias', [width]))];
}
