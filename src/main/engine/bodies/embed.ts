/** Owns the job that computes features of every image, real and synthetic. */
import { countEmbeddings, workImages } from '../../catalog/index.ts';
import { atFirst } from '../../jobs/at-first.ts';
import type { JobBody } from '../../jobs/job-context.ts';
import { embedMissing } from '../../scorers/embedding.ts';

export const embedBody: JobBody<'embed'> = async (ctx) => {
  const { catalog, params, originals } = ctx;
  const images = await originals.check(workImages(catalog, params.datasetId));
  let before = 0;
  const { set, unreadable } = await embedMissing(ctx, params.modelId, images, (set) => {
    before = atFirst(ctx, () => countEmbeddings(catalog, set));
  });
  const embedded = countEmbeddings(catalog, set) - before;
  return { model: set.modelName, dimensions: set.dim, embedded, unreadable };
};
