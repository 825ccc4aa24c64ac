/** Owns the parameters and the result of looking for issues of a dataset. */
import { z } from 'zod';
import { field } from '../field.ts';
import { count, id, leftOut, modelId } from './parts.ts';

/** What is wrong with the dataset itself: labels, and images that are there twice. */
export const issuesParams = z.object({
  datasetId: id,
  scorerId: field(id.nullable().default(null), {
    label: 'Scorer',
    help: 'Whose probabilities are believed; unless set, the current one if it is out of fold, else the newest that is; where none is, only duplicates are looked for.',
    advice: 'It must not have learned from the very image that it judges.',
    level: 'basic',
    flag: 'scorer',
    none: 'Automatic',
    among: 'scorers',
  }),
  // Named as in the literature; see core/difficulty/label-issues.ts.
  rule: field(z.enum(['class', 'noise-rate', 'both', 'confident', 'predicted']).default('class'), {
    label: 'Suspected are',
    help: 'Which labels are suspected.',
    advice:
      'By class: as many of each class as are estimated to be wrong. By noise rate: as many of each pair of classes. Both: what the two agree on. Confident: what another class is sure of. Predicted: every image that the scorer takes for another class, the longest list.',
    level: 'basic',
    choices: {
      class: 'By class',
      'noise-rate': 'By noise rate',
      both: 'Both',
      confident: 'Confident',
      predicted: 'Predicted',
    },
  }),
  ranking: field(z.enum(['odds', 'self-confidence', 'normalised-margin']).default('odds'), {
    label: 'Order',
    help: 'What the list is ordered by.',
    advice:
      'Odds: how much more probable the other class is. Self-confidence: how improbable the given one is. Normalised margin: the difference of the two.',
    level: 'advanced',
    choices: {
      odds: 'Odds',
      'self-confidence': 'Self-confidence',
      'normalised-margin': 'Normalised margin',
    },
  }),
  modelId: field(modelId.nullable().default(null), {
    label: 'Encoder',
    help: 'Network by whose features images are compared for duplicates.',
    level: 'advanced',
    flag: 'model',
    none: "The scorer's own, else the built-in one",
    among: 'encoders',
  }),
  similarity: field(z.number().min(0.5).max(1).nullable().default(null), {
    label: 'Duplicates from',
    help: 'Cosine similarity of features from which two images are duplicates; unless set, it is chosen from the dataset, and details of the images are compared as well.',
    advice: 'Lower it where copies are missed, raise it where different images are grouped.',
    level: 'advanced',
    none: 'Automatic',
    step: 0.005,
  }),
});

/** The report's own counts, which lies in `file`; of labels only where a scorer was believed. */
export const issuesResult = z.object({
  /** Below the catalog's folder. */
  file: z.string(),
  images: count,
  issues: count.optional(),
  noise: z.number().optional(),
  hard: count.optional(),
  confirmed: count.optional(),
  /** Why labels were not looked at. */
  labelsLeftOut: z.string().optional(),
  duplicates: count,
  exact: count,
  leaking: count,
  labelsDiffer: count,
  ...leftOut,
});
