/** Owns where the pictures lie that a training makes of itself, and the list of them beside them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TrainingPreviews, trainingPreviews } from '../../shared/training-previews.ts';
import { type Catalog, CatalogError } from './open.ts';

/** Outside the job's folder of checkpoints, which is removed when the job is done: pictures stay with the model. */
export const trainingPreviewsFile = (catalog: Catalog, jobId: number): string =>
  catalog.file(join('training', String(jobId), 'previews.json'));

/** null: the job has made none yet. @throws CatalogError when the list cannot be read. */
export function readTrainingPreviews(catalog: Catalog, jobId: number): TrainingPreviews | null {
  const file = trainingPreviewsFile(catalog, jobId);
  if (!existsSync(file)) return null;
  try {
    return trainingPreviews.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new CatalogError('invalid', `${file} is no list of previews: ${(error as Error).message}`);
  }
}
