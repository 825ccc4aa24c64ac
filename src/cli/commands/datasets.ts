/** Owns `crux datasets list|relink|remove`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { table } from '../format.ts';
import { jobData, jobLines, type Values } from '../job-command.ts';
import { runJob } from '../run-job.ts';
import { withSession } from '../session.ts';

export function datasets(parent: Command, context: CommandContext): void {
  const group = parent.command('datasets').description('list, relink or remove datasets');

  withGlobals(leaf(group, 'list', 'list the datasets of the catalog')).action((values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const list = session.datasets();
        return {
          data: { command: 'datasets list', catalog: session.folder, datasets: list },
          lines:
            list.length === 0
              ? [`no datasets in ${session.folder}; import one with: crux import FOLDER --name NAME`]
              : table(
                  ['name', 'images', 'synthetic', 'classes', 'skipped', 'scorer', 'folder'],
                  list.map((d) => [
                    d.name,
                    d.images,
                    d.synthetic,
                    d.classes.length,
                    d.skipped,
                    d.scorers.find((s) => s.id === d.currentScorerId)?.name ?? '-',
                    d.root,
                  ]),
                ),
        };
      }),
    ),
  );

  const relink = leaf(
    group,
    'relink <dataset> <folder>',
    'find the images of a moved dataset in a folder: by their paths, then by their bytes',
  );
  withGlobals(relink).action((name: string, folder: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const { id } = session.dataset(name);
        const root = resolve(context.io.cwd, folder);
        const job = await runJob(session, { kind: 'relink', params: { datasetId: id, root } });
        return {
          data: { command: 'datasets relink', dataset: { id, name }, job: jobData(job) },
          lines: jobLines(job),
        };
      }),
    ),
  );

  const remove = leaf(group, 'remove <dataset>', 'forget a dataset; its images on disk stay as they are');
  withGlobals(remove).action((name: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        session.removeDataset(dataset);
        return {
          data: { command: 'datasets remove', dataset: { id: dataset.id, name } },
          lines: [`removed ${name} from the catalog; its files stay in ${dataset.root}`],
        };
      }),
    ),
  );
}
