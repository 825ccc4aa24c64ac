/** Owns the parameters of a relink: the folder of a dataset has moved. */
import { z } from 'zod';
import { pathFor } from '../paths.ts';
import { id } from './parts.ts';

export const relinkParams = z.object({
  datasetId: id,
  /** Folder that holds the images now. */
  root: pathFor('dataset-folder'),
});
