/**
 * Owns which real images a job works with: all that are there, but those that a person excluded (rejected). Nothing
 * learns from an excluded image, no new scorer has a difficulty of it, and the export leaves it out.
 */
import { type Catalog, type WorkImage, workImages } from '../catalog/index.ts';
import type { JobContext } from './job-context.ts';

export function excludedIds(catalog: Catalog, datasetId: number): Set<number> {
  return new Set(
    catalog.column<number>(
      `SELECT r.image_id FROM reviews r JOIN images i ON i.id = r.image_id
       WHERE r.decision = 'reject' AND i.dataset_id = ? AND i.origin = 'real' AND i.present = 1`,
      datasetId,
    ),
  );
}

/** In the order of ids; the job's log tells how many were left out. */
export function usedImages({
  catalog,
  params,
  log,
}: { params: { datasetId: number } } & Pick<JobContext, 'catalog' | 'log'>): WorkImage[] {
  const excluded = excludedIds(catalog, params.datasetId);
  if (excluded.size > 0)
    log(
      'info',
      `${excluded.size} ${excluded.size === 1 ? 'image is' : 'images are'} excluded by a person and left out`,
    );
  return workImages(catalog, params.datasetId, 'real').filter((image) => !excluded.has(image.id));
}
