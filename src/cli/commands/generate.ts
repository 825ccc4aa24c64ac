/** Owns `crux generate`. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parsePromptList, WildcardError } from '../../core/recipes/wildcards.ts';
import { readUserText } from '../../main/files/user-file.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ClassAcceptance } from '../../shared/jobs/generate.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import type { CommandContext } from '../command.ts';
import { usageError } from '../errors.ts';
import { percent, table } from '../format.ts';
import type { Io } from '../io.ts';
import { datasetJob, type Values } from '../job-command.ts';
import { guidanceOptions, promptingOptions } from '../sampling-options.ts';
import type { OptionTable } from '../schema-options.ts';
import type { Session } from '../session.ts';

const options: OptionTable<JobParams<'generate'>, 'classes' | 'loras' | 'prompts' | 'bins'> = {
  count: { text: 'images per class' },
  ratio: {
    text: "images as a share of the chosen classes' training images, 0.25: a quarter as many (default: --count)",
  },
  share: { text: 'with --ratio: each class its share of the training images, or all equally many' },
  distribution: {
    text: 'how requested difficulties are spread: around mu, exactly mu, from low to high, as the training images have them (of all chosen classes, or of each), or as --bins',
  },
  mu: { text: 'mean of the requested difficulty' },
  sigma: { text: 'its standard deviation; 0: exactly mu' },
  low: { text: 'with --distribution uniform: the lowest difficulty' },
  high: { text: 'with --distribution uniform: the highest difficulty' },
  scorerId: {
    flag: 'scorer',
    text: "scorer whose difficulties are matched, and by which images are kept (default: the dataset's current one)",
  },
  keepWithin: {
    text: 'keep only images whose measured difficulty is at most this far from the requested one (default: any)',
  },
  keepMin: { text: 'keep only images of at least this measured difficulty' },
  keepMax: { text: 'keep only images of at most this measured difficulty' },
  keepAgreeing: { text: 'keep only images in which the scorer sees their class' },
  attempts: { text: 'candidates of one image at most' },
  atLimit: { text: 'where none of them may be kept: take the best one, or leave the image out' },
  promptSource: { flag: 'prompts-from', text: 'what prompts are taken from' },
  prompt: { text: 'prompt; [CLS] stands for the class; of choices in braces one is drawn for each image' },
  captionPrompt: {
    text: 'with --prompts-from captions: prompt around the caption, which [CAPTION] stands for',
  },
  negativePrompt: { text: 'what to steer away from' },
  ...promptingOptions,
  ...guidanceOptions,
  eta: { text: 'noise added at every step of ddim' },
  steps: { text: 'denoising steps' },
  size: { text: "side of the pictures in pixels (default: the model's own)" },
  init: { text: 'start from noise, from a real image, or between two real images of the class' },
  inversionSteps: { text: 'with --init interpolate: steps that invert each image' },
  strengths: {
    flag: 'strength',
    text: 'with --init image: share of the steps that are run anew; repeatable, one is drawn for each image',
  },
  firstPrompts: {
    flag: 'first-prompt',
    text: 'prompt of the first steps, [CLS] stands for the class; repeatable, one is drawn for each image',
  },
  firstShare: { text: 'with --first-prompt: share of the noise levels that it conditions' },
  embeddings: {
    flag: 'embedding',
    text: 'textual-inversion file (safetensors), whose token the prompt may name; repeatable',
  },
  batchSize: { text: 'images at a time' },
  adapterId: { flag: 'adapter', text: 'difficulty adapter (default: the newest of this dataset)' },
  modelId: { flag: 'model', text: 'diffusion model to use alone, without a difficulty adapter' },
};

/** "1,4,2" -> [1, 4, 2]. */
function binsOf(text: string): number[] {
  const bins = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (bins.every((count) => count >= 0 && count < Number.POSITIVE_INFINITY) && bins.some((n) => n > 0))
    return bins;
  throw new InvalidArgumentError('Expected counts, 0 or more, with commas between: 0,2,5,2.');
}

