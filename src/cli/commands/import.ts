/** Owns `crux import`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { classNamesIn } from '../../shared/class-order.ts';
import { type ImportNote, type ImportSummary, noteText } from '../../shared/import-summary.ts';
import { importParams } from '../../shared/jobs/import.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { usageError } from '../errors.ts';
import { count } from '../format.ts';
import { jobData, jobLines, type Values } from '../job-command.ts';
import { runJob } from '../run-job.ts';
import { type Session, withSession } from '../session.ts';

type Columns = JobParams<'import'>['columns'];

interface ImportValues extends Values {
  name: string;
  root?: string;
  column?: Columns;
  followLinks?: boolean;
  probabilities?: 'probabilities' | 'logits';
  classOrder?: string[];
}

const fields = Object.keys(importParams.shape.columns.unwrap().shape) as (keyof Columns)[];

function columnOf(text: string, before: Columns = {}): Columns {
  const [, field, name] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  if (!fields.includes(field as keyof Columns))
    throw new InvalidArgumentError(`Expected one of ${fields.join(', ')}, = and a column: path=filepath.`);
  return { ...before, [field]: name };
}

function summaryLines(summary: ImportSummary): string[] {
  const list = (title: string, notes: ImportNote[]) =>
    notes.length > 0 ? [title, ...notes.map((note) => `  ${noteText(note)}`)] : [];
  return [
    `layout: ${summary.layout}`,
    ...list('used:', summary.used),
    ...list('seen and not used:', summary.unused),
  ];
}

export function importCommand(parent: Command, context: CommandContext): void {
  const command = leaf(
    parent,
    'import <source>',
    'read a folder of images, or a manifest (CSV, JSON, Parquet); again: only what changed',
  )
    .requiredOption('--name <name>', 'what to call the dataset')
    .option('--root <folder>', "folder that a manifest's paths start from (default: its own)")
    .option(
      '--column <field=name>',
      `column of a manifest for ${fields.join(', ')}; repeatable: --column path=filepath`,
      columnOf,
    )
    .option('--follow-links', 'follow symbolic links that lead out of the folder')
    .addOption(
      new Option(
        '--probabilities <kind>',
        'what the numbers that come with the images are (default: refused where they may be logits)',
      ).choices(['probabilities', 'logits']),
    )
    .option(
      '--class-order <names>',
      'classes of a list of probabilities, separated by commas (default: classes.txt beside the manifest or in the folder, else the classes in numeric or alphabetical order)',
      (text: string) => classNamesIn(text, ','),
    );
  withGlobals(command).action((given: string, values: ImportValues) =>
    finish(context, values.json === true, async () => {
      const source = resolve(context.io.cwd, given);
      if (!existsSync(source))
        throw usageError(
          `no folder or manifest at ${source}; give the folder that holds one folder per class`,
        );
      const body = async (session: Session) => {
        const { name, column: columns = {}, followLinks = false, probabilities, classOrder } = values;
        const root = values.root === undefined ? null : resolve(context.io.cwd, values.root);
        const params = { source, name, root, columns, followLinks, probabilities, classOrder };
        const job = await runJob<'import'>(session, { kind: 'import', params });
        const dataset = session.dataset(values.name);
        const skipped = session.skipped(dataset, 20);
        const lines = [...jobLines(job), ...summaryLines(job.result.summary)];
        if (skipped.total > 0) {
          lines.push(
            `${count(skipped.total, 'file')} could not be read and ${skipped.total === 1 ? 'was' : 'were'} skipped:`,
          );
          for (const item of skipped.items) lines.push(`  ${item.path}: ${item.reason}`);
          if (skipped.total > skipped.items.length)
            lines.push(`  and ${skipped.total - skipped.items.length} more (--json lists up to 1000)`);
        }
        return {
          data: {
            command: 'import',
            dataset: {
              id: dataset.id,
              name: dataset.name,
              images: dataset.images,
              classes: dataset.classes.length,
            },
            job: jobData(job),
            skipped: values.json ? session.skipped(dataset, 1000) : skipped,
          },
          lines,
        };
      };
      return withSession(context.io, values, body, { begins: true });
    }),
  );
}
