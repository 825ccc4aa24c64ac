/** Owns the parameters and the result of a control report. */
import { z } from 'zod';
import { controlReport, variantSummary } from '../control.ts';
import { field } from '../field.ts';
import { promptText } from '../limits.ts';
import {
  count,
  drawingSeed,
  everyLevel,
  id,
  leftOut,
  modelId,
  positivePrompt,
  prompting,
  sampling,
  steeringAway,
} from './parts.ts';

/** Every level of each seed: the more images per class and level, the narrower the figures' intervals. */
export const controlParams = z.object({
  datasetId: id,
  ...everyLevel,
  heldOutScorerId: field(id.nullable().default(null), {
    label: 'Held-out scorer',
    help: 'A scorer that the model was not trained with, which measures the samples as well.',
    advice: 'A model can learn what fools one scorer; a second one tells whether samples are really harder.',
    level: 'basic',
    flag: 'held-out-scorer',
    none: 'None',
    among: 'scorers',
  }),
  baseline: field(z.boolean().default(true), {
    label: 'Compare with the base model',
    help: 'Measure samples of the base model without difficulty as well.',
    off: 'Leave out the base model without difficulty.',
    advice: 'The difference shows what requesting a difficulty adds.',
    level: 'basic',
  }),
  plainLoraId: field(modelId.nullable().default(null), {
    label: 'Compare with a plain LoRA',
    help: 'Plain LoRA of this dataset to measure as well.',
    advice: 'It shows what fine-tuning adds without difficulty.',
    level: 'basic',
    flag: 'plain-lora',
    none: 'None',
    among: 'plain-loras',
  }),
  prompt: field(promptText.default('a photo of a [CLS]'), {
    ...positivePrompt,
    advice: 'Keep the prompt that the model was trained with.',
    level: 'advanced',
  }),
  negativePrompt: field(promptText.default(''), { ...steeringAway, level: 'advanced' }),
  ...prompting('advanced'),
  ...sampling('advanced'),
  seed: drawingSeed('advanced'),
});

const byRole = z.object({ trainingScorer: z.number(), heldOutScorer: z.number().nullable() });
const { spearman, agreementAtLow, rises, easyShare, levels } = variantSummary.shape;
const { baselines } = controlReport.shape;

/** The report's main figures; the report lies in `file`. */
export const controlResult = z.object({
  /** Both below the catalog's folder. */
  file: z.string(),
  page: z.string(),
  images: count,
  spearman,
  slope: byRole,
  agreementAtLow,
  easyShare,
  rises,
  levels,
  baselines,
  ...leftOut,
});
