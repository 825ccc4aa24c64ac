/** Owns the parameters of scoring a dataset anew. */
import { z } from 'zod';
import { id } from './parts.ts';

export const rescoreParams = z.object({ datasetId: id, scorerId: id.nullable().default(null) });
