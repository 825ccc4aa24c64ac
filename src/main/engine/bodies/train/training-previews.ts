/**
 * Owns the pictures that a training makes of itself: a few classes, easy to hard, from the same seeds at every step, so
 * that only the weights differ. Drawn from seeds of their own: the training's random numbers are not touched.
 */
import { dirname, join } from 'node:path';
import { guidanceBranches } from '../../../../core/diffusion/guidance.ts';
import { generateParams } from '../../../../shared/jobs/generate.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import {
  previewClasses,
  previewDifficulties,
  previewFile,
  previewInterval,
  previewSteps,
  type TrainingPreviews,
} from '../../../../shared/training-previews.ts';
import { onlyOurs, readTrainingPreviews, trainingPreviewsFile } from '../../../catalog/index.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { encodePng } from '../../../images/png.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { openGenerationModel } from '../../../models/diffusion/generation-model.ts';
import { openGenerator } from '../../../models/diffusion/generator.ts';
import { generationMemory, ownSize } from '../../../models/diffusion/memory-estimate.ts';
import type { DiffusionModel } from '../../../models/diffusion/model-folder.ts';
import type { DifficultyAdapter } from '../../../models/diffusion/sessions.ts';

type Context = Pick<
  JobContext<'train'>,
  'catalog' | 'job' | 'params' | 'runtime' | 'signal' | 'emit' | 'log'
>;

export interface PreviewMaker {
  /**
   * Whether pictures belong to this step and are not there yet.
   * @param last whether training ends here, and is to have pictures of its end.
   */
  due(step: number, last: boolean): boolean;
  /**
   * Makes them with the weights as they are now; returns early where the job is stopped, and then they stay due.
   * What goes wrong is logged: it costs pictures, not the training.
   */
  make(step: number, adapter: DifficultyAdapter): Promise<void>;
}

/** Indices of at most `previewClasses` of `count` classes, evenly spread. */
export function shownClasses(count: number): number[] {
  const shown = Math.min(count, previewClasses);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
}

/** @param prompt with [CLS] for the class; @param base folder of the base model. */
export function previewMaker(
  ctx: Context,
  base: string,
  classes: readonly string[],
  prompt: string,
): PreviewMaker {
  const { catalog, job, params } = ctx;
  const interval = previewInterval(params);
  const shown = shownClasses(classes.length);
  const file = trainingPreviewsFile(catalog, job.id);
  const there: TrainingPreviews = previewsThere(ctx) ?? {
    classes: shown.map((i) => classes[i]),
    difficulties: [...previewDifficulties],
    steps: [],
  };

  const failed = new Set<number>();

  const picture = async (step: number, adapter: DifficultyAdapter) => {
    const model = openGenerationModel(base);
    const generator = await openGenerator(model, adapter, samplingOf(params), ctx.runtime);
    try {
      for (const [row, classIndex] of shown.entries()) {
        for (let from = 0; from < previewDifficulties.length; from += batchOf(params)) {
          const levels = previewDifficulties.slice(from, from + batchOf(params));
          const pictures = await generator.generate(
            levels.map((difficulty) => ({
              seed: params.seed,
              prompt: prompt.replace('[CLS]', () => classes[classIndex]),
              negativePrompt: '',
              classIndex,
              difficulty,
            })),
            async () => ctx.signal.throwIfAborted(),
          );
          for (const [i, rgb] of pictures.entries()) {
            const png = await encodePng(rgb, generator.size, generator.size);
            writeWhole(join(dirname(file), previewFile(step, row, from + i)), png);
          }
        }
      }
    } finally {
      await generator.close();
    }
    there.steps = [...there.steps, step].sort((a, b) => a - b);
    writeWhole(file, Buffer.from(`${JSON.stringify(there)}\n`));
    ctx.emit('training.preview', { jobId: job.id, step });
  };

  return {
    due: (step, last) =>
      interval > 0 &&
      step > 0 &&
      (last || step % interval === 0) &&
      !there.steps.includes(step) &&
      !failed.has(step),
    async make(step, adapter) {
      try {
        await picture(step, adapter);
      } catch (error) {
        if (ctx.signal.aborted) return;
        if (onlyOurs(error)) throw error; // a full disk is not the previews' alone
        failed.add(step);
        ctx.log('warn', `no previews at step ${step}: ${(error as Error).message}`);
      }
    },
  };
}

/** What cannot be read is made again. */
function previewsThere({ catalog, job, log }: Context): TrainingPreviews | null {
  try {
    return readTrainingPreviews(catalog, job.id);
  } catch (error) {
    log('warn', `${(error as Error).message}; begins a new one`);
    return null;
  }
}

/** Bytes that the pictures take on the CPU while they are made, besides the training's. */
export function previewMemory(model: DiffusionModel, params: JobParams<'train'>, lowMemory: boolean): number {
  const { branches } = guidanceBranches(samplingOf(params));
  return generationMemory(model, {
    batch: batchOf(params),
    size: ownSize(model),
    branches: branches.length,
    lowMemory,
  });
}

/** One class's pictures at a time, or fewer where memory is so short that training takes fewer. */
const batchOf = (params: JobParams<'train'>) => Math.min(previewDifficulties.length, params.batchSize);

/** As generation does by itself, in fewer steps: DDIM's few lead to about the pictures of PNDM's usual number. */
function samplingOf(params: JobParams<'train'>) {
  const usual = generateParams.parse({ datasetId: params.datasetId });
  return { ...usual, scheduler: 'ddim', steps: previewSteps, batchSize: batchOf(params) } as const;
}
