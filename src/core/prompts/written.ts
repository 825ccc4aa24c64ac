/** Owns which prompts of a generation's settings a person wrote: those that are used, with their choices undrawn. */
import type { JobParams } from '../../shared/jobs/index.ts';

type Written = Pick<
  JobParams<'generate'>,
  'promptSource' | 'prompt' | 'captionPrompt' | 'prompts' | 'negativePrompt' | 'firstPrompts'
>;

export const writtenPrompts = (params: Written): string[] => [
  ...{ template: [params.prompt], captions: [params.captionPrompt], list: params.prompts }[
    params.promptSource
  ],
  params.negativePrompt,
  ...params.firstPrompts,
];
