/**
 * Owns what a job is: one parameter schema per kind, its defaults, and the persisted row.
 * The CLI's options, the app's forms and the engine's bodies all derive from these schemas.
 */
import { z } from 'zod';
import { deviceName, imageFilter } from './domain.ts';
import { field } from './field.ts';
import { labelList, limits, promptList, promptText } from './limits.ts';
import { pathFor } from './paths.ts';
import { longPromptNames, promptSyntaxNames } from './prompting.ts';
import { schedulerSettings } from './schedulers.ts';

const id = z.int().positive();
/** What every random number of a job follows from: all of its bits count. */
const seed = z.int().min(0).max(limits.seed).default(0);
const modelId = z.string().max(limits.modelId);
const encoder = modelId.default('builtin:encoder');

/** How pictures are drawn. */
const sampling = {
  guidanceScale: z.number().min(1).max(30).default(2),
  /** What guidance strengthens: see core/diffusion/guidance.ts. */
  guidanceMode: z.enum(['separate', 'null-token', 'same-token']).default('separate'),
  /** With guidance mode separate: how strongly difficulty is followed; 1: as the model does by itself. */
  difficultyGuidance: z.number().min(1).max(30).default(5),
  scheduler: z.enum(schedulerSettings).default('model'),
  steps: z.int().min(1).max(1000).default(30),
  batchSize: z.int().min(1).max(64).default(8),
};

/** How prompts are read. */
const prompting = {
  /** Which program's syntax they are written in; core/prompts has one file for each. */
  promptSyntax: z.enum(promptSyntaxNames).default('plain'),
  /** Prompts of more tokens than the text encoder takes at a time: their end is cut, or read in further chunks. */
  longPrompts: z.enum(longPromptNames).default('truncate'),
  /** Layer of the text encoder whose output is used, counted from its end: 1 the last; null: as the model's config says. */
  clipSkip: z.int().min(1).max(limits.layers).nullable().default(null),
};

/** Classes that the model was trained on, or of the dataset. */
const someClasses = z.union([z.literal('all'), labelList(1)]).default('all');

/** The same seeds of every class at every level. */
const everyLevel = {
  /** Difficulty adapter; null: the newest one trained on this dataset. */
  adapterId: modelId.nullable().default(null),
  /** Scorer whose difficulty the adapter was trained on; null: the one that its file names. */
  scorerId: id.nullable().default(null),
  classes: someClasses,
  levels: z.array(z.number().min(0).max(1)).min(2).max(20).default([0.1, 0.3, 0.5, 0.7, 0.9]),
  /** Images per class and level: seeds that every level shares. */
  count: z.int().min(1).max(10_000).default(40),
};

const columnName = z.string().min(1).max(limits.name).optional();

export const importParams = z.object({
  /** An image folder, or a manifest: one image a row. */
  source: pathFor('dataset-folder', 'manifest'),
  name: z.string().min(1).max(limits.name),
  /** Folder that a manifest's paths start from and stay in; null: its own. */
  root: pathFor('dataset-folder').nullable().default(null),
  /** Names of a manifest's columns where they are not found by themselves. */
  columns: z
    .object({
      path: columnName,
      label: columnName,
      split: columnName,
      caption: columnName,
      probabilities: columnName,
    })
    .default({}),
  /** Follows symbolic links that lead out of the folder. */
  followLinks: z.boolean().default(false),
  /** What numbers that come with the images are; ask: fail where they may be logits, and say so. */
  probabilities: z.enum(['ask', 'probabilities', 'logits']).default('ask'),
  /** Class of each number of a list; empty: the dataset's own order, which is numeric for integers. */
  classOrder: labelList(0).default([]),
});

export const relinkParams = z.object({
  datasetId: id,
  /** Folder that holds the images now. */
  root: pathFor('dataset-folder'),
});

export const embedParams = z.object({
  datasetId: id,
  modelId: field(encoder, {
    label: 'Encoder',
    help: 'The network that makes the features.',
    level: 'basic',
    flag: 'model',
    among: 'encoders',
  }),
});

export const scoreParams = z.object({
  datasetId: id,
  method: z.enum(['out-of-fold', 'in-sample', 'classifier', 'precomputed']).default('out-of-fold'),
  /** Encoder whose frozen features the probe stands on, or the classifier itself. */
  modelId: modelId.default('builtin:encoder'),
  folds: z.int().min(2).max(50).default(5),
  /** The scorer's probabilities become p^(1/T), renormalised; auto: T of least log loss; 1: as they are. */
  temperature: z.union([z.literal('auto'), z.number().min(0.05).max(20)]).default(1),
  seed,
});

