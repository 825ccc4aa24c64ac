/** Owns `crux hard-factors`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ClassHardFactors } from '../../core/metrics/hard-factors.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { table } from '../format.ts';
import { datasetJob } from '../job-command.ts';
import { guidanceOptions } from '../sampling-options.ts';
import type { OptionTable } from '../schema-options.ts';
import { levelsOf } from './control.ts';

const options: OptionTable<JobParams<'hard-factors'>, 'classes' | 'levels' | 'factors'> = {
  adapterId: { flag: 'adapter', text: 'difficulty adapter (default: the newest of this dataset)' },
  scorerId: {
    flag: 'scorer',
    text: 'id of the scorer of the real images (default: the one the model was trained with)',
  },
  modelId: { flag: 'model', text: 'encoder by which images are compared and factors read (name or id)' },
  count: { text: 'images per class and level' },
  ...guidanceOptions,
  steps: { text: 'denoising steps' },
  batchSize: { text: 'images at a time' },
};

export const hardFactors = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'hard-factors',
    summary: 'show what makes each class hard: pictures from the difficulty alone, from easy to hard',
    options,
    more: (command) =>
      command
        .option('--factors <file>', 'known factors of the real images, as JSON lines with path and factors')
        .option('--levels <list>', 'difficulties to ask for (default: 0.1,0.3,0.5,0.7,0.9)', levelsOf)
        .option(
          '--class <name>',
          'class to generate, repeatable (default: all)',
          (name, before: string[] = []) => [...before, name],
        ),
    params: (values, dataset, session) => ({
      ...(values.factors ? { factors: resolve(context.io.cwd, values.factors as string) } : {}),
      ...(values.levels ? { levels: values.levels } : {}),
      ...(values.class
        ? { classes: (values.class as string[]).map((name) => session.className(dataset, name)) }
        : {}),
    }),
    report: (job) => {
      const classes = (job.result?.classes ?? []) as ClassHardFactors[];
      const rows = classes.map((c) => [
        c.className,
        c.top ?? 'none rises',
        c.topReal.join(', '),
        c.matches ? 'yes' : 'no',
      ]);
      return {
        data: {},
        lines: rows.length > 0 ? table(['class', 'generated', 'real', 'matches'], rows) : [],
      };
    },
  });
