/** Owns `crux project`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';

export const project = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'project',
    summary: 'lay all images out on a two-dimensional map',
  });
