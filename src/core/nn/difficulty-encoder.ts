/**
 * Owns the difficulty encoder of difficulty-controlled diffusion: an MLP over class label and difficulty score
 * whose output is appended to the text states as conditioning tokens, h = E([y] (+) [s]).
 *
 * The paper fixes only that it is an MLP over the concatenation, trained from scratch with the LoRA. Sizes,
 * activation, label encoding and the null token for guidance are this project's choices (docs/decisions).
 */
import * as f from '../graph/functions.ts';
import { constant, type Value } from '../graph/value.ts';
import { layerNorm, linear } from './layers.ts';
import type { Params } from './params.ts';

export interface DifficultyEncoderConfig {
  classes: number;
  /** Width of the text states. */
  width: number;
  tokens: number;
  /** Width of the MLP's hidden layers, and of a learned label. */
  hidden: number;
  /** Hidden layers of the MLP, at least 1. */
  depth: number;
  labelEncoding: 'one-hot' | 'embedding';
  /** What the MLP reads of the score: see `readScore`. */
  scoreFeatures: 'raw' | 'fourier';
  /** Frequencies of Fourier features, at least 1; raw features have none. */
  frequencies: number;
  /** Append to the text states, or overwrite their last positions (for graphs of fixed length). */
  placement: 'append' | 'overwrite';
  /** Layer norm over each encoded token, as the text encoder ends in one: tokens are as large as text states from the start. */
  tokenNorm: boolean;
}

export interface DifficultyInputs {
  /** one-hot class f32[n,classes] */
  label: Value;
  /** difficulty in [0,1], f32[n,1] */
  difficulty: Value;
  /** 1: use the encoded token, 0: the learned null token; f32[n,1] */
  keep: Value;
}

/** Conditioning tokens f32[n,tokens,width]. Layers are named as in a PyTorch Sequential with activations between. */
export function difficultyEncoder(p: Params, config: DifficultyEncoderConfig, x: DifficultyInputs): Value {
  const n = x.label.shape[0];
  const label =
    config.labelEncoding === 'embedding'
      ? f.matmul(x.label, p.at('label_embedding').get('weight', [config.classes, config.hidden]))
      : x.label;
  let h = f.concat([label, readScore(x.difficulty, config)], 1);
  for (let layer = 0; layer < config.depth; layer++) {
    h = f.silu(linear(p.at('mlp').at(2 * layer), h, config.hidden));
  }
  const { tokens, width } = config;
  const flat = linear(p.at('mlp').at(2 * config.depth), h, tokens * width);
  const shaped = f.reshape(flat, [n, tokens, width]);
  const encoded = config.tokenNorm ? layerNorm(p.at('norm'), shaped) : shaped;
  const none = f.reshape(p.get('null_token', [1, tokens * width]), [1, tokens, width]);
  const keep = f.reshape(x.keep, [n, 1, 1]);
  return f.add(f.mul(keep, encoded), f.mul(f.sub(1, keep), none));
}

/**
 * s f32[n,1] -> f32[n,1], the centred score 2s - 1, or f32[n,1+2k], that and sin(j pi s), cos(j pi s) for j = 1..k.
 * Harmonics of half a period over [0,1] let a small MLP bend within the range (Tancik et al. 2020, "Fourier features
 * let networks learn high frequency functions"): the more, the finer, and the more easily noise in the scores is learned.
 */
export function readScore(
  s: Value,
  { scoreFeatures, frequencies }: Pick<DifficultyEncoderConfig, 'scoreFeatures' | 'frequencies'>,
): Value {
  const centred = f.sub(f.mul(s, 2), 1);
  if (scoreFeatures === 'raw') return centred;
  const harmonics = Array.from({ length: frequencies }, (_, i) => f.mul(s, constant((i + 1) * Math.PI)));
  return f.concat([centred, ...harmonics.flatMap((angle) => [f.sin(angle), f.cos(angle)])], 1);
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
