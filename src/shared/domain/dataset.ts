/** Owns what a dataset and its classes are to every process. */
import { z } from 'zod';
import { id, timestampMs } from './parts.ts';
import { scorer } from './scorer.ts';

export const datasetClass = z.object({
  id,
  name: z.string(),
  index: z.int().min(0),
  images: z.int(),
  synthetic: z.int(),
});
export type DatasetClass = z.infer<typeof datasetClass>;

export const dataset = z.object({
  id,
  name: z.string(),
  root: z.string(),
  /** What was imported: the root itself, or a manifest inside it. */
  source: z.string(),
  images: z.int(),
  synthetic: z.int(),
  removed: z.int(),
  skipped: z.int(),
  classes: z.array(datasetClass),
  scorers: z.array(scorer),
  /** The scorer whose difficulty is shown; the newest unless a person chose another. */
  currentScorerId: id.nullable(),
  hasProjection: z.boolean(),
  createdAt: timestampMs,
});
export type Dataset = z.infer<typeof dataset>;
