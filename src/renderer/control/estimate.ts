/** Owns how much work a check is: how many images, and how long that took before. */

import type { JobParams } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';

type Sized = Pick<
  JobParams<'control'>,
  'classes' | 'levels' | 'count' | 'baseline' | 'plainLoraId' | 'steps'
>;

/** Images that a check generates: every seed at every level, and once with each baseline. */
export function imagesOf(
  params: Sized,
  classCount: number,
): { perLevel: number; baselines: number; total: number } {
  const classes = params.classes === 'all' ? classCount : params.classes.length;
  const perLevel = classes * params.levels.length * params.count;
  const baselines = classes * params.count * (Number(params.baseline) + Number(params.plainLoraId !== null));
  return { perLevel, baselines, total: perLevel + baselines };
}

/** Seconds, by the newest finished check of the dataset; null: there is none that was timed. */
export function secondsFor(
  params: Sized,
  classCount: number,
  jobs: readonly Job[],
  datasetId: number,
): number | null {
  const last = jobs.find(
    (job) =>
      job.kind === 'control' && job.datasetId === datasetId && job.state === 'done' && job.startedAt !== null,
  );
  if (!last) return null;
  const before = last.params as unknown as Sized;
  const seconds = (last.finishedAt! - last.startedAt!) / 1000;
  const work = (of: Sized) => imagesOf(of, classCount).total * of.steps;
  return (seconds * work(params)) / work(before);
}