/** From a model, what learns beyond its new last layer. */
const ofModel = (params: Readonly<Record<string, unknown>>) => params.modelId !== null;
const withPictures = (params: Readonly<Record<string, unknown>>) =>
  !ofModel(params) || params.train !== 'head';

/**
 * A classifier of the dataset's own images: a small residual network from scratch, or a network of yours with a new
 * last layer. The defaults are ours, but for the smallest crop, which is Real-Fake's.
 */
export const fitParams = z.object({
  datasetId: id,
  modelId: field(modelId.nullable().default(null), {
    label: 'Start from',
    help: 'Network to start from.',
    advice:
      'From scratch: a small network that sees only your images, at 64 pixels. A network that has seen many others learns yours from far fewer; add one under Settings (safetensors, as timm or transformers saves them).',
    level: 'basic',
    flag: 'model',
    none: 'From scratch (small ResNet)',
    among: 'image-networks',
  }),
  train: field(z.enum(['all', 'last-stage', 'head']).default('all'), {
    label: 'What learns',
    help: 'Which layers of the network learn.',
    advice:
      'All: best where there are some hundred images or more, and slow. Last stage: the early layers stay as they are. Last layer: minutes even on large datasets, as features are computed once; without random crops.',
    level: 'basic',
    only: { where: 'from a model', holds: ofModel },
    choices: { all: 'All', 'last-stage': 'Last stage', head: 'Last layer' },
  }),
  stages: field(z.int().min(1).max(100).default(1), {
    label: 'Stages',
    help: 'How many of the last stages learn.',
    advice: "A ResNet has four; a ViT's blocks count as four quarters.",
    level: 'advanced',
    only: {
      where: 'with --train last-stage',
      holds: (params) => ofModel(params) && params.train === 'last-stage',
    },
  }),
  size: field(z.int().min(16).max(1024).nullable().default(null), {
    label: 'Image size',
    help: "Side in pixels that images are brought to; unless set, the model's own, and 64 from scratch.",
    advice: 'Larger images show more and take longer: twice the side is four times the work.',
    level: 'advanced',
    none: 'Automatic',
    step: 16,
  }),
  epochs: field(z.int().min(1).max(10_000).default(30), {
    label: 'Epochs',
    help: 'How often every image is seen, at most.',
    advice: 'You can stop at any time and keep the best epoch so far.',
    level: 'basic',
  }),
  batchSize: field(z.int().min(2).max(1024).default(32), {
    label: 'Batch',
    help: 'Images that are learned from at a time.',
    advice: 'Fewer take less memory.',
    level: 'basic',
  }),
  learningRate: field(z.number().positive().max(1).default(2e-3), {
    label: 'Learning rate',
    help: 'How far each step moves the network (from a model: its new last layer), at its highest.',
    advice: 'It rises in the first epoch and falls to almost nothing.',
    level: 'advanced',
    step: 0.0005,
  }),
  backboneRate: field(z.number().positive().max(1).default(0.02), {
    label: 'Rate of the rest',
    help: 'Factor on the learning rate of all but the last layer.',
    advice: 'What the network has learned before needs small steps only.',
    level: 'advanced',
    only: { where: 'from a model', holds: (params) => ofModel(params) && withPictures(params) },
    step: 0.01,
  }),
  weightDecay: field(z.number().min(0).max(1).default(0.05), {
    label: 'Weight decay',
    help: 'Decoupled weight decay: how strongly weights are pulled towards zero.',
    advice: 'More keeps a network from learning single images by heart.',
    level: 'advanced',
    step: 0.01,
  }),
  labelSmoothing: field(z.number().min(0).max(0.9).default(0), {
    label: 'Label smoothing',
    help: 'Share of the target that is spread over all classes.',
    advice: 'About 0.1 keeps the network from being too sure, also where labels are wrong.',
    level: 'advanced',
    step: 0.05,
  }),
  flip: field(z.boolean().default(true), {
    label: 'Mirror',
    help: 'Show every second image mirrored.',
    off: 'Do not mirror images.',
    advice: 'Turn it off where left and right matter.',
    level: 'advanced',
    only: { where: 'where images are seen anew in every epoch', holds: withPictures },
  }),
  shift: field(z.int().min(0).max(64).default(4), {
    label: 'Shift',
    help: 'Images are moved at random by up to this many pixels.',
    level: 'advanced',
    only: { where: 'from scratch', holds: (params) => !ofModel(params) },
  }),
  cropScale: field(z.number().gt(0).max(1).default(0.5), {
    label: 'Smallest crop',
    help: "Smallest share of an image's area that a random crop keeps.",
    advice: '1: always all of it.',
    level: 'advanced',
    only: { where: 'from a model', holds: (params) => ofModel(params) && withPictures(params) },
    step: 0.05,
  }),
  validationShare: field(z.number().min(0.02).max(0.5).default(0.2), {
    label: 'Held out',
    help: 'Share of each class that only measures, where no image is marked as validation.',
    advice:
      'Where images are marked as validation, those are taken instead; images marked as test are never used.',
    level: 'basic',
    step: 0.05,
  }),
  patience: field(z.int().min(1).max(10_000).default(8), {
    label: 'Patience',
    help: 'Epochs without a lower validation loss after which the training ends by itself.',
    level: 'basic',
  }),
  gradientCheckpointing: field(z.boolean().default(false), {
    label: 'Gradient checkpointing',
    help: 'Takes less memory and about a third more time: inner values are computed again instead of kept.',
    level: 'advanced',
    only: { where: 'where more than the last layer learns', holds: withPictures },
  }),
  seed: field(seed, {
    label: 'Seed',
    help: 'The same seed, settings and images give the same classifier again.',
    level: 'advanced',
  }),
});

