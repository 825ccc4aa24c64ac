/** Owns the parameters of a control report. */
import { z } from 'zod';
import { promptText } from '../limits.ts';
import { everyLevel, id, modelId, prompting, sampling, seed } from './parts.ts';

/** Every level of each seed: the more images per class and level, the narrower the figures' intervals. */
export const controlParams = z.object({
  datasetId: id,
  ...everyLevel,
  /** Scorer that it was not trained with; null: none. */
  heldOutScorerId: id.nullable().default(null),
  /** Measure the base model without any adapter as well. */
  baseline: z.boolean().default(true),
  /** A plain LoRA of this dataset that is measured as well; null: none. */
  plainLoraId: modelId.nullable().default(null),
  prompt: promptText.default('a photo of a [CLS]'),
  negativePrompt: promptText.default(''),
  ...prompting,
  ...sampling,
  seed,
});
