/** Owns the parameters and the result of captioning. */
import { z } from 'zod';
import { promptText } from '../limits.ts';
import { count, id, leftOut, modelId } from './parts.ts';

export const captionParams = z.object({
  datasetId: id,
  method: z.enum(['template', 'model']).default('template'),
  template: promptText.min(1, 'a text that is not empty').default('a photo of a [CLS]'),
  modelId: modelId.nullable().default(null),
  /** Replace captions that a person wrote. */
  overwrite: z.boolean().default(false),
});

export const captionResult = z.object({
  captioned: count,
  /** Their caption is the very same already. */
  unchanged: count,
  /** Theirs came from a person, an import or a prompt. */
  kept: count,
  /** Without the class that the template names. */
  unlabelled: count.optional(),
  ...leftOut,
});
