/** Owns the parameters and the result of an export, of images or of scores. */
import { z } from 'zod';
import { imageFilter } from '../domain/image.ts';
import { pathFor } from '../paths.ts';
import { count, id, leftOut } from './parts.ts';

/** Files of scores: what each image's probabilities, difficulty and prediction are, without the images. */
export const scoreFormat = z.enum(['csv', 'jsonl', 'npz']);
export type ScoreFormat = z.infer<typeof scoreFormat>;

export const exportFormat = z.enum(['imagefolder', ...scoreFormat.options]);

export const exportParams = z.object({
  datasetId: id,
  /** Of images a folder that does not exist yet, of scores a file. */
  out: pathFor('export-folder'),
  format: exportFormat.default('imagefolder'),
  /** Of scores: whose; null: the current scorer's. */
  scorerId: id.nullable().default(null),
  /** Of scores: an existing file is replaced. */
  overwrite: z.boolean().default(false),
  filter: imageFilter.default({}),
});

export const exportResult = z.object({
  /** The folder or file. */
  out: z.string(),
  images: count,
  /** Not known where a crash lost them. */
  real: count.optional(),
  synthetic: count.optional(),
  bytes: count,
  /** Of scores: columns of probabilities. */
  classes: count.optional(),
  /** Of scores: images that the scorer has not judged. */
  withoutScore: count.optional(),
  ...leftOut,
});
