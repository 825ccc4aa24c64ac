/** Owns when a generation may start: what is wrong with each field, in words that say what to do. */
import type { z } from 'zod';
import { generateParams } from '../../shared/jobs.ts';

export type GenerateInput = z.infer<typeof generateParams>;
export type FieldErrors = Partial<Record<keyof GenerateInput, string>>;

const rules: Partial<Record<keyof GenerateInput, string>> = {
  classes: 'Choose at least one class.',
  count: 'A whole number from 1 to 1,000,000.',
  mu: 'A difficulty from 0 (easy) to 1 (hard).',
  sigma: 'A spread from 0 (exactly this difficulty) to 1.',
  prompt: 'At most 1,000 characters.',
  negativePrompt: 'At most 1,000 characters.',
  guidanceScale: 'A number from 1 (off) to 30.',
  steps: 'A whole number from 1 to 1,000.',
  batchSize: 'A whole number from 1 to 64.',
  seed: 'A whole number, 0 or more.',
  size: "A whole number from 8 to 4,096; empty for the model's own.",
  strengths: 'A share above 0 and at most 1.',
  inversionSteps: 'A whole number from 1 to 1,000.',
  firstPrompts: 'At most 1,000 lines of 1,000 characters.',
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
  const several = params.classes === 'all' || params.classes.length > 1;
  if (!errors.prompt && !params.prompt.trim())
    errors.prompt = 'Write a prompt, for example: a photo of a [CLS]';
  else if (!errors.prompt && several && !params.prompt.includes('[CLS]')) {
    errors.prompt = 'Several classes are chosen: write [CLS] where the class name belongs.';
  }
  return errors;
}
