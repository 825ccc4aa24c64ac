/** Owns what a training shows of itself while it runs: which pictures, how often, and what their files are called. */
import { z } from 'zod';
import type { JobParams } from './jobs/index.ts';

/** Difficulties of each row of pictures, easy to hard. */
export const previewDifficulties = [0.1, 0.5, 0.9] as const;
/** So many classes are shown, spread evenly over the dataset's. */
export const previewClasses = 3;
/** Denoising steps of a preview. */
export const previewSteps = 10;

/** What there is to show of one training: every step has a picture of each class at each difficulty. */
export const trainingPreviews = z.object({
  classes: z.array(z.string()).min(1),
  difficulties: z.array(z.number().min(0).max(1)).min(1),
  steps: z.array(z.int().positive()), // ascending
});
export type TrainingPreviews = z.infer<typeof trainingPreviews>;

/** File of a picture; `classIndex` and `level` count in the lists of `TrainingPreviews`. */
export const previewFile = (step: number, classIndex: number, level: number) =>
  `step-${step}-class-${classIndex}-level-${level}.png`;

type Work = Pick<JobParams<'train'>, 'previewEvery' | 'batchSize' | 'accumulation'>;

/**
 * Steps between two previews; 0: none. Left to the program (null), previews take about a twentieth of the time: a
 * picture passes through the network twice a denoising step, and a training sample takes as long as one and a half such
 * passes. Measured with the built-in model on a CPU: 4.7 s for nine pictures, the opening of the network and their
 * decoding among it; 0.69 s for a step of 16 samples.
 */
export function previewInterval({ previewEvery, batchSize, accumulation }: Work): number {
  if (previewEvery !== null) return previewEvery;
  const passes = previewClasses * previewDifficulties.length * previewSteps * 2;
  const steps = passes / (0.05 * 1.5 * batchSize * accumulation);
  return Math.max(10, Math.ceil(steps / 10) * 10);
}
