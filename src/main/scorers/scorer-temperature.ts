/**
 * Owns which temperature a new scorer's probabilities are brought to: a given one, or the one of least log loss on the
 * labelled images that the scorer had not learned from.
 */
import { fitTemperatureSteps } from '../../core/metrics/temperature.ts';
import { calibrationBasis, workImages } from '../catalog/index.ts';
import { pump } from '../files/pump.ts';
import type { JobContext } from '../jobs/job-context.ts';

type Context = JobContext<'score'>;

/** Before anything is computed. @throws where a temperature is to be fitted and every image taught the scorer. */
export function checkTemperature({ params }: Context): void {
  if (params.temperature === 'auto' && params.method === 'in-sample')
    throw new Error(
      'score: an in-sample probe has learned from every image, and a temperature fitted on those would make it surer still; choose method out-of-fold, or give the temperature as a number',
    );
}

/** probabilities: f32[n,k] of these images, columns in the order of classIds. */
export async function chosenTemperature(
  ctx: Context,
  scored: { imageIds: readonly number[]; probabilities: Float32Array },
  classIds: readonly number[],
): Promise<number> {
  const { catalog, params, signal, log } = ctx;
  if (params.temperature !== 'auto') return params.temperature;
  ctx.progress({ stage: 'fitting the temperature', done: 0, total: null });
  const { basis, learned } = calibrationBasis(catalog, params);
  if (basis === 'unknown')
    log(
      'warn',
      'nobody recorded what this scorer has learned from: if from these images, the temperature is too low',
    );
  const columnOf = new Map(classIds.map((id, at) => [id, at]));
  const classOf = new Map(
    workImages(catalog, params.datasetId, 'real').map((image) => [image.id, image.classId]),
  );
  const labels = scored.imageIds.map((id) =>
    learned.has(id) ? -1 : (columnOf.get(classOf.get(id) ?? -1) ?? -1),
  );
  const fitted = labels.filter((label) => label >= 0).length;
  if (fitted === 0)
    throw new Error(
      'score: no labelled image that this scorer had not learned from; give the temperature as a number',
    );
  const { value, atBound } = await pump(
    fitTemperatureSteps(scored.probabilities, labels.length, classIds.length, labels),
    { signal },
  );
  if (atBound)
    throw new Error(
      `score: no temperature fits these ${fitted} images best, for the labels are ${value < 1 ? 'all as predicted' : 'no likelier than chance'}; score without one`,
    );
  log('info', `temperature ${value.toFixed(3)}, fitted on ${fitted} images`);
  return value;
}
