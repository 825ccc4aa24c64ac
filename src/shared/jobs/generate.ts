/** Owns the parameters and the result of a generation. */
import { z } from 'zod';
import { promptList, promptText } from '../limits.ts';
import { pathFor } from '../paths.ts';
import { id, modelId, prompting, sampling, seed, someClasses } from './parts.ts';

export const generateParams = z.object({
  datasetId: id,
  /** Difficulty adapter; null: the newest one trained on this dataset, unless `modelId` is given. */
  adapterId: modelId.nullable().default(null),
  /** Diffusion model to generate from alone, without any difficulty adapter; null: the adapter's own. */
  modelId: modelId.nullable().default(null),
  classes: someClasses,
  /** Images per class, where `ratio` is null. */
  count: z.int().min(1).max(1_000_000).default(8),
  /** Images as a share of the chosen classes' training images (1: as many again), in place of `count`. */
  ratio: z.number().gt(0).max(100).nullable().default(null),
  /** With a ratio: each class its share of the training images, or every class equally many. */
  share: z.enum(['natural', 'balanced']).default('natural'),
  /**
   * How requested difficulties are spread. normal: N(mu, sigma) truncated to (0,1); fixed: mu; uniform: from low to
   * high; real: as the training images' by `scorerId`, of all chosen classes together, or (real-class) of each class;
   * bins: as the counts in `bins`.
   */
  distribution: z.enum(['normal', 'fixed', 'uniform', 'real', 'real-class', 'bins']).default('normal'),
  mu: z.number().min(0).max(1).default(0.5),
  sigma: z.number().min(0).max(1).default(0.1), // 0: fixed difficulty
  low: z.number().min(0).max(1).default(0),
  high: z.number().min(0).max(1).default(1),
  /** Counts of equally wide bins from difficulty 0 to 1. */
  bins: z.array(z.number().min(0)).max(1000).default([]),
  /** Scorer whose difficulties are matched, and by which pictures are kept; null: the dataset's current one. */
  scorerId: id.nullable().default(null),
  /** Keep a picture only if its measured difficulty is this near to the requested one; null: however far. */
  keepWithin: z.number().gt(0).max(1).nullable().default(null),
  /** Keep a picture only if its measured difficulty is in this range. */
  keepMin: z.number().min(0).max(1).default(0),
  keepMax: z.number().min(0).max(1).default(1),
  /** Keep a picture only if the scorer's most probable class is its label. */
  keepAgreeing: z.boolean().default(false),
  /** Candidates of one picture at most, each from a seed of its own. */
  attempts: z.int().min(1).max(1000).default(5),
  /** Where none of them may be kept: take the best one all the same, or leave the picture out. */
  atLimit: z.enum(['best', 'leave-out']).default('best'),
  /** template: `prompt`; captions: `captionPrompt` with a caption of the class's training images; list: of `prompts`. */
  promptSource: z.enum(['template', 'captions', 'list']).default('template'),
  /** Prompts may hold choices, "{in the rain|at night|}": drawn for each picture. */
  prompt: promptText.default('a photo of a [CLS]'),
  captionPrompt: promptText.default('[CAPTION]'),
  /** One is drawn for each picture; blank ones, and those that start with #, are skipped. */
  prompts: promptList.default([]),
  negativePrompt: promptText.default(''),
  ...prompting,
  ...sampling,
  /** Noise added at every step of DDIM: 0 none, 1 as much as DDPM. */
  eta: z.number().min(0).max(1).default(0),
  /** Side of the pictures in pixels; null: the model's own. */
  size: z.int().min(8).max(4096).nullable().default(null),
  /** From noise, from a real image of the class (SDEdit), or between two real images of it (circle interpolation). */
  init: z.enum(['noise', 'image', 'interpolate']).default('noise'),
  /** With init image: share of the steps that are run anew, one drawn for each picture; more departs further. */
  strengths: z.array(z.number().gt(0).max(1)).min(1).max(100).default([0.7]),
  /** With init interpolate: DDIM steps that invert each image. */
  inversionSteps: z.int().min(1).max(1000).default(50),
  /** Two-stage prompts: one of these, drawn for each picture, conditions the first `firstShare` of the noise levels. */
  firstPrompts: z.array(promptText.min(1, 'a text that is not empty')).max(1000).default([]),
  firstShare: z.number().min(0).max(1).default(0.3),
  /** LoRA files of a person's own, on top of the difficulty adapter; weight 1 as trained. */
  loras: z
    .array(z.object({ path: pathFor('lora'), weight: z.number().min(-10).max(10) }))
    .max(20)
    .default([]),
  /** Textual-inversion files; a prompt names their tokens. */
  embeddings: z.array(pathFor('embedding')).max(100).default([]),
  seed,
});

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
