/** Owns `crux hard-factors`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { table } from '../format.ts';
import { datasetJob } from '../job-command.ts';

export const hardFactors = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'hard-factors',
    summary: 'show what makes each class hard: pictures from the difficulty alone, from easy to hard',
    report: ({ result: { classes = [] } }) => {
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
