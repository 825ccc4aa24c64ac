/** Owns `crux project`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'project'>> = {
  method: { text: 'how the map is made' },
  modelId: { flag: 'model', text: 'encoder whose features are mapped (name or id)' },
  perplexity: { text: 't-SNE: effective number of neighbours' },
  iterations: { text: 't-SNE: steps of the optimisation' },
};

export const project = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'project',
    summary: 'lay all images out on a two-dimensional map',
    options,
  });
