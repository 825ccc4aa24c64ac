/** Owns `crux fit`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';

export const fit = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'fit',
    summary:
      "train a classifier on the dataset's own images, from scratch or from a model of yours, to score with (score --method classifier)",
  });
