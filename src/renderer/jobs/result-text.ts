/** Owns what a finished job's result reads as in a line. */
import type { Job } from '../../shared/jobs/job.ts';
import { count } from '../ui/format.ts';

/** "smoothedLoss" -> "smoothed loss" */
const words = (key: string) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Of a figure that several scorers give: by the one whose difficulty was learned. */
const ofTrainingScorer = (value: unknown): unknown =>
  value && typeof value === 'object' && 'trainingScorer' in value ? value.trainingScorer : value;

const leftOutKeys = ['changed', 'missing'] as const;

/** An import brings in what changed; every other job leaves it out. */
const leftOutOf = (job: Job): Partial<Record<(typeof leftOutKeys)[number], number>> =>
  job.kind === 'import' ? {} : (job.result ?? {});

/** "left out: 2 changed, 1 missing": images whose files are not as imported. null: none. */
export function leftOutText(job: Job): string | null {
  const leftOut = leftOutOf(job);
  const parts = leftOutKeys.flatMap((key) => (leftOut[key] ? [`${count(leftOut[key])} ${key}`] : []));
  return parts.length === 0 ? null : `left out: ${parts.join(', ')}`;
}

/** The figures of a result that read as one line: "found 121, imported 120, skipped 1". */
export function resultText(job: Job): string {
  const apart: readonly string[] = job.kind === 'import' ? [] : leftOutKeys;
  const figures = Object.entries(job.result ?? {})
    .map(([key, value]): [string, unknown] => [key, ofTrainingScorer(value)])
    .filter(([key, value]) => typeof value === 'number' && value !== 0 && !key.endsWith('Id'))
    .filter(([key]) => !apart.includes(key))
    .map(
      ([key, value]) =>
        `${words(key)} ${Number.isInteger(value) ? count(value as number) : (value as number).toPrecision(3)}`,
    )
    .slice(0, 4)
    .join(', ');
  return [figures, leftOutText(job)].filter(Boolean).join('; ');
}
