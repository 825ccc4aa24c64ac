/** Owns `crux fit`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'fit'>> = {
  size: { text: 'side in pixels that images are brought to' },
  epochs: { text: 'passes over the training images, at most' },
  batchSize: { text: 'images per step' },
  learningRate: { text: 'learning rate at its highest' },
  weightDecay: { text: 'decoupled weight decay' },
  labelSmoothing: { text: 'share of the target spread over all classes' },
  flip: { text: 'do not mirror images at random' },
  shift: { text: 'move images at random by up to this many pixels' },
  validationShare: { text: 'share of each class that is held out, where no image is marked as validation' },
  patience: { text: 'stop after this many epochs without a lower validation loss' },
};

export const fit = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'fit',
    summary:
      "train a small classifier on the dataset's own images, to score with (score --method classifier)",
    options,
  });
