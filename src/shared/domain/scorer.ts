/** Owns what a scorer is to every process. */
import { z } from 'zod';
import { id, timestampMs, unit } from './parts.ts';

/** How the scores of one scorer came about. */
export const scorerMethod = z.enum(['out-of-fold', 'in-sample', 'classifier', 'precomputed', 'zero-shot']);
export type ScorerMethod = z.infer<typeof scorerMethod>;

export const scorer = z.object({
  id,
  datasetId: id,
  name: z.string(),
  method: scorerMethod,
  /** Encoder (or classifier) that the scores stand on. */
  modelName: z.string(),
  modelHash: z.string(),
  /** That its probabilities are brought to, those of generated images too; 1: none. */
  temperature: z.number().positive(),
  /** Share of scored real images whose most probable class is the label. */
  accuracy: unit.nullable(),
  scored: z.int(),
  createdAt: timestampMs,
});
export type Scorer = z.infer<typeof scorer>;
