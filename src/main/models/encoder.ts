/** Owns what the engine asks of anything that turns pictures into features. */
import { createHash } from 'node:crypto';
import type { Preprocessing } from '../../core/images/preprocessing.ts';

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
  close(): Promise<void>;
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
