/** Owns what the engine asks of anything that turns pictures into features, and of a CLIP texts as well. */
import { createHash } from 'node:crypto';
import type { Preprocessing } from '../../core/images/preprocessing.ts';

/** What reads texts into the space of the images' features. */
export interface TextTower {
  /** The model's own factor on cosines before a softmax. */
  logitScale: number;
  /** f32[texts,dim], not of unit length. What is too long for the model is cut at its end. */
  embed(texts: readonly string[]): Promise<Float32Array>;
}

export interface ImageEncoder {
  name: string;
  /** What its features depend on, see `featuresHash`: features and scores are stored under it. */
  hash: string;
  /** What becomes of a picture before `run`, which wants its size. */
  preprocessing: Preprocessing;
  dim: number;
  /** Class names behind `logits`; null when the model is no classifier or has no label file. */
  labels: readonly string[] | null;
  /** pixels: u8[n,height,width,3] RGB -> features f32[n,dim], logits f32[n,labels] where there are any. */
  run(pixels: Uint8Array, n: number): Promise<{ features: Float32Array; logits: Float32Array | null }>;
  /** Why, where it reads no texts. */
  text: TextTower | string;
  close(): Promise<void>;
}

/** @param use of texts, as errors call it. @throws with what is needed where the model reads none. */
export function textTowerOf({ name, text }: Pick<ImageEncoder, 'name' | 'text'>, use: string): TextTower {
  if (typeof text !== 'string') return text;
  throw new Error(
    `model ${name}: ${text}. ${use} needs a CLIP that reads both images and texts: choose builtin:clip, or add the folder of one as transformers saves it (config.json of model_type clip, model.safetensors, preprocessor_config.json, and tokenizer.json or vocab.json with merges.txt; OpenAI's ViT-B/32 for example) with crux models add FOLDER or under Settings`,
  );
}

/**
 * What a model's features depend on: its weights, and how its images are prepared. Earlier versions of Crux stored them
 * under the weights alone: those are found no more, and computed again.
 */
export const featuresHash = (weights: string, preprocessing: Preprocessing): string =>
  createHash('sha256')
    .update(`${weights} ${canonical(preprocessing)}`)
    .digest('hex');

/** The same text whatever order the fields were written in. */
const canonical = (preprocessing: Preprocessing): string =>
  JSON.stringify(preprocessing, (_, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
