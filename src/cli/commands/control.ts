/** Owns `crux control`. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { VariantSummary } from '../../shared/control.ts';
import type { JobResult } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { percent, table } from '../format.ts';
import { datasetJob } from '../job-command.ts';

/** What --out may be: the page, or the data. */
function outFile(text: string): string {
  if (!/\.(html|json)$/i.test(text))
    throw new InvalidArgumentError('Expected a name that ends in .html (the page) or .json (the data).');
  return text;
}

/** Levels as rows, then one line for each model. */
function figureLines(result: JobResult<'control'>): string[] {
  const rows = result.levels.map((l) => [
    l.requested,
    l.measuredMean.toFixed(3),
    percent(l.agreement),
    percent(l.easyShare),
    l.heldOut?.measuredMean.toFixed(3) ?? '-',
    l.heldOut ? percent(l.heldOut.agreement) : '-',
  ]);
  const heads = ['asked for', 'measured', 'class agrees', 'easy', 'held out', 'class agrees'];
  const line = (name: string, f: Pick<VariantSummary, 'spearman' | 'easyShare'>) => {
    const { trainingScorer, heldOutScorer } = f.spearman;
    const seen = heldOutScorer === null ? '' : `, ${heldOutScorer.toFixed(3)} held out`;
    return `${name}: Spearman ${trainingScorer.toFixed(3)}${seen}; ${percent(f.easyShare)} easy`;
  };
  return [
    ...table(heads, rows),
    line('with difficulty', result),
    ...(result.baselines.base ? [line('base model', result.baselines.base)] : []),
    ...(result.baselines.plain ? [line('plain LoRA', result.baselines.plain)] : []),
  ];
}

export const control = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'control',
    summary: 'generate at several difficulties and measure whether the images are as hard as asked for',
    more: (command) =>
      command.option(
        '--out <file>',
        'write the report there too: .html, one page with all pictures; .json, the data',
        outFile,
      ),
    report: ({ result }, session, values) => {
      const { file, page } = result;
      if (values.out === undefined) return { data: {}, lines: figureLines(result) };
      const out = resolve(context.io.cwd, values.out as string);
      mkdirSync(dirname(out), { recursive: true });
      copyFileSync(join(session.folder, /\.json$/i.test(out) ? file : page), out);
      return { data: { out }, lines: [...figureLines(result), out] };
    },
  });
