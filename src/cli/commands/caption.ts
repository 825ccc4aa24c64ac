/** Owns `crux caption`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'caption'>> = {
  method: { text: 'where captions come from' },
  template: { text: 'template; [CLS] stands for the class' },
  modelId: { flag: 'model', text: 'captioner, for --method model (name or id)' },
  overwrite: { text: 'also replace captions that a person wrote' },
};

export const caption = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'caption',
    summary: 'caption every image',
    options,
  });
