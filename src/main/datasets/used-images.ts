/**
 * Owns which real images a job works with: all that are there, but those that a person excluded (rejected). Nothing
 * learns from an excluded image, no new scorer has a difficulty of it, and the export leaves it out. Those whose files
 * have changed are left out too (originals.ts), where any file is read.
 */
import { excludedImages, trainingIds, type WorkImage, workImages } from '../catalog/index.ts';
import type { JobContext } from '../jobs/job-context.ts';
import type { UsableImage } from '../jobs/originals.ts';

type Context = Pick<JobContext, 'catalog' | 'log'> & {
  params: { datasetId: number };
  originals: Pick<JobContext['originals'], 'check'>;
};

/** In the order of ids; the job's log tells how many were left out. */
export const usedImages = async (ctx: Context): Promise<UsableImage[]> =>
  await ctx.originals.check(storedImages(ctx));

/** The same for what works with stored features and scores: nobody has looked at their files. */
export function storedImages({ catalog, params, log }: Omit<Context, 'originals'>): WorkImage[] {
  const excluded = excludedImages(catalog, params.datasetId);
  if (excluded.size > 0)
    log(
      'info',
      `${excluded.size} ${excluded.size === 1 ? 'image is' : 'images are'} excluded by a person and left out`,
    );
  return workImages(catalog, params.datasetId, 'real').filter((image) => !excluded.has(image.id));
}

/** Those of them that are learned from: whatever is made from an image of val or test would leak it. */
export async function trainingImages(ctx: Context): Promise<UsableImage[]> {
  const used = await usedImages(ctx);
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

/** Those that generation may start from: a picture made from an image of val or test would leak it. */
export async function startingImages({
  catalog,
  params,
  originals,
}: Omit<Context, 'log'>): Promise<UsableImage[]> {
  const training = trainingIds(catalog, params.datasetId);
  const images = workImages(catalog, params.datasetId, 'real').filter(({ id }) => training.has(id));
  return await originals.check(images);
}
