/**
 * Owns which real images a job works with: all that are there, but those that a person excluded (rejected). Nothing
 * learns from an excluded image, no new scorer has a difficulty of it, and the export leaves it out.
 */
import { excludedImages, trainingIds, type WorkImage, workImages } from '../catalog/index.ts';
import type { JobContext } from './job-context.ts';

type Context = { params: { datasetId: number } } & Pick<JobContext, 'catalog' | 'log'>;

/** In the order of ids; the job's log tells how many were left out. */
export function usedImages({ catalog, params, log }: Context): WorkImage[] {
  const excluded = excludedImages(catalog, params.datasetId);
  if (excluded.size > 0)
    log(
      'info',
      `${excluded.size} ${excluded.size === 1 ? 'image is' : 'images are'} excluded by a person and left out`,
    );
  return workImages(catalog, params.datasetId, 'real').filter((image) => !excluded.has(image.id));
}

/** Those of them that are learned from: whatever is made from an image of val or test would leak it. */
export function trainingImages(ctx: Context): WorkImage[] {
  const used = usedImages(ctx);
  const ids = trainingIds(ctx.catalog, ctx.params.datasetId);
  const training = used.filter(({ id }) => ids.has(id));
  const kept = used.length - training.length;
  if (kept > 0)
    ctx.log(
      'info',
      `${kept} ${kept === 1 ? 'image is' : 'images are'} of split val or test, or without a label, and not trained on`,
    );
  return training;
}
