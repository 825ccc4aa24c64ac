/** Owns `crux embed`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';

export const embed = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'embed',
    summary: 'compute and keep the features of every image',
  });
