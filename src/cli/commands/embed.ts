/** Owns `crux embed`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'embed'>> = {
  modelId: { flag: 'model', text: 'encoder that makes the features (name or id)' },
};

export const embed = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'embed',
    summary: 'compute and keep the features of every image',
    options,
  });
