/** Owns the parameters and the result of a relink: the folder of a dataset has moved. */
import { z } from 'zod';
import { pathFor } from '../paths.ts';
import { count, id } from './parts.ts';

export const relinkParams = z.object({
  datasetId: id,
  /** Folder that holds the images now. */
  root: pathFor('dataset-folder'),
});

export const relinkResult = z.object({
  datasetId: id,
  found: count,
  byPath: count,
  byContent: count,
  missing: count,
});
