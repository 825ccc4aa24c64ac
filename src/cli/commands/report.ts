/** Owns `crux report`: a dataset as one HTML file. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { renderReport } from '../../core/report/report.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { gatherReport } from '../gather.ts';
import type { Values } from '../job-command.ts';
import { withSession } from '../session.ts';
import { writeTold } from '../write-told.ts';

function perClass(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 50)
    throw new InvalidArgumentError('Expected a whole number from 1 to 50.');
  return value;
}

export function report(parent: Command, context: CommandContext): void {
  const command = leaf(parent, 'report <dataset>', 'write one self-contained HTML file about a dataset')
    .requiredOption('--out <file>', 'the .html file to write; replaced if it exists')
    .option('--per-class <n>', 'easiest and hardest samples per class (default: 6)', perClass);
  withGlobals(command).action((name: string, values: Values & { out: string; perClass?: number }) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const data = gatherReport(session, dataset, {
          title: name,
          lead: `What is easy and what is hard in ${dataset.root}, and what was generated from it.`,
          perClass: values.perClass ?? 6,
          now: new Date(),
        });
        const out = resolve(context.io.cwd, values.out);
        const html = renderReport(data);
        writeTold(out, html);
        return {
          data: {
            command: 'report',
            dataset: { id: dataset.id, name },
            out,
            bytes: Buffer.byteLength(html),
            figures: data.figures,
          },
          lines: [out],
        };
      }),
    ),
  );
}
