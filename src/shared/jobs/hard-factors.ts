/** Owns the parameters of a hard-factor report. */
import { z } from 'zod';
import { pathFor } from '../paths.ts';
import { everyLevel, id, modelId, sampling, seed } from './parts.ts';

/** What makes each class hard, by the difficulty tokens alone: the prompt is empty. */
export const hardFactorsParams = z.object({
  datasetId: id,
  ...everyLevel,
  /** Encoder by which real images are set beside generated ones, and by whose features factors are read. */
  modelId: modelId.default('builtin:encoder'),
  /** JSON lines with the real images' path and factors; null: pictures only. */
  factors: pathFor('factors').nullable().default(null),
  ...sampling,
  seed,
});