const byTsne = {
  where: 'with t-SNE',
  holds: (params: Readonly<Record<string, unknown>>) => params.method === 'tsne',
};

export const projectParams = z.object({
  datasetId: id,
  method: field(z.enum(['tsne', 'pca']).default('tsne'), {
    label: 'Method',
    help: 'How the map is made.',
    advice:
      't-SNE keeps neighbours together. PCA is a plain linear view: quick, and distances mean something.',
    level: 'basic',
    choices: { tsne: 't-SNE', pca: 'PCA' },
  }),
  modelId: field(encoder, {
    label: 'Encoder',
    help: 'The network whose features are laid out.',
    level: 'basic',
    flag: 'model',
    among: 'encoders',
  }),
  perplexity: field(z.number().min(2).max(500).default(30), {
    label: 'Perplexity',
    help: 'Effective number of neighbours of each point.',
    advice: 'Small: many tight clumps. Large: the broad shape.',
    level: 'basic',
    only: byTsne,
  }),
  iterations: field(z.int().min(50).max(10000).default(1000), {
    label: 'Iterations',
    help: 'Steps of the layout.',
    advice: '1,000 is usual.',
    level: 'basic',
    only: byTsne,
    step: 50,
  }),
  seed: field(seed, {
    label: 'Seed',
    help: 'The same seed, settings and images give the same map again.',
    level: 'advanced',
  }),
});

/** The encoder's internals are unpublished: the defaults are our own (docs/decisions/0007). */
export const trainParams = z.object({
  datasetId: id,
  /** difficulty: LoRA and difficulty encoder; plain: the LoRA alone, as what difficulty is compared with. */
  kind: z.enum(['difficulty', 'plain']).default('difficulty'),
  baseModelId: modelId.default('builtin:diffusion'),
  /** Scorer whose difficulty conditions the model; null: the dataset's current one. */
  scorerId: id.nullable().default(null),
  steps: z.int().min(1).max(1_000_000).default(300),
  /** Images that are computed together. */
  batchSize: z.int().min(1).max(256).default(16),
  /** Batches whose gradients are averaged for one optimiser step: a larger batch in the memory of a small one. */
  accumulation: z.int().min(1).max(256).default(1),
  /** Less memory for about a third more time: backward computes again what forward did not keep. */
  gradientCheckpointing: z.boolean().default(false),
  rank: z.int().min(1).max(256).default(8),
  loraLearningRate: z.number().positive().max(1).default(1e-3),
  encoderLearningRate: z.number().positive().max(1).default(3e-3),
  tokens: z.int().min(1).max(16).default(4),
  placement: z.enum(['append', 'overwrite']).default('append'),
  /** Layer norm over each of those tokens, by which they are as large as the text's. */
  tokenNorm: z.boolean().default(true),
  labelEncoding: z.enum(['one-hot', 'embedding']).default('one-hot'),
  /** What the difficulty encoder reads of a score: the number itself, or waves of it besides. */
  scoreFeatures: z.enum(['raw', 'fourier']).default('fourier'),
  /** Waves of Fourier features: more lets it bend more finely over the scores. */
  frequencies: z.int().min(1).max(64).default(1),
  /** Width and number of the difficulty encoder's hidden layers. */
  encoderWidth: z.int().min(1).max(8192).default(128),
  encoderDepth: z.int().min(1).max(16).default(2),
  /** Gamma of min-SNR weighting, by which low noise counts less; 5 is its paper's; null: every noise level counts alike. */
  minSnrGamma: z.number().positive().max(1e6).nullable().default(null),
  /** Share of training samples whose difficulty token is replaced by the learned null token, for guidance. */
  conditionDropout: z.number().min(0).max(0.9).default(0.1),
  /** Share of training samples without their caption, so that the difficulty tokens can speak alone. */
  textDropout: z.number().min(0).max(0.9).default(0.1),
  /** Draw difficulty levels evenly (true) or as they occur (false). */
  balanced: z.boolean().default(true),
  checkpointEvery: z.int().min(1).default(25),
  /** Steps between previews of a few classes; 0: none; null: as often as takes about a twentieth of the time. */
  previewEvery: z.int().min(0).max(1_000_000).nullable().default(null),
  seed,
});

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

