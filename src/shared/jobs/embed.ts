/** Owns the parameters of computing features. */
import { z } from 'zod';
import { field } from '../field.ts';
import { encoder, id } from './parts.ts';

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
