/** Owns which models were trained on a dataset, and which training made each. */
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { isOfKind, type Job } from '../../shared/jobs/job.ts';
import { trainParams } from '../../shared/jobs/train.ts';

export interface Trained {
  model: ModelEntry;
  /** null: the training is not among the jobs any more. */
  job: Job<'train'> | null;
  /** Settings it was trained with; null with `job`, or where another version of the program wrote them. */
  params: JobParams<'train'> | null;
}

/** Newest first. */
export function trainedModels(
  models: readonly ModelEntry[],
  jobs: readonly Job[],
  datasetId: number,
): Trained[] {
  const trainings = jobs.filter(isOfKind('train'));
  return models
    .filter((m) => m.datasetId === datasetId && (m.kind === 'difficulty-adapter' || m.kind === 'lora'))
    .sort((a, b) => b.createdAt - a.createdAt)
    .map((model) => {
      const job = trainings.find(({ result }) => result?.modelId === model.id) ?? null;
      return { model, job, params: trainParams.safeParse(job?.params).data ?? null };
    });
}

/** "one-hot class, score with 3 waves, 2 × 128, 1 normed token appended" */
export const encoderWords = (p: JobParams<'train'>): string =>
  p.kind === 'plain'
    ? 'none: difficulty was not learned'
    : [
        p.labelEncoding === 'one-hot' ? 'one-hot class' : 'learned class',
        p.scoreFeatures === 'raw'
          ? 'plain score'
          : `score with ${p.frequencies} ${p.frequencies === 1 ? 'wave' : 'waves'}`,
        `${p.encoderDepth} × ${p.encoderWidth}`,
        `${p.tokens} ${p.tokenNorm ? 'normed ' : ''}${p.tokens === 1 ? 'token' : 'tokens'} ${p.placement === 'append' ? 'appended' : 'overwriting'}`,
      ].join(', ');

/** "steps 200 of 300" where it was ended early. */
export function stepsOf({ job, params }: Trained): string {
  const steps = job?.result?.steps;
  if (steps === undefined) return '–';
  return params && steps < params.steps ? `${steps} of ${params.steps}` : String(steps);
}
