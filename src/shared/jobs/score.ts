/** Owns the parameters and the result of scoring a dataset. */
import { z } from 'zod';
import { BUILTIN } from '../built-in.ts';
import { promptText } from '../limits.ts';
import { count, id, leftOut, modelId, seed } from './parts.ts';

const classPrompt = promptText.includes('[CLS]', 'text with [CLS], which becomes the class');

export const scoreParams = z.object({
  datasetId: id,
  method: z
    .enum(['out-of-fold', 'in-sample', 'classifier', 'precomputed', 'zero-shot'])
    .default('out-of-fold'),
  /** Encoder whose frozen features the probe stands on, the classifier itself, or the CLIP. */
  modelId: modelId.default(BUILTIN.encoder),
  folds: z.int().min(2).max(50).default(5),
  /** Of method zero-shot: what an image of a class is called, [CLS] the class; of several, their features are averaged. */
  prompts: z.array(classPrompt).min(1).max(1000).default(['a photo of a [CLS]']),
  /** The scorer's probabilities become p^(1/T), renormalised; auto: T of least log loss; 1: as they are. */
  temperature: z.union([z.literal('auto'), z.number().min(0.05).max(20)]).default(1),
  seed,
});

export const scoreResult = z.object({
  scorerId: id,
  scored: count,
  accuracy: z.number().nullable(),
  temperature: z.number(),
  /** Of a probe. */
  folds: count.optional(),
  penalty: z.number().optional(),
  ...leftOut,
});
