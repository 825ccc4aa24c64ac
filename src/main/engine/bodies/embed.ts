/** Owns the job that computes features of every image, real and synthetic. */
import { workImages } from '../../catalog/index.ts';
import { embedMissing } from '../embedding.ts';
import type { JobBody } from '../job-context.ts';

export const embedBody: JobBody<'embed'> = async (ctx) => {
  const { catalog, params, originals } = ctx;
  const images = await originals.check(workImages(catalog, params.datasetId));
  const { set, embedded, unreadable } = await embedMissing(ctx, params.modelId, images);
  return { model: set.modelName, dimensions: set.dim, embedded, unreadable };
};
