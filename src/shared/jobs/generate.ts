/** Owns the parameters and the result of a generation. */
import { z } from 'zod';
import { field } from '../field.ts';
import { promptList, promptText } from '../limits.ts';
import { pathFor } from '../paths.ts';
import { withRules } from '../rules.ts';
import { filter, keeping } from './generate-filter.ts';
import { generateRules } from './generate-rules.ts';
import {
  count,
  difficultyModel,
  drawingSeed,
  generateGroups as groups,
  id,
  leftOut,
  modelId,
  positivePrompt,
  prompting,
  sampling,
  someClasses,
  steeringAway,
} from './parts.ts';

type Params = Readonly<Record<string, unknown>>;

/** 1: as trained. */
export const loraWeight = z.number().min(-10).max(10);

const difficulty = z.number().min(0).max(1);

const among =
  (name: string, ...values: unknown[]) =>
  (params: Params) =>
    values.includes(params[name]);

const byRatio = (params: Params) => params.ratio !== null;
const matching = among('distribution', 'real', 'real-class');
const choices = 'From choices in braces, such as {in the rain|at night|}, one is drawn for each sample.';

const fields = z.object({
  datasetId: id,
  adapterId: field(modelId.nullable().default(null), {
    ...difficultyModel,
    help: 'Difficulty model to generate with.',
    level: 'advanced',
    group: groups.sampling,
    only: { holds: (params) => params.modelId === null },
    none: 'The newest of this dataset',
  }),
  modelId: field(modelId.nullable().default(null), {
    label: 'Base model only',
    help: 'Diffusion model to use without a difficulty model.',
    advice: 'It knows no difficulty: generate with it for comparison.',
    level: 'advanced',
    group: groups.sampling,
    flag: 'model',
    none: 'A difficulty model is used',
    among: 'diffusion-models',
    memory: true,
  }),
  classes: field(someClasses, {
    label: 'Classes',
    help: 'Classes to generate.',
    advice: 'The class labels the samples.',
    level: 'basic',
    group: groups.classes,
    flag: 'class',
    control: 'classes',
  }),
  count: field(z.int().min(1).max(1_000_000).default(8), {
    label: 'Samples per class',
    help: 'Samples per class.',
    level: 'basic',
    group: groups.classes,
    only: { holds: (params) => !byRatio(params) },
  }),
  ratio: field(z.number().gt(0).max(100).nullable().default(null), {
    label: 'Samples per real image',
    help: 'Samples as a share of the training images of the chosen classes, instead of a number per class.',
    level: 'basic',
    group: groups.classes,
    only: { holds: byRatio },
    unit: '%',
    step: 5,
  }),
  share: field(z.enum(['natural', 'balanced']).default('natural'), {
    label: 'Share of each class',
    help: 'How samples are shared among the classes: in proportion to their training images, or equally.',
    advice: 'Equally adds more to rare classes.',
    level: 'basic',
    group: groups.classes,
    only: { where: 'with --ratio', holds: byRatio },
    choices: { natural: 'As the real images', balanced: 'Equally' },
  }),
  distribution: field(
    z.enum(['normal', 'fixed', 'uniform', 'real', 'real-class', 'bins']).default('normal'),
    {
      label: 'Requested difficulties',
      help: 'How requested difficulties are distributed: around mu, exactly mu, from low to high, as in the training images of all chosen classes or of each class, or as a histogram of your own.',
      advice:
        '0 is easiest, 1 hardest. The published method draws them around 0.5, with standard deviation 0.1.',
      level: 'basic',
      group: groups.difficulty,
      choices: {
        normal: 'Around a mean',
        fixed: 'Exactly one difficulty',
        uniform: 'Evenly over a range',
        real: 'As the real images',
        'real-class': 'As the real images of each class',
        bins: 'As a histogram of your own',
      },
    },
  ),
  mu: field(difficulty.default(0.5), {
    label: 'Difficulty μ',
    help: 'Mean of the requested difficulty.',
    level: 'basic',
    group: groups.difficulty,
    only: { holds: among('distribution', 'normal', 'fixed') },
    control: 'slider',
    step: 0.01,
  }),
  sigma: field(difficulty.default(0.1), {
    label: 'Spread σ',
    help: 'Standard deviation of the requested difficulty; 0 requests exactly mu.',
    level: 'basic',
    group: groups.difficulty,
    only: { holds: among('distribution', 'normal') },
    control: 'slider',
    step: 0.01,
  }),
  low: field(difficulty.default(0), {
    label: 'Lowest difficulty',
    help: 'Lowest requested difficulty.',
    advice: 'Up to 0.33 counts as easy, from 0.66 as extremely hard.',
    level: 'basic',
    group: groups.difficulty,
    only: { where: 'with --distribution uniform', holds: among('distribution', 'uniform') },
    control: 'slider',
    step: 0.01,
  }),
  high: field(difficulty.default(1), {
    label: 'Highest difficulty',
    help: 'Highest requested difficulty.',
    level: 'basic',
    group: groups.difficulty,
    only: { where: 'with --distribution uniform', holds: among('distribution', 'uniform') },
    control: 'slider',
    step: 0.01,
  }),
  bins: field(z.array(z.number().min(0)).max(1000).default([]), {
    label: 'Histogram',
    help: 'Requested difficulties as a histogram: counts of equally wide bins from 0 to 1.',
    advice: 'Only their proportions matter: 0, 1, 2, 1, 0 requests mostly the middle fifth.',
    level: 'basic',
    group: groups.difficulty,
    only: { holds: among('distribution', 'bins') },
    placeholder: '0, 1, 2, 1, 0',
  }),
  scorerId: field(id.nullable().default(null), {
    label: 'Scorer',
    help: 'Scorer whose difficulties are matched, and which decides which samples are kept.',
    advice: 'A scorer that the difficulty model was not trained with is the stricter judge.',
    level: 'basic',
    group: groups.difficulty,
    flag: 'scorer',
    only: { holds: (params) => matching(params) || keeping(params) },
    none: "The dataset's current scorer",
    among: 'scorers',
  }),
  ...filter,
  promptSource: field(z.enum(['template', 'captions', 'list']).default('template'), {
    label: 'Source of prompts',
    help: 'Where prompts come from: one template, the captions of the training images, or a list.',
    advice: 'More varied prompts give more varied samples.',
    level: 'basic',
    group: groups.prompts,
    flag: 'prompts-from',
    choices: { template: 'A template', captions: 'Captions of the dataset', list: 'A list' },
  }),
  prompt: field(promptText.default('a photo of a [CLS]'), {
    ...positivePrompt,
    advice: choices,
    level: 'basic',
    group: groups.prompts,
    only: { holds: among('promptSource', 'template') },
    recorded: true,
  }),
  captionPrompt: field(promptText.default('[CAPTION]'), {
    label: 'Prompt around the caption',
    help: 'Prompt in which [CAPTION] stands for a caption of the class and [CLS] for its name.',
    advice: `For example: photo of [CLS], [CAPTION]. ${choices}`,
    level: 'basic',
    group: groups.prompts,
    only: { where: 'with --prompts-from captions', holds: among('promptSource', 'captions') },
  }),
  prompts: field(promptList.default([]), {
    label: 'List of prompts',
    help: 'Prompts, one a line; one is drawn for each sample.',
    advice: `Blank lines, and lines that start with #, are skipped. ${choices}`,
    level: 'basic',
    group: groups.prompts,
    only: { holds: among('promptSource', 'list') },
    control: 'lines',
    placeholder: 'a photo of a [CLS] {indoors|outdoors}\na [CLS] in a crowd',
  }),
  negativePrompt: field(promptText.default(''), { ...steeringAway, level: 'basic' }),
  ...prompting('basic'),
  ...sampling('basic'),
  eta: field(z.number().min(0).max(1).default(0), {
    label: 'DDIM eta',
    help: 'Noise added at every step of DDIM or TCD: 0 none, 1 as much as DDPM.',
    level: 'advanced',
    group: groups.sampling,
    step: 0.1,
    recorded: true,
  }),
  size: field(z.int().min(8).max(4096).nullable().default(null), {
    label: 'Image size',
    help: 'Side of the samples in pixels.',
    advice: 'The model is best at its own size. Smaller samples need less memory.',
    level: 'advanced',
    group: groups.sampling,
    unit: 'px',
    none: "The model's own",
    step: 8,
    memory: true,
  }),
  /** From noise, from a real image of the class (SDEdit), or between two real images of it (circle interpolation). */
  init: z.enum(['noise', 'image', 'interpolate']).default('noise'),
  /** With init image: share of the steps that are run anew, one drawn for each picture; more departs further. */
  strengths: z.array(z.number().gt(0).max(1)).min(1).max(100).default([0.7]),
  /** With init interpolate: DDIM steps that invert each image. */
  inversionSteps: z.int().min(1).max(1000).default(50),
  firstPrompts: field(z.array(promptText.min(1, 'a text that is not empty')).max(1000).default([]), {
    label: 'First-stage prompts',
    help: 'Prompt of the first steps, which decide the composition; from several, one is drawn for each sample.',
    advice: 'Two-stage prompting, one a line. Empty: one prompt throughout.',
    level: 'advanced',
    group: groups.prompts,
    flag: 'first-prompt',
    placeholder: 'a photo of a [CLS] in the rain',
  }),
  firstShare: field(z.number().min(0).max(1).default(0.3), {
    label: 'First-stage share',
    help: 'Share of the noise levels that the first-stage prompt conditions.',
    level: 'advanced',
    group: groups.prompts,
    only: {
      where: 'with --first-prompt',
      holds: (params) => (params.firstPrompts as unknown[]).length > 0,
    },
    step: 0.05,
  }),
  loras: field(
    z
      .array(z.object({ path: pathFor('lora'), weight: z.number().min(-10).max(10) }))
      .max(20)
      .default([]),
    {
      label: 'Your own LoRAs',
      help: 'LoRA file (safetensors) to add to the model besides the difficulty model.',
      advice: 'Weight 1 is as trained, 0 is off. Layouts of diffusers, kohya and older programs are read.',
      level: 'advanced',
      group: groups.sampling,
      flag: 'lora',
      control: 'loras',
    },
  ),
  embeddings: field(z.array(pathFor('embedding')).max(100).default([]), {
    label: 'Textual-inversion embeddings',
    help: 'Textual-inversion file (safetensors) whose token a prompt may name.',
    level: 'advanced',
    group: groups.prompts,
    flag: 'embedding',
  }),
  seed: drawingSeed('basic'),
});

export const generateParams = withRules(fields, generateRules);

/** Of one class, where pictures were chosen: a part of the result of a generation. */
export const classAcceptance = z.object({
  className: z.string(),
  /** That were made and measured. */
  candidates: z.int(),
  accepted: z.int(),
  /** Pictures none of whose candidates were accepted. */
  atLimit: z.int(),
});
export type ClassAcceptance = z.infer<typeof classAcceptance>;

/** Where samples were chosen by a scorer: how many candidates that took. */
const selectionFigures = z.object({
  /** Its name. */
  scorer: z.string(),
  candidates: count,
  acceptanceRate: z.number(),
  atLimit: count,
  acceptance: z.array(classAcceptance),
});

export const generateResult = z.object({
  generated: count,
  classes: count,
  ...selectionFigures.partial().shape,
  ...leftOut,
});
