/** Owns when a generation may start: what is wrong with each field, in words that say what to do. */
import type { z } from 'zod';
import { keepsEverything } from '../../core/recipes/acceptance.ts';
import { parsePrompt, parsePromptList, WildcardError } from '../../core/recipes/wildcards.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { limits } from '../../shared/limits.ts';
import { clipSkipRule } from '../ui/prompting-fields.tsx';
import { seedRule } from '../ui/seed-rule.ts';

export type GenerateInput = z.infer<typeof generateParams>;
export type FieldErrors = Partial<Record<keyof GenerateInput, string>>;

const promptCharacters = `${limits.prompt.toLocaleString('en-US')} characters`;

const rules: Partial<Record<keyof GenerateInput, string>> = {
  classes: 'Choose at least one class.',
  count: 'A whole number from 1 to 1,000,000.',
  mu: 'A difficulty from 0 (easy) to 1 (hard).',
  ratio: 'A percentage above 0, at most 10,000.',
  low: 'A difficulty from 0 (easy) to 1 (hard).',
  high: 'A difficulty from 0 (easy) to 1 (hard).',
  bins: 'Numbers, 0 or more, with commas between: 0, 1, 2, 1, 0.',
  keepWithin: 'A distance above 0 and at most 1; empty for any.',
  keepMin: 'A difficulty from 0 to 1.',
  keepMax: 'A difficulty from 0 to 1.',
  attempts: 'A whole number from 1 to 1,000.',
  prompts: `At most 10,000 lines of ${promptCharacters}.`,
  captionPrompt: `At most ${promptCharacters}.`,
  sigma: 'A spread from 0 (exactly this difficulty) to 1.',
  prompt: `At most ${promptCharacters}.`,
  negativePrompt: `At most ${promptCharacters}.`,
  guidanceScale: 'A number from 1 (off) to 30.',
  difficultyGuidance: 'A number from 1 (off) to 30.',
  steps: 'A whole number from 1 to 1,000.',
  batchSize: 'A whole number from 1 to 64.',
  clipSkip: clipSkipRule,
  seed: seedRule,
  size: "A whole number from 8 to 4,096; empty for the model's own.",
  strengths: 'A share above 0 and at most 1.',
  inversionSteps: 'A whole number from 1 to 1,000.',
  firstPrompts: `At most 1,000 lines of ${promptCharacters}.`,
  firstShare: 'A share from 0 to 1.',
  loras: 'At most 20 files, each with a weight from -10 to 10.',
};

/** No entry: the field is right. The limits are those of the job's own schema. */
export function checkGenerate(params: GenerateInput): FieldErrors {
  const errors: FieldErrors = {};
  const answer = generateParams.safeParse(params);
  for (const issue of answer.error?.issues ?? []) {
    const field = issue.path[0] as keyof GenerateInput;
    errors[field] ??= rules[field] ?? issue.message;
  }
  // A setting that is of no effect is not looked at.
  if (params.distribution === 'uniform' && params.low > params.high)
    errors.high ??= 'Wanted at least the lowest difficulty.';
  if (params.distribution === 'bins' && !params.bins.some((count) => count > 0))
    errors.bins ??= 'Write a count above 0 for at least one bin.';
  if (params.keepMin > params.keepMax)
    errors.keepMax ??= 'Wanted at least the lowest difficulty that is kept.';
  return { ...promptErrors(params), ...errors };
}

function promptErrors(params: GenerateInput): FieldErrors {
  const { promptSource, prompt, prompts, captionPrompt } = params;
  const several = params.classes === 'all' || params.classes.length > 1;
  if (promptSource === 'captions') {
    if (!captionPrompt.includes('[CAPTION]'))
      return {
        captionPrompt: 'Write [CAPTION] where the caption belongs, for example: photo of [CLS], [CAPTION]',
      };
    return wrongChoices('captionPrompt', () => parsePrompt(captionPrompt));
  }
  if (promptSource === 'list') {
    const said = prompts.map((line) => line.trim()).map((line) => (line.startsWith('#') ? '' : line));
    if (said.every((line) => line === ''))
      return { prompts: 'Write a prompt on each line, for example: a photo of a [CLS]' };
    const without = said.findIndex((line) => line !== '' && !line.includes('[CLS]'));
    if (several && without >= 0)
      return {
        prompts: `Line ${without + 1}: several classes are chosen, so write [CLS] where the class name belongs.`,
      };
    return wrongChoices('prompts', () => parsePromptList(prompts));
  }
  if (!prompt.trim()) return { prompt: 'Write a prompt, for example: a photo of a [CLS]' };
  if (several && !prompt.includes('[CLS]'))
    return { prompt: 'Several classes are chosen: write [CLS] where the class name belongs.' };
  return wrongChoices('prompt', () => parsePrompt(prompt));
}

function wrongChoices(field: keyof GenerateInput, parse: () => unknown): FieldErrors {
  try {
    parse();
    return {};
  } catch (error) {
    if (!(error instanceof WildcardError)) throw error;
    return { [field]: `${error.message[0].toUpperCase()}${error.message.slice(1)}.` };
  }
}

/** Nothing is asked of the images: none is measured while it is made. */
export const keepsAll = (params: GenerateInput): boolean =>
  keepsEverything({
    within: params.keepWithin,
    min: params.keepMin,
    max: params.keepMax,
    agreeing: params.keepAgreeing,
  });
