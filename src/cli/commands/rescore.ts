/** Owns `crux rescore`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'rescore'>> = {
  scorerId: { flag: 'scorer', text: 'id of the scorer (default: the current one)' },
};

export const rescore = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'rescore',
    summary: 'measure generated images with the scorer of the real ones',
    options,
  });
