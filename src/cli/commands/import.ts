/** Owns `crux import`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { usageError } from '../errors.ts';
import { count } from '../format.ts';
import { jobData, jobLines, type Values } from '../job-command.ts';
import { runJob } from '../run-job.ts';
import { type Session, withSession } from '../session.ts';

interface ImportValues extends Values {
  name: string;
  probabilities?: 'probabilities' | 'logits';
  classOrder?: string[];
}

export function importCommand(parent: Command, context: CommandContext): void {
  const command = leaf(
    parent,
    'import <source>',
    'read a folder with one folder per class, or a .csv or .jsonl manifest; again: only what changed',
  )
    .requiredOption('--name <name>', 'what to call the dataset')
    .addOption(
      new Option(
        '--probabilities <kind>',
        'what the numbers that come with the images are (default: refused where they may be logits)',
      ).choices(['probabilities', 'logits']),
    )
    .option(
      '--class-order <names>',
      'classes of a list of probabilities, separated by commas (default: classes.txt beside the images, else the classes in numeric or alphabetical order)',
      (text: string) => text.split(',').map((name) => name.trim().normalize('NFC')),
    );
  withGlobals(command).action((given: string, values: ImportValues) =>
    finish(context, values.json === true, async () => {
      const source = resolve(context.io.cwd, given);
      if (!existsSync(source))
        throw usageError(
          `no folder or manifest at ${source}; give the folder that holds one folder per class`,
        );
      const body = async (session: Session) => {
        const { name, probabilities, classOrder } = values;
        const params = { source, name, probabilities, classOrder };
        const job = await runJob(session, { kind: 'import', params });
        const dataset = session.dataset(values.name);
        const skipped = session.skipped(dataset, 20);
        const lines = jobLines(job);
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
