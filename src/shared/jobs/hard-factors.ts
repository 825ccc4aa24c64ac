/** Owns the parameters and the result of a hard-factor report. */
import { z } from 'zod';
import { field } from '../field.ts';
import { factorFigures } from '../hard-factors.ts';
import { pathFor } from '../paths.ts';
import { count, drawingSeed, encoder, everyLevel, id, leftOut, sampling } from './parts.ts';

/** What makes each class hard, by the difficulty tokens alone: the prompt is empty. */
export const hardFactorsParams = z.object({
  datasetId: id,
  ...everyLevel,
  modelId: field(encoder, {
    label: 'Encoder',
    help: 'Encoder whose features compare real images with samples.',
    level: 'advanced',
    flag: 'model',
    among: 'encoders',
  }),
  factors: field(pathFor('factors').nullable().default(null), {
    label: 'Known factors',
    help: 'JSON Lines file with the path and the factors of each real image.',
    advice:
      'With it, a table shows which factors rise with difficulty. The demo dataset has a factors.jsonl.',
    level: 'basic',
    none: 'No factors',
  }),
  ...sampling('advanced'),
  seed: drawingSeed('advanced'),
});

export const hardFactorsResult = z.object({
  /** Below the catalog's folder. */
  file: z.string(),
  images: count,
  grids: z.array(z.object({ className: z.string(), grid: z.string() })),
  ...factorFigures.partial().shape,
  ...leftOut,
});