/** Every level of each seed: the more images per class and level, the narrower the figures' intervals. */
export const controlParams = z.object({
  datasetId: id,
  ...everyLevel,
  /** Scorer that it was not trained with; null: none. */
  heldOutScorerId: id.nullable().default(null),
  /** Measure the base model without any adapter as well. */
  baseline: z.boolean().default(true),
  /** A plain LoRA of this dataset that is measured as well; null: none. */
  plainLoraId: modelId.nullable().default(null),
  prompt: promptText.default('a photo of a [CLS]'),
  negativePrompt: promptText.default(''),
  ...prompting,
  ...sampling,
  seed,
});

/** What makes each class hard, by the difficulty tokens alone: the prompt is empty. */
export const hardFactorsParams = z.object({
  datasetId: id,
  ...everyLevel,
  /** Encoder by which real images are set beside generated ones, and by whose features factors are read. */
  modelId: modelId.default('builtin:encoder'),
  /** JSON lines with the real images' path and factors; null: pictures only. */
  factors: pathFor('factors').nullable().default(null),
  ...sampling,
  seed,
});

/** What is wrong with the dataset itself: labels, and images that are there twice. */
export const issuesParams = z.object({
  datasetId: id,
  scorerId: field(id.nullable().default(null), {
    label: 'Scorer',
    help: 'Whose probabilities are believed; unless set, the current one if it is out of fold, else the newest that is; where none is, only duplicates are looked for.',
    advice: 'It must not have learned from the very image that it judges.',
    level: 'basic',
    flag: 'scorer',
    none: 'Automatic',
    among: 'scorers',
  }),
  // Named as in the literature; see core/difficulty/label-issues.ts.
  rule: field(z.enum(['class', 'noise-rate', 'both', 'confident', 'predicted']).default('class'), {
    label: 'Suspected are',
    help: 'Which labels are suspected.',
    advice:
      'By class: as many of each class as are estimated to be wrong. By noise rate: as many of each pair of classes. Both: what the two agree on. Confident: what another class is sure of. Predicted: every image that the scorer takes for another class, the longest list.',
    level: 'basic',
    choices: {
      class: 'By class',
      'noise-rate': 'By noise rate',
      both: 'Both',
      confident: 'Confident',
      predicted: 'Predicted',
    },
  }),
  ranking: field(z.enum(['odds', 'self-confidence', 'normalised-margin']).default('odds'), {
    label: 'Order',
    help: 'What the list is ordered by.',
    advice:
      'Odds: how much more probable the other class is. Self-confidence: how improbable the given one is. Normalised margin: the difference of the two.',
    level: 'advanced',
    choices: {
      odds: 'Odds',
      'self-confidence': 'Self-confidence',
      'normalised-margin': 'Normalised margin',
    },
  }),
  modelId: field(modelId.nullable().default(null), {
    label: 'Encoder',
    help: 'Network by whose features images are compared for duplicates.',
    level: 'advanced',
    flag: 'model',
    none: "The scorer's own, else the built-in one",
    among: 'encoders',
  }),
  similarity: field(z.number().min(0.5).max(1).nullable().default(null), {
    label: 'Duplicates from',
    help: 'Cosine similarity of features from which two images are duplicates; unless set, it is chosen from the dataset, and details of the images are compared as well.',
    advice: 'Lower it where copies are missed, raise it where different images are grouped.',
    level: 'advanced',
    none: 'Automatic',
    step: 0.005,
  }),
});

