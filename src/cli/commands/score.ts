/** Owns `crux score`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'score'>> = {
  method: { text: 'how the probabilities come about' },
  modelId: { flag: 'model', text: 'encoder under the probe, or the classifier itself (name or id)' },
  folds: { text: 'folds of the out-of-fold probe' },
};

export const score = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'score',
    summary: 'score how hard each image is: 1 - p(its class)',
    options,
  });
