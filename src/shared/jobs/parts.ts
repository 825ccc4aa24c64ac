/** Owns parameters and figures of results that several jobs have. */
import { z } from 'zod';
import { BUILTIN } from '../built-in.ts';
import { field } from '../field.ts';
import { labelList, limits } from '../limits.ts';
import { longPromptModes, longPromptNames, promptSyntaxes, promptSyntaxNames } from '../prompting.ts';
import { schedulerSettings, schedulers } from '../schedulers.ts';

export const id = z.int().positive();

/** What every random number of a job follows from: all of its bits count. */
export const seed = z.int().min(0).max(limits.seed).default(0);

/** Of a result: how many there are of something. */
export const count = z.int().min(0);

/** Of a job that looks at files of images: how many it left out as they are not as imported; absent: it looked at none. */
export const leftOut = { changed: count.optional(), missing: count.optional() };

export const modelId = z.string().max(limits.modelId);

export const encoder = modelId.default(BUILTIN.encoder);

/** The headings of a generation's form, in its order; a heading that a parameter alone names comes after them. */
export const generateGroups = {
  classes: 'Classes and count',
  difficulty: 'Difficulty',
  prompts: 'Prompts',
  filter: 'Filter',
  sampling: 'Sampling',
} as const;

type Level = 'basic' | 'advanced';

/** How samples are drawn. @param level of those that most people look at when they generate */
export const sampling = (level: Level) => ({
  guidanceScale: field(z.number().min(1).max(30).default(2), {
    label: 'Guidance scale',
    help: 'How strongly samples follow the prompt and the difficulty; 1 turns classifier-free guidance off.',
    advice: 'The published method uses 2. Large values exaggerate.',
    level,
    group: generateGroups.sampling,
    flag: 'guidance',
    step: 0.5,
    memory: true,
    recorded: true,
  }),
  // See core/diffusion/guidance.ts.
  guidanceMode: field(z.enum(['separate', 'null-token', 'same-token']).default('separate'), {
    label: 'Guidance mode',
    help: 'What guidance strengthens: the prompt and the difficulty separately, both together, or the prompt only.',
    level: 'advanced',
    group: generateGroups.sampling,
    choices: {
      separate: 'Prompt and difficulty separately',
      'null-token': 'Both together',
      'same-token': 'Prompt only',
    },
    memory: true,
    recorded: true,
  }),
  difficultyGuidance: field(z.number().min(1).max(30).default(5), {
    label: 'Difficulty guidance',
    help: 'Guidance scale of the difficulty; 1 leaves it as the model has learned it.',
    advice: 'Raise it if samples are not as hard or as easy as requested.',
    level: 'advanced',
    group: generateGroups.sampling,
    only: {
      where: 'with --guidance-mode separate',
      holds: (params) => params.guidanceMode === 'separate',
    },
    step: 0.5,
    memory: true,
    recorded: true,
  }),
  scheduler: field(z.enum(schedulerSettings).default('model'), {
    label: 'Scheduler',
    help: 'Diffusion scheduler, which removes the noise step by step.',
    level,
    group: generateGroups.sampling,
    choices: {
      model: { label: "The model's own", help: 'As the model was saved with it.' },
      ...schedulers,
    },
    recorded: true,
  }),
  steps: field(z.int().min(1).max(1000).default(30), {
    label: 'Steps',
    help: 'Denoising steps of each sample.',
    advice: 'More take longer; beyond 30 to 50 they hardly improve samples.',
    level,
    group: generateGroups.sampling,
    recorded: true,
  }),
  batchSize: field(z.int().min(1).max(64).default(8), {
    label: 'Batch size',
    help: 'Samples computed together.',
    advice: 'More are faster and need more memory.',
    level: 'advanced',
    group: generateGroups.sampling,
    memory: true,
  }),
});

export const drawingSeed = (level: Level) =>
  field(seed, {
    label: 'Seed',
    help: 'The same seed, settings and model give the same samples again.',
    level,
    group: generateGroups.sampling,
    recorded: true,
  });

/** How prompts are read. */
export const prompting = (level: Level) => ({
  promptSyntax: field(z.enum(promptSyntaxNames).default('plain'), {
    label: 'Prompt syntax',
    help: 'How prompts are read: as plain text, or with the weights, BREAK and <lora:name:0.8> of another program.',
    level,
    group: generateGroups.prompts,
    choices: promptSyntaxes,
    recorded: true,
  }),
  longPrompts: field(z.enum(longPromptNames).default('truncate'), {
    label: 'Long prompts',
    help: 'What happens to prompts longer than the text encoder takes: cut at the end, or read in chunks.',
    level,
    group: generateGroups.prompts,
    choices: longPromptModes,
  }),
  clipSkip: field(z.int().min(1).max(limits.layers).nullable().default(null), {
    label: 'CLIP skip',
    help: 'Layer of the text encoder whose output is used, counted from the last, which is 1.',
    advice: 'Some fine-tuned models were trained with 2.',
    level,
    group: generateGroups.prompts,
    none: "The model's own",
    recorded: true,
  }),
});

export const positivePrompt = {
  label: 'Prompt',
  help: 'Prompt; [CLS] stands for the class.',
} as const;

export const steeringAway = {
  label: 'Negative prompt',
  help: 'What samples must not show.',
  advice: 'For example: blurry, cropped, deformed. It has no effect at guidance scale 1.',
  group: generateGroups.prompts,
  recorded: true,
} as const;

/** Classes that the model was trained on, or of the dataset. */
export const someClasses = z.union([z.literal('all'), labelList(1)]).default('all');

export const difficultyModel = {
  label: 'Difficulty model',
  flag: 'adapter',
  among: 'difficulty-models',
  memory: true,
} as const;

/** The same seeds of every class at every level. */
export const everyLevel = {
  adapterId: field(modelId.nullable().default(null), {
    ...difficultyModel,
    help: 'Difficulty model to measure.',
    advice: 'Models trained on this dataset come first, the newest on top.',
    level: 'basic',
    none: 'The newest of this dataset',
  }),
  scorerId: field(id.nullable().default(null), {
    label: 'Scorer',
    help: 'Scorer of the real images and of the samples.',
    advice: 'The model follows the scorer that it was trained with.',
    level: 'basic',
    flag: 'scorer',
    none: 'The one that the model was trained with',
    among: 'scorers',
  }),
  classes: field(someClasses, {
    label: 'Classes',
    help: 'Classes to generate.',
    level: 'advanced',
    flag: 'class',
    control: 'classes',
  }),
  levels: field(z.array(z.number().min(0).max(1)).min(2).max(20).default([0.1, 0.3, 0.5, 0.7, 0.9]), {
    label: 'Requested difficulties',
    help: 'Difficulties to request, from 0 (easiest) to 1 (hardest).',
    level: 'basic',
    rising: true,
  }),
  count: field(z.int().min(1).max(10_000).default(40), {
    label: 'Samples per class and difficulty',
    help: 'Samples per class and difficulty; each difficulty uses the same seeds.',
    advice: 'More samples narrow the intervals: 40 give a correlation to about ± 0.1 within a class.',
    level: 'basic',
  }),
};