/** --prompts and --bins say by themselves where prompts and difficulties come from. */
function planOf(values: Values, io: Io): Record<string, unknown> {
  const { prompts, bins } = values as { prompts?: string; bins?: number[] };
  return {
    ...(bins && { bins, distribution: values.distribution ?? 'bins' }),
    ...(prompts && {
      prompts: promptLines(resolve(io.cwd, prompts)),
      promptSource: values.promptsFrom ?? 'list',
    }),
  };
}

const MAX_PROMPT_BYTES = 16 * 1024 * 1024;

/** The file's lines, so that an error's line is the file's. @throws where one is not written right. */
function promptLines(file: string): string[] {
  let lines: string[];
  try {
    lines = readUserText(file, { maxBytes: MAX_PROMPT_BYTES, wanted: 'text' }).split(/\r?\n/);
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    if (parsePromptList(lines).length === 0) throw usageError(`${file} holds no prompt; write one a line`);
  } catch (error) {
    throw error instanceof WildcardError ? usageError(`${file}, ${error.message}`) : error;
  }
  return lines;
}

const collect = (value: string, previous: string[] = []) => [...previous, value];
const weightsOf = (value: string, previous: number[] = []) => {
  const weight = Number(value);
  if (value.trim() === '' || !(Math.abs(weight) <= 10)) {
    throw new InvalidArgumentError('Expected a number from -10 to 10; 1: as trained.');
  }
  return [...previous, weight];
};

/** Class names as written in --class (repeated): checked against the dataset, 'all' for every one. */
function classesOf(values: Values, dataset: Dataset, session: Session): Record<string, unknown> {
  const wanted = (values.class ?? ['all']) as string[];
  if (wanted.includes('all')) return { classes: 'all' };
  return { classes: wanted.map((name) => session.className(dataset, name)) };
}

/** The files of --lora with their weights, by position, and those of --embedding; the engine works elsewhere. */
function filesOf(values: Values, io: Io): Record<string, unknown> {
  const files = (values.lora ?? []) as string[];
  const weights = (values.loraWeight ?? []) as number[];
  if (weights.length > files.length) {
    throw usageError(`${weights.length} times --lora-weight for ${files.length} times --lora`);
  }
  return {
    loras: files.map((file, i) => ({ path: resolve(io.cwd, file), weight: weights[i] ?? 1 })),
    embeddings: ((values.embedding ?? []) as string[]).map((file) => resolve(io.cwd, file)),
  };
}

/** Where images were chosen: what that took of each class. */
function acceptanceLines(job: Job): string[] {
  const acceptance = (job.result?.acceptance ?? []) as ClassAcceptance[];
  if (acceptance.length === 0) return [];
  const limit = job.params.atLimit === 'best' ? 'nearest taken' : 'left out';
  return table(
    ['class', 'candidates', 'accepted', 'rate', limit],
    acceptance.map((c) => [
      c.className,
      c.candidates,
      c.accepted,
      percent(c.accepted / c.candidates),
      c.atLimit,
    ]),
  );
}

export const generate = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'generate',
    summary: 'generate images of a class at a chosen difficulty',
    options,
    more: (command) =>
      command
        .option(
          '--bins <counts>',
          'difficulties as a histogram: counts of equally wide bins from 0 to 1',
          binsOf,
        )
        .option('--prompts <file>', 'file of prompts, one a line, of which one is drawn for each image')
        .option('--class <name>', 'class to generate, repeatable; all: every class (default: all)', collect)
        .option(
          '--lora <file>',
          'LoRA (safetensors) to put on the model besides the difficulty adapter; repeatable',
          collect,
        )
        .option(
          '--lora-weight <n>',
          'how strongly, 1: as trained; repeatable, the first is for the first --lora (default: 1)',
          weightsOf,
        ),
    params: (values, dataset, session) => ({
      ...classesOf(values, dataset, session),
      ...filesOf(values, context.io),
      ...planOf(values, context.io),
    }),
    report: (job) => ({ data: {}, lines: acceptanceLines(job) }),
  });
