/** Owns the transformer that CLIP's two towers share: pre-norm blocks under transformers' names. */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { type ConfigFields, most, ranges } from './config-fields.ts';
import { activations, joinHeads, layerNorm, linear, splitHeads } from './layers.ts';
import type { Params } from './params.ts';

export interface ClipEncoderConfig {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  hidden_act: string;
  layer_norm_eps: number;
}

/** The fields that both towers have. */
export function clipEncoderConfig(c: ConfigFields): ClipEncoderConfig {
  c.only('hidden_act', ...activations.keys());
  const config = {
    hidden_size: c.count('hidden_size', most.channels),
    intermediate_size: c.count('intermediate_size', most.channels),
    num_hidden_layers: c.count('num_hidden_layers', most.layers),
    num_attention_heads: c.count('num_attention_heads', most.heads),
    hidden_act: c.text('hidden_act', 'quick_gelu'),
    layer_norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-5),
  };
  if (config.hidden_size % config.num_attention_heads !== 0) {
    c.fail('num_attention_heads', `a number that divides the width ${config.hidden_size}`);
  }
  return config;
}

/** x f32[n,l,hidden_size], mask broadcast to [l,l] -> x itself, and what each block makes of it. */
export function clipEncoder(p: Params, config: ClipEncoderConfig, x: Value, mask?: Value): Value[] {
  const activation = activations.get(config.hidden_act)!;
  if (!activation) throw new Error(`${p.path}: activation ${config.hidden_act} is not known`);
  const states = [x];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = p.at('layers').at(i);
    states.push(within(layer.path, () => block(layer, config, states[i], activation, mask)));
  }
  return states;
}

function block(
  p: Params,
  config: ClipEncoderConfig,
  x: Value,
  activation: (x: Value) => Value,
  mask: Value | undefined,
): Value {
  const { hidden_size: width, num_attention_heads: count, layer_norm_eps: eps } = config;
  const attention = p.at('self_attn');
  const normed = layerNorm(p.at('layer_norm1'), x, eps);
  const heads = (name: string) => splitHeads(linear(attention.at(name), normed, width), count);
  const attended = f.attention(heads('q_proj'), heads('k_proj'), heads('v_proj'), mask);
  const h = f.add(x, linear(attention.at('out_proj'), joinHeads(attended), width));
  const mlp = p.at('mlp');
  const inner = linear(mlp.at('fc1'), layerNorm(p.at('layer_norm2'), h, eps), config.intermediate_size);
  return f.add(h, linear(mlp.at('fc2'), activation(inner), width));
}
