/** Owns the parameters and the result of an import. */
import { z } from 'zod';
import { importSummary } from '../import-summary.ts';
import { labelList, limits } from '../limits.ts';
import { pathFor } from '../paths.ts';
import { count, id } from './parts.ts';

const columnName = z.string().min(1).max(limits.name).optional();

export const importParams = z.object({
  /** An image folder, or a manifest: one image a row. */
  source: pathFor('dataset-folder', 'manifest'),
  name: z.string().min(1).max(limits.name),
  /** Folder that a manifest's paths start from and stay in; null: its own. */
  root: pathFor('dataset-folder').nullable().default(null),
  /** Names of a manifest's columns where they are not found by themselves. */
  columns: z
    .object({
      path: columnName,
      label: columnName,
      split: columnName,
      caption: columnName,
      probabilities: columnName,
    })
    .default({}),
  /** Follows symbolic links that lead out of the folder. */
  followLinks: z.boolean().default(false),
  /** What numbers that come with the images are; ask: fail where they may be logits, and say so. */
  probabilities: z.enum(['ask', 'probabilities', 'logits']).default('ask'),
  /** Class of each number of a list; empty: the dataset's own order, which is numeric for integers. */
  classOrder: labelList(0).default([]),
});

export const importResult = z.object({
  datasetId: id,
  /** Images in the folder or the manifest. */
  found: count,
  imported: count,
  unchanged: count,
  changed: count,
  /** Marked as missing. */
  removed: count,
  skipped: count,
  classes: count,
  summary: importSummary,
});
