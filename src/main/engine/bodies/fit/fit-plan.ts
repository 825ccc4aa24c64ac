/** Owns which images a classifier is trained on, and which only measure it. */
import { stratifiedFolds } from '../../../../core/difficulty/folds.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import { classesOf } from '../../../catalog/index.ts';
import { usedImages } from '../../../datasets/used-images.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import type { UsableImage } from '../../../jobs/originals.ts';

export interface FitPlan {
  images: UsableImage[];
  /** Class of each row, an index into `classNames`. */
  labels: Int32Array;
  classNames: string[];
  /** Rows that are trained on, and rows that only measure. */
  train: number[];
  validation: number[];
}

/** Images of splits val and test are not trained on; where no image is marked val, a share of each class is held out. */
export async function makeFitPlan(ctx: JobContext<'fit'>): Promise<FitPlan> {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  const columnOf = new Map(classes.map((c, i) => [c.id, i]));
  const images = (await usedImages(ctx)).filter(
    (image) => image.classId !== null && columnOf.has(image.classId) && image.split !== 'test',
  );
  const labels = Int32Array.from(images, (image) => columnOf.get(image.classId!)!);
  const present = new Set(labels).size;
  if (present < 2) throw new Error(`fit: classes with labelled images: ${present}, wanted 2 or more`);
  const rows = images.map((_, i) => i);
  let validation = rows.filter((i) => images[i].split === 'val');
  if (validation.length === 0) {
    const folds = Math.round(1 / params.validationShare);
    const fold = stratifiedFolds(labels, rows.length, folds, rngFromSeed(params.seed, 'validation'));
    validation = rows.filter((i) => fold[i] === 0);
  }
  const held = new Set(validation);
  const train = rows.filter((i) => !held.has(i));
  if (train.length === 0)
    throw new Error('fit: every labelled image is marked as validation; wanted some to train on');
  return {
    images,
    labels,
    classNames: classes.map((c) => c.name),
    train,
    validation,
  };
}
