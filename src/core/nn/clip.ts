/**
 * Owns CLIP whole (Radford et al. 2021): both towers with the projections into the space that they share, transformers'
 * CLIPModel under its names, and the loss that it is trained by.
 */
import * as f from '../graph/functions.ts';
import { sameShape, type Value } from '../graph/value.ts';
import { type ClipTextConfig, clipText, clipTextConfig } from './clip-text.ts';
import { type ClipVisionConfig, clipTowerFields, clipVisionConfig } from './clip-vision.ts';
import { configFields, most } from './config-fields.ts';
import { linear } from './layers.ts';
import type { Params } from './params.ts';

export interface ClipConfig {
  text: ClipTextConfig;
  vision: ClipVisionConfig;
  /** Id of the token at which a text's embedding is read, where it is first; null: at the highest id. */
  endToken: number | null;
}

/**
 * The id that configs had before transformers told the end by its id; the published ones still have it. It means the
 * highest id of a text, which is the end's in CLIP's own vocabulary.
 */
const HIGHEST_ID = 2;

/** @throws an error that names the field and what was expected. */
export function clipConfig(json: unknown): ClipConfig {
  const vision = clipVisionConfig(json);
  const fields = clipTowerFields(json, 'text');
  const end = configFields(fields, 'CLIP text').integer('eos_token_id', [0, most.vocabulary]);
  return { vision, text: clipTextConfig(fields), endToken: end === HIGHEST_ID ? null : end };
}

/** Place of the token at which the embedding is read; -1: the text has none. */
export const endOf = ({ endToken }: ClipConfig, ids: Int32Array): number =>
  ids.indexOf(endToken ?? ids.reduce((a, b) => Math.max(a, b)));

/**
 * ids i64[n,l] -> f32[n,projection_dim], not of unit length.
 * @param rows i64[n]: `endOf` each text, counted through the tokens of all texts.
 */
export function clipTextEmbedding(p: Params, config: ClipConfig, ids: Value, rows: Value): Value {
  const states = clipText(p, config.text, ids);
  const pooled = f.gather(f.reshape(states, [-1, config.text.hidden_size]), rows);
  return linear(p.at('text_projection'), pooled, config.vision.projection_dim, false);
}

/**
 * What `clipTextEmbedding` is fed: the ids of all texts, i64[n,l], and the place of each end among them, i64[n].
 * @param texts ids as the tokenizer gives them, each of the model's l tokens.
 */
export function clipTextFeeds(config: ClipConfig, texts: readonly Int32Array[]) {
  const length = config.text.max_position_embeddings;
  const ids = new BigInt64Array(texts.length * length);
  const rows = new BigInt64Array(texts.length);
  for (const [i, own] of texts.entries()) {
    ids.set(Array.from(own, BigInt), i * length);
    rows[i] = BigInt(i * length + endOf(config, own));
  }
  return { ids: { dims: [texts.length, length], data: ids }, rows: { dims: [texts.length], data: rows } };
}

/**
 * InfoNCE both ways (Radford et al. 2021, figure 3), a scalar: mean of image to text and text to image.
 * @param scale logarithm of the factor on cosines, a scalar: `logit_scale`.
 * @param targets f32[n,n], symmetric, each row sums to 1: the identity; where texts are alike, their images share the row.
 */
export function contrastiveLoss(images: Value, texts: Value, scale: Value, targets: Value): Value {
  if (images.shape.length !== 2 || !sameShape(images.shape, texts.shape))
    throw new Error(
      `contrastive loss: images [${images.shape}], texts [${texts.shape}], expected twice [n,dim]`,
    );
  const cosines = f.matmul(f.l2Normalize(images, 1), f.swapLast(f.l2Normalize(texts, 1)));
  const logits = f.mul(cosines, f.exp(scale));
  return f.mul(f.add(f.crossEntropy(logits, targets), f.crossEntropy(f.swapLast(logits), targets)), 0.5);
}
