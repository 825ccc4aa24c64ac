/** Owns saying what a generation will make, and how long that may take by what earlier ones took. */
import { guidanceBranches } from '../../core/diffusion/guidance.ts';
import type { GenerationOutline } from '../../shared/domain/provenance.ts';
import { keepsAll } from '../../shared/jobs/generate-rules.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { count, counted } from '../ui/format.ts';
import { wordsOf } from './distribution-shape.ts';

export type GenerateInput = JobParams<'generate'>;

export const totalOf = (outline: GenerationOutline): number =>
  outline.classes.reduce((sum, c) => sum + c.count, 0);

/**
 * Seconds of one candidate, by the newest finished generation with the same model and size: time goes with steps and
 * with the predictions of each, of which guidance wants several. null: there is none to learn from.
 */
export function secondsPerCandidate(jobs: readonly Job[], params: GenerateInput): number | null {
  for (const job of jobs) {
    if (job.kind !== 'generate' || job.state !== 'done') continue;
    if (job.startedAt === null || job.finishedAt === null) continue;
    const old = job.params as Partial<GenerateInput>;
    const made = job.result?.candidates ?? job.result?.generated ?? 0;
    const same =
      job.datasetId === params.datasetId &&
      (['adapterId', 'modelId', 'size'] as const).every((key) => (old[key] ?? null) === params[key]);
    if (!same || !(made > 0) || !old.steps || !old.guidanceScale) continue;
    const seconds = (job.finishedAt - job.startedAt) / 1000 / made;
    return (seconds * workOf(params)) / workOf({ ...params, ...old });
  }
  return null;
}

/** Predictions of one candidate. */
const workOf = (params: GenerateInput): number => params.steps * guidanceBranches(params).branches.length;

/** "about 40 s", "about 4 min", "about 3 h": no more exact than it is known. */
export function roughly(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${10 * Math.round(seconds / 10)} s`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}

/** "640 images (64 of each of 10 classes), difficulty 0.30 to 0.70 evenly, about 4 min". */
export function planWords(params: GenerateInput, outline: GenerationOutline, jobs: readonly Job[]): string {
  const total = totalOf(outline);
  const counts = outline.classes.map((c) => c.count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const each = least === most ? `${count(most)} of each` : `${count(least)} to ${count(most)} of each`;
  const classes = counts.length > 1 ? ` (${each} of ${counts.length} classes)` : '';
  const parts = [`${counted(total, 'image')}${classes}`];
  parts.push(params.modelId === null ? `difficulty ${wordsOf(params)}` : 'no difficulty: a base model alone');
  const seconds = secondsPerCandidate(jobs, params);
  const chosen = !keepsAll(params);
  if (chosen) parts.push(`at most ${counted(total * params.attempts, 'candidate')}`);
  if (seconds === null) parts.push('the time that it takes is known once the first are made');
  else if (chosen && params.attempts > 1)
    parts.push(`${roughly(total * seconds)}, at most ${params.attempts} times that`);
  else parts.push(roughly(total * seconds));
  return `${parts.join(', ')}.`;
}
