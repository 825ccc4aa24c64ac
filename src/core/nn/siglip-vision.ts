/** Owns SigLIP's image tower (Zhai et al. 2023) under transformers' names: CLIP's blocks, without a class token. */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { type AttentionPoolConfig, attended, withMlp } from './attention-pool.ts';
import { type ClipEncoderConfig, clipEncoder } from './clip-encoder.ts';
import { layerNorm, linear, patchTokens } from './layers.ts';
import type { Params } from './params.ts';

export interface SiglipVisionConfig extends ClipEncoderConfig {
  image_size: number;
  patch_size: number;
}

/** image f32[n,3,image_size,image_size], normalised -> f32[n,hidden_size], not of unit length. */
export function siglipVision(p: Params, config: SiglipVisionConfig, image: Value): Value {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const at = p.at('embeddings');
  const patches = patchTokens(at.at('patch_embedding'), image, width, config, true);
  const start = f.add(patches, at.at('position_embedding').get('weight', [patches.shape[1], width]));
  const states = clipEncoder(p.at('encoder'), config, start);
  return pooled(p.at('head'), config, layerNorm(p.at('post_layernorm'), states.at(-1)!, eps));
}

/** PyTorch's MultiheadAttention: queries, keys and values share a matrix. */
function pooled(p: Params, config: SiglipVisionConfig, x: Value): Value {
  const { hidden_size: width } = config;
  const own: AttentionPoolConfig = {
    width,
    heads: config.num_attention_heads,
    mlp_width: config.intermediate_size,
    norm_eps: config.layer_norm_eps,
    activation: config.hidden_act,
  };
  const attention = p.at('attention');
  return within(attention.path, () => {
    const weight = attention.get('in_proj_weight', [3 * width, width]);
    const bias = attention.get('in_proj_bias', [3 * width]);
    const part = (y: Value, i: number) =>
      f.linear(
        y,
        f.slice(weight, 0, i * width, (i + 1) * width),
        f.slice(bias, 0, i * width, (i + 1) * width),
      );
    const probe = f.expand(p.get('probe', [1, 1, width]), [x.shape[0], 1, width]);
    const y = linear(attention.at('out_proj'), attended(own, part(probe, 0), part(x, 1), part(x, 2)), width);
    return withMlp({ norm: p.at('layernorm'), mlp: p.at('mlp') }, own, y);
  });
}
