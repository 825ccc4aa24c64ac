/** Owns the parameters of captioning. */
import { z } from 'zod';
import { promptText } from '../limits.ts';
import { id, modelId } from './parts.ts';

export const captionParams = z.object({
  datasetId: id,
  method: z.enum(['template', 'model']).default('template'),
  template: promptText.min(1, 'a text that is not empty').default('a photo of a [CLS]'),
  modelId: modelId.nullable().default(null),
  /** Replace captions that a person wrote. */
  overwrite: z.boolean().default(false),
});
