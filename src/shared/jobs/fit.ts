/** Owns the parameters and the result of training a classifier. */
import { z } from 'zod';
import { field } from '../field.ts';
import { count, id, leftOut, modelId, seed } from './parts.ts';

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
    only: { where: 'if images are read again in each epoch', holds: withPictures },
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

export const fitResult = z.object({
  modelId,
  epochs: count,
  /** Whose network was kept, from 1. */
  bestEpoch: count,
  validationAccuracy: z.number(),
  validationLoss: z.number(),
  /** Learned from. */
  images: count,
  heldOut: count,
  /** Images that it got right in no epoch. */
  neverLearned: count,
  ...leftOut,
});
