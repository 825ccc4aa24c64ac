/** Owns the parameters and the result of scoring a dataset anew. */
import { z } from 'zod';
import { count, id, leftOut } from './parts.ts';

export const rescoreParams = z.object({ datasetId: id, scorerId: id.nullable().default(null) });

export const rescoreResult = z.object({
  scorerId: id,
  /** Images that this job measured. */
  measured: count,
  /** Generated images that the scorer has judged; the figures are theirs. */
  synthetic: count,
  /** Share whose most probable class is their label. */
  agreement: z.number().nullish(),
  meanMeasuredDifficulty: z.number().nullish(),
  meanRequestedDifficulty: z.number().nullish(),
  ...leftOut,
});
