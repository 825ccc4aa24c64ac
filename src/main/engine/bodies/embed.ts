/** Owns the job that computes features of every image, real and synthetic. */
import { embedMissing } from '../embedding.ts';
import type { JobBody } from '../job-context.ts';

export const embedBody: JobBody<'embed'> = async (ctx) => {
  const { set, embedded, unreadable } = await embedMissing(ctx, ctx.params.datasetId, ctx.params.modelId);
  return { model: set.modelName, dimensions: set.dim, embedded, unreadable };
};
