/** Owns `crux scores export`. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { scoreFormat } from '../../shared/jobs/export.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { addFilter, type FilterValues, filterOf } from '../filter-options.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'export'>, 'out' | 'filter' | 'format'> = {
  scorerId: {
    flag: 'scorer',
    text: 'id of the scorer whose probabilities are written (default: the current one)',
  },
  overwrite: { flag: 'force', text: 'replace the file if it exists' },
};

export function scores(parent: Command, context: CommandContext): void {
  const group = parent
    .command('scores')
    .description('write class probabilities and difficulties into a file for other tools');
  datasetJob(group, context, {
    kind: 'export',
    summary: 'write what a scorer says of each image: difficulty, most probable class, class probabilities',
    options,
    more: (command) =>
      addFilter(
        command
          .addOption(
            new Option('--format <format>', 'csv, jsonl (both can be imported again) or npz (NumPy)')
              .choices(scoreFormat.options)
              .makeOptionMandatory(),
          )
          .requiredOption('--out <file>', 'file to write'),
      ).option('--accepted', 'of the synthetic images only those accepted in review'),
    params: (values, dataset, session) => ({
      out: resolve(context.io.cwd, String(values.out)),
      format: values.format,
      filter: {
        ...filterOf(values as FilterValues, dataset, session),
        ...(values.accepted ? { acceptedOnly: true } : {}),
      },
    }),
    report: () => ({ data: { command: 'scores export' }, lines: [] }),
  });
}
