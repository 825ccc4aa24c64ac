/** Owns `crux export`. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { addFilter, type FilterValues, filterOf } from '../filter-options.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

/** Scores are written by `crux scores export`. */
const options: OptionTable<JobParams<'export'>, 'out' | 'filter' | 'format' | 'scorerId' | 'overwrite'> = {};

export const exportCommand = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'export',
    summary: 'write chosen images, labels and metadata into a new folder',
    options,
    more: (command) =>
      addFilter(
        command
          .requiredOption('--out <dir>', 'folder to make; it must not exist yet, or be empty')
          .addOption(
            new Option('--format <format>', 'how the export is laid out (default: imagefolder)').choices([
              'imagefolder',
            ]),
          ),
      ).option('--accepted', 'of the synthetic images only those accepted in review'),
    params: (values, dataset, session) => ({
      out: resolve(context.io.cwd, String(values.out)),
      filter: {
        ...filterOf(values as FilterValues, dataset, session),
        ...(values.accepted ? { acceptedOnly: true } : {}),
      },
    }),
  });
