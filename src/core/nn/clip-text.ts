/** Owns CLIP's text tower: transformers' CLIPTextModel under its names (pre-norm, causal mask). */
import * as f from '../graph/functions.ts';
import { constant, type Value, within } from '../graph/value.ts';
import { activations, joinHeads, layerNorm, linear, splitHeads } from './layers.ts';
import type { Params } from './params.ts';

export interface ClipTextConfig {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  max_position_embeddings: number;
  vocab_size: number;
  hidden_act: string;
  layer_norm_eps: number;
}

/** ids i64[n,l] -> the last hidden state f32[n,l,hidden_size], after the final layer norm. */
export function clipText(p: Params, config: ClipTextConfig, ids: Value): Value {
  const table = p.at('text_model').at('embeddings').at('token_embedding');
  return clipTextFromEmbeddings(
    p,
    config,
    f.gather(table.get('weight', [config.vocab_size, config.hidden_size]), ids),
  ).at(-1)!;
}

/**
 * Token embeddings f32[n,l,d], before positions -> all hidden states: after the embeddings, after each block,
 * and last the output after the final layer norm.
 */
export function clipTextFromEmbeddings(p: Params, config: ClipTextConfig, tokens: Value): Value[] {
  const text = p.at('text_model');
  const [, length, width] = tokens.shape;
  const positions = text
    .at('embeddings')
    .at('position_embedding')
    .get('weight', [config.max_position_embeddings, width]);
  if (length > config.max_position_embeddings) {
    throw new Error(
      `${text.path}: ${length} tokens, the model has ${config.max_position_embeddings} positions`,
    );
  }
  const activation = activations[config.hidden_act];
  if (!activation) throw new Error(`${text.path}: activation ${config.hidden_act} is not known`);
  const mask = causalMask(length);
  let h: Value = f.add(tokens, f.slice(positions, 0, 0, length));
  const states = [h];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = text.at('encoder').at('layers').at(i);
    h = within(layer.path, () => {
      const x = layerNorm(layer.at('layer_norm1'), h, config.layer_norm_eps);
      const attn = layer.at('self_attn');
      const heads = (name: string) => splitHeads(linear(attn.at(name), x, width), config.num_attention_heads);
      const attended = joinHeads(f.attention(heads('q_proj'), heads('k_proj'), heads('v_proj'), mask));
      const mid = f.add(h, linear(attn.at('out_proj'), attended, width));
      const inner = linear(
        layer.at('mlp').at('fc1'),
        layerNorm(layer.at('layer_norm2'), mid, config.layer_norm_eps),
        config.intermediate_size,
      );
      return f.add(mid, linear(layer.at('mlp').at('fc2'), activation(inner), width));
    });
    states.push(h);
  }
  return [...states, layerNorm(text.at('final_layer_norm'), h, config.layer_norm_eps)];
}

/** f32[l,l]: 0 on and below the diagonal, a large negative number above. */
function causalMask(length: number): Value {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) mask.fill(-1e9, i * length + i + 1, (i + 1) * length);
  return constant(mask, [length, length]);
}
