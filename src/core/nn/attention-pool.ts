/**
 * Owns pooling by attention, as SigLIP has it (Zhai et al. 2023): a learned query looks at all tokens. timm's names, with
 * the query's matrix apart; transformers' are in siglip-vision.ts.
 */
import * as f from '../graph/functions.ts';
import type { Value } from '../graph/value.ts';
import { activations, joinHeads, layerNorm, linear, splitHeads } from './layers.ts';
import type { Params } from './params.ts';

export interface AttentionPoolConfig {
  width: number;
  heads: number;
  mlp_width: number;
  norm_eps?: number; // 1e-6 unless said
  activation?: string; // gelu unless said
}

/** x f32[n,l,width] -> f32[n,width] */
export function attentionPool(p: Params, config: AttentionPoolConfig, x: Value): Value {
  const { width } = config;
  const q = linear(p.at('q'), f.expand(p.get('latent', [1, 1, width]), [x.shape[0], 1, width]), width);
  const both = linear(p.at('kv'), x, 2 * width);
  const [k, v] = [f.slice(both, 2, 0, width), f.slice(both, 2, width, 2 * width)];
  const pooled = linear(p.at('proj'), attended(config, q, k, v), width);
  return withMlp({ norm: p.at('norm'), mlp: p.at('mlp') }, config, pooled);
}

/** q [n,1,width], k and v [n,l,width] -> [n,1,width] */
export function attended({ heads }: AttentionPoolConfig, q: Value, k: Value, v: Value): Value {
  const [a, b, c] = [q, k, v].map((y) => splitHeads(y, heads));
  return joinHeads(f.attention(a, b, c));
}

/** x [n,1,width], with the block behind the attention -> [n,width] */
export function withMlp(at: { norm: Params; mlp: Params }, config: AttentionPoolConfig, x: Value): Value {
  const { width, mlp_width: inner, norm_eps: eps = 1e-6, activation = 'gelu' } = config;
  const wide = activations.get(activation)!(linear(at.mlp.at('fc1'), layerNorm(at.norm, x, eps), inner));
  return f.reshape(f.add(x, linear(at.mlp.at('fc2'), wide, width)), [x.shape[0], width]);
}
