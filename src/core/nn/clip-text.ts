/** Owns CLIP's text tower: transformers' CLIPTextModel under its names (pre-norm, causal mask). */
import * as f from '../graph/functions.ts';
import { constant, type Value } from '../graph/value.ts';
import { type ClipEncoderConfig, clipEncoder, clipEncoderConfig } from './clip-encoder.ts';
import { configFields, most } from './config-fields.ts';
import { layerNorm } from './layers.ts';
import { clipTextFields } from './library-fields.ts';
import type { Params } from './params.ts';

export interface ClipTextConfig extends ClipEncoderConfig {
  max_position_embeddings: number;
  vocab_size: number;
}

/** The fields of a text encoder's config.json. @throws an error that names the field and what was wanted. */
export function clipTextConfig(json: unknown): ClipTextConfig {
  const c = configFields(json, 'text encoder');
  c.refuse(clipTextFields);
  return {
    ...clipEncoderConfig(c),
    max_position_embeddings: c.count('max_position_embeddings', most.tokens, 77),
    vocab_size: c.count('vocab_size', most.vocabulary, 49408),
  };
}

/**
 * ids i64[n,l] -> the last hidden state f32[n,l,hidden_size], after the final layer norm.
 * @param learned f32[m,hidden_size] embeddings of further tokens, whose ids go on after the vocabulary.
 * @param clipSkip which layer's state that norm is given, from the end: 1 the last; null: the model's own.
 */
export function clipText(
  p: Params,
  config: ClipTextConfig,
  ids: Value,
  learned?: Value | null,
  clipSkip: number | null = null,
): Value {
  const own = p
    .at('text_model')
    .at('embeddings')
    .at('token_embedding')
    .get('weight', [config.vocab_size, config.hidden_size]);
  const table = learned ? f.concat([own, learned], 0) : own;
  const states = clipTextFromEmbeddings(p, config, f.gather(table, ids));
  if (clipSkip === null || clipSkip === 1) return states.at(-1)!;
  if (clipSkip > config.num_hidden_layers)
    throw new Error(
      `CLIP skip ${clipSkip}: the text encoder has ${config.num_hidden_layers} layers; expected 1 (the last) to ${config.num_hidden_layers}`,
    );
  const state = states.at(-1 - clipSkip)!;
  return layerNorm(p.at('text_model').at('final_layer_norm'), state, config.layer_norm_eps);
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
  const start = f.add(tokens, f.slice(positions, 0, 0, length));
  const states = clipEncoder(text.at('encoder'), config, start, causalMask(length));
  return [...states, layerNorm(text.at('final_layer_norm'), states.at(-1)!, config.layer_norm_eps)];
}

/** f32[l,l]: 0 on and below the diagonal, a large negative number above. */
function causalMask(length: number): Value {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) mask.fill(-1e9, i * length + i + 1, (i + 1) * length);
  return constant(mask, [length, length]);
}
