/** Owns the points of a training's curves, which grow while it runs. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { TrainingPoint } from '../../shared/jobs/job.ts';
import { listen } from '../api.ts';
import { useRequest } from '../queries.ts';

const none: TrainingPoint[] = [];

/** A resumed training repeats the steps since its checkpoint: the newer point of a step counts. */
export function addPoint(points: TrainingPoint[], point: TrainingPoint): TrainingPoint[] {
  const last = points.at(-1);
  if (!last || point.step > last.step) return [...points, point];
  return [...points.filter(({ step }) => step < point.step), point];
}

/** What is known of this job's training so far, and each point as it comes. */
export function useTrainingPoints(jobId: number): TrainingPoint[] {
  const { data: points = none } = useRequest('jobs.training', { jobId });
  const client = useQueryClient();
  useEffect(
    () =>
      listen('training.point', (event) => {
        if (event.jobId !== jobId) return;
        client.setQueryData<TrainingPoint[]>(['jobs.training', { jobId }], (old) =>
          addPoint(old ?? [], event.point),
        );
      }),
    [client, jobId],
  );
  return points;
}
