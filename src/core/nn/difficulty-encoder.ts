/**
 * Owns the difficulty encoder of difficulty-controlled diffusion: an MLP over class label and difficulty score
 * whose output is appended to the text states as conditioning tokens, h = E([y] (+) [s]).
 *
 * The paper fixes only that it is an MLP over the concatenation, trained from scratch with the LoRA. Sizes,
 * activation, label encoding and the null token for guidance are this project's choices (docs/decisions).
 */
import * as f from '../graph/functions.ts';
import { constant, type Value } from '../graph/value.ts';
import { linear } from './layers.ts';
import type { Params } from './params.ts';

export interface DifficultyEncoderConfig {
  classes: number;
  /** Width of the text states. */
  width: number;
  tokens: number;
  hidden: number;
  labelEncoding: 'one-hot' | 'embedding';
  /** Append to the text states, or overwrite their last positions (for graphs of fixed length). */
  placement: 'append' | 'overwrite';
}

export interface DifficultyInputs {
  /** one-hot class f32[n,classes] */
  label: Value;
  /** difficulty in [0,1], f32[n,1] */
  difficulty: Value;
  /** 1: use the encoded token, 0: the learned null token; f32[n,1] */
  keep: Value;
}

/** Conditioning tokens f32[n,tokens,width]. */
export function difficultyEncoder(p: Params, config: DifficultyEncoderConfig, x: DifficultyInputs): Value {
  const n = x.label.shape[0];
  const label =
    config.labelEncoding === 'embedding'
      ? f.matmul(x.label, p.at('label_embedding').get('weight', [config.classes, config.hidden]))
      : x.label;
  const features = f.concat([label, scoreFeatures(x.difficulty)], 1);
  let h = f.silu(linear(p.at('mlp').at(0), features, config.hidden));
  h = f.silu(linear(p.at('mlp').at(2), h, config.hidden));
  const encoded = linear(p.at('mlp').at(4), h, config.tokens * config.width);
  const none = p.get('null_token', [1, config.tokens * config.width]);
  const mixed = f.add(f.mul(x.keep, encoded), f.mul(f.sub(1, x.keep), none));
  return f.reshape(mixed, [n, config.tokens, config.width]);
}

/** s -> [2s - 1, sin(pi s), cos(pi s)]: centred, with two smooth non-linear readings. */
function scoreFeatures(s: Value): Value {
  const angle = f.mul(s, constant(Math.PI));
  return f.concat([f.sub(f.mul(s, 2), 1), f.sin(angle), f.cos(angle)], 1);
}

/** text f32[n,l,d] with the difficulty tokens: [n,l+k,d] appended, [n,l,d] overwritten. */
export function placeTokens(
  text: Value,
  tokens: Value,
  placement: DifficultyEncoderConfig['placement'],
): Value {
  const length = text.shape[1];
  const kept = placement === 'append' ? text : f.slice(text, 1, 0, length - tokens.shape[1]);
  return f.concat([kept, tokens], 1);
}
