/** Owns which training of a demo's catalog an experiment is about. */
import { isOfKind, type Job } from '../../src/shared/jobs/job.ts';
import { trainResult } from '../../src/shared/jobs/train.ts';
import { crux } from './crux.ts';

/** The training of this adapter; of none: the demo's own, the first of its catalog. */
export function trainingOf(
  catalog: string,
  adapter: string | undefined,
): [string, { steps: number; seconds: number; images: number }] {
  const { jobs } = crux(catalog, ['jobs', 'list', '--limit', '1000']) as { jobs: Job[] };
  const training = jobs
    .filter(isOfKind('train'))
    .filter(({ state, params }) => state === 'done' && params.kind !== 'plain')
    .findLast(({ result }) => !adapter || result?.modelId === adapter);
  if (!training)
    throw new Error(
      `${catalog}: no finished training${adapter ? ` of ${adapter}` : ''}; run crux demo --out DIR to its end, or see crux models list`,
    );
  const { modelId, steps, images } = trainResult.parse(training.result);
  return [modelId, { steps, images, seconds: (training.finishedAt! - training.startedAt!) / 1000 }];
}
