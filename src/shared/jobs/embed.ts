/** Owns the parameters and the result of computing features. */
import { z } from 'zod';
import { field } from '../field.ts';
import { count, encoder, id, leftOut } from './parts.ts';

export const embedParams = z.object({
  datasetId: id,
  modelId: field(encoder, {
    label: 'Encoder',
    help: 'The network that makes the features.',
    level: 'basic',
    flag: 'model',
    among: 'encoders',
  }),
});

export const embedResult = z.object({
  /** Its name. */
  model: z.string(),
  dimensions: count,
  embedded: count,
  unreadable: count,
  ...leftOut,
});