export const rescoreParams = z.object({ datasetId: id, scorerId: id.nullable().default(null) });

export const captionParams = z.object({
  datasetId: id,
  method: z.enum(['template', 'model']).default('template'),
  template: promptText.min(1, 'a text that is not empty').default('a photo of a [CLS]'),
  modelId: modelId.nullable().default(null),
  /** Replace captions that a person wrote. */
  overwrite: z.boolean().default(false),
});

/** Files of scores: what each image's probabilities, difficulty and prediction are, without the images. */
export const scoreFormat = z.enum(['csv', 'jsonl', 'npz']);
export type ScoreFormat = z.infer<typeof scoreFormat>;
export const exportFormat = z.enum(['imagefolder', ...scoreFormat.options]);

export const exportParams = z.object({
  datasetId: id,
  /** Of images a folder that does not exist yet, of scores a file. */
  out: pathFor('export-folder'),
  format: exportFormat.default('imagefolder'),
  /** Of scores: whose; null: the current scorer's. */
  scorerId: id.nullable().default(null),
  /** Of scores: an existing file is replaced. */
  overwrite: z.boolean().default(false),
  filter: imageFilter.default({}),
});

export const jobParams = {
  import: importParams,
  relink: relinkParams,
  embed: embedParams,
  score: scoreParams,
  fit: fitParams,
  project: projectParams,
  train: trainParams,
  generate: generateParams,
  control: controlParams,
  'hard-factors': hardFactorsParams,
  issues: issuesParams,
  rescore: rescoreParams,
  caption: captionParams,
  export: exportParams,
} as const;

export type JobKind = keyof typeof jobParams;
export const jobKind = z.enum(Object.keys(jobParams) as [JobKind, ...JobKind[]]);
export type JobParams<K extends JobKind> = z.infer<(typeof jobParams)[K]>;

export const jobRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import'), params: importParams }),
  z.object({ kind: z.literal('relink'), params: relinkParams }),
  z.object({ kind: z.literal('embed'), params: embedParams }),
  z.object({ kind: z.literal('score'), params: scoreParams }),
  z.object({ kind: z.literal('fit'), params: fitParams }),
  z.object({ kind: z.literal('project'), params: projectParams }),
  z.object({ kind: z.literal('train'), params: trainParams }),
  z.object({ kind: z.literal('generate'), params: generateParams }),
  z.object({ kind: z.literal('control'), params: controlParams }),
  z.object({ kind: z.literal('hard-factors'), params: hardFactorsParams }),
  z.object({ kind: z.literal('issues'), params: issuesParams }),
  z.object({ kind: z.literal('rescore'), params: rescoreParams }),
  z.object({ kind: z.literal('caption'), params: captionParams }),
  z.object({ kind: z.literal('export'), params: exportParams }),
]);
/** Kinds that can be told to end now and keep what they have. */
export const finishable: readonly JobKind[] = ['train', 'fit'];

export type JobRequest = z.infer<typeof jobRequest>;
/** What a caller writes: fields with defaults may be absent. */
export type JobRequestInput = z.input<typeof jobRequest>;

/** queued -> running -> done | failed | cancelled; a cancelled or failed job can be queued again (resume). */
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const job = z.object({
  id,
  kind: jobKind,
  datasetId: id.nullable(),
  title: z.string(),
  state: jobState,
  stage: z.string(), // what is being done now, for a person
  done: z.number(), // items, in the unit of `total`
  total: z.number().nullable(),
  /** Estimated seconds to the end; null while unknown. */
  secondsLeft: z.number().nullable(),
  error: z.string().nullable(),
  /** The result's figures (for example { imported, skipped }); null until done. */
  result: z.record(z.string(), z.unknown()).nullable(),
  device: deviceName,
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  params: z.record(z.string(), z.unknown()),
});
export type Job = z.infer<typeof job>;

export const jobLogLine = z.object({
  at: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
});
export type JobLogLine = z.infer<typeof jobLogLine>;

/** A point of the training curve. */
export const trainingPoint = z.object({
  /** Of a classifier: the epoch. */
  step: z.int(),
  /** null: no number came out; a gap in the curve. */
  loss: z.number().nullable(),
  /** Of a classifier: the loss on the images held out. */
  smoothedLoss: z.number().nullable(),
  /** Of a classifier: the share of the images held out that it gets right. */
  accuracy: z.number().min(0).max(1).nullish(),
});
export type TrainingPoint = z.infer<typeof trainingPoint>;
