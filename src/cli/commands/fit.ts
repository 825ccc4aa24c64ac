/** Owns `crux fit`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'fit'>> = {
  modelId: {
    text: 'image network to start from, by id or name; absent: a small residual network from scratch',
    flag: 'model',
  },
  train: { text: 'of a model: every parameter, the last stages, or the new last layer alone (on features)' },
  stages: { text: 'with --train last-stage: how many of the last stages' },
  size: { text: "side in pixels that images are brought to; absent: the model's own, 64 from scratch" },
  epochs: { text: 'passes over the training images, at most' },
  batchSize: { text: 'images per step' },
  learningRate: { text: 'learning rate at its highest' },
  backboneRate: { text: 'of a model: factor on the learning rate of all but the new last layer' },
  weightDecay: { text: 'decoupled weight decay' },
  labelSmoothing: { text: 'share of the target spread over all classes' },
  flip: { text: 'do not mirror images at random' },
  shift: { text: 'from scratch: move images at random by up to this many pixels' },
  cropScale: { text: "of a model: smallest share of a picture's area that a random crop keeps" },
  validationShare: { text: 'share of each class that is held out, where no image is marked as validation' },
  gradientCheckpointing: { text: 'less memory for about a third more time' },
  patience: { text: 'stop after this many epochs without a lower validation loss' },
};

export const fit = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'fit',
    summary:
      "train a classifier on the dataset's own images, from scratch or from a model of yours, to score with (score --method classifier)",
    options,
  });
