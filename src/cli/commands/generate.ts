/** Owns `crux generate`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readUserText } from '../../main/files/user-file.ts';
import { generateParams, loraWeight as weightSchema } from '../../shared/jobs/generate.ts';
import { parsePromptList, WildcardError } from '../../shared/wildcards.ts';
import type { CommandContext } from '../command.ts';
import { usageError } from '../errors.ts';
import { percent, table } from '../format.ts';
import type { Io } from '../io.ts';
import { datasetJob, type Values } from '../job-command.ts';
import type { Finished } from '../run-job.ts';
import { collect, fieldOptions, type OptionText, parserFor } from '../schema-options.ts';

const options = {
  init: { text: 'start from noise, from a real image, or between two real images of the class' },
  inversionSteps: { text: 'with --init interpolate: steps that invert each image' },
  strengths: {
    flag: 'strength',
    text: 'with --init image: share of the steps that are run anew; repeatable, one is drawn for each image',
  },
} satisfies Record<string, OptionText>;

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

const { prompts, loras } = fieldOptions(generateParams);
const loraWeight = parserFor(weightSchema);

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

const weightsOf = (text: string, previous: number[] = []) => [...previous, loraWeight(text) as number];

/** The files of --lora with their weights, by position; the engine works elsewhere. */
function lorasOf(values: Values, io: Io): Record<string, unknown> {
  const files = (values.lora ?? []) as string[];
  const weights = (values.loraWeight ?? []) as number[];
  if (weights.length > files.length) {
    throw usageError(`${weights.length} times --lora-weight for ${files.length} times --lora`);
  }
  return {
    loras: files.map((file, i) => ({ path: resolve(io.cwd, file), weight: weights[i] ?? 1 })),
  };
}

/** Where images were chosen: what that took of each class. */
function acceptanceLines(job: Finished<'generate'>): string[] {
  const { acceptance = [] } = job.result;
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
    apart: ['prompts', 'loras'],
    more: (command) =>
      command
        .option('--prompts <file>', `file of ${prompts.text}`)
        .option('--lora <file>', `${loras.text}; repeatable`, collect)
        .option(
          '--lora-weight <n>',
          'weight of the LoRA; 1: as trained; repeatable, the first is for the first --lora (default: 1)',
          weightsOf,
        ),
    params: (values) => ({
      ...lorasOf(values, context.io),
      ...planOf(values, context.io),
    }),
    report: (job) => ({ data: {}, lines: acceptanceLines(job) }),
  });
