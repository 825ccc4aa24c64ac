/** Owns `crux catalog check|backup|repair`: the care of the catalog as a folder of files. */
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  backupCatalog,
  checkCatalog,
  type Finding,
  megabytes,
  repairCatalog,
} from '../../main/catalog/index.ts';
import { type CommandContext, type CommandResult, finish, leaf, withGlobals } from '../command.ts';
import { table } from '../format.ts';
import type { Values } from '../job-command.ts';
import { folderOf } from '../session.ts';

export function catalog(parent: Command, context: CommandContext): void {
  const { io } = context;
  const group = parent.command('catalog').description('check, back up or repair the catalog itself');

  const check = leaf(group, 'check', 'look whether the catalog is sound and its files are there');
  withGlobals(check).action((values: Values) =>
    finish(context, values.json === true, async () => {
      const folder = folderOf(io, values);
      const found = checkCatalog(folder);
      return {
        data: { command: 'catalog check', catalog: folder, ...found },
        failed: found.problems.length > 0,
        lines: [
          ...table(
            ['table', 'rows'],
            found.rows.map(({ table: name, rows }) => [name, rows ?? 'damaged']),
          ),
          ...found.notes.flatMap((note) => findingLines('note', note)),
          ...found.problems.flatMap((problem) => findingLines('PROBLEM', problem)),
          found.problems.length === 0 ? `${folder} is sound` : `${folder} is not sound`,
        ],
      };
    }),
  );

  const backup = leaf(
    group,
    'backup <out>',
    'copy the catalog while it may be in use; thumbnails are left out, an import rebuilds them',
  );
  withGlobals(backup).action((out: string, values: Values) =>
    finish(context, values.json === true, async () => {
      const folder = folderOf(io, values);
      const made = await backupCatalog(folder, resolve(io.cwd, out));
      const what = made.out.endsWith('.sqlite') ? 'the database alone' : `${made.files} files`;
      return {
        data: { command: 'catalog backup', catalog: folder, ...made },
        failed: made.problems.length > 0,
        lines: [
          ...made.problems.flatMap((problem) => findingLines('PROBLEM', problem)),
          `${made.out}: ${what}, ${megabytes(made.bytes)}; open it with --catalog, or put it in the catalog's place`,
        ],
      };
    }),
  );

  const repair = leaf(
    group,
    'repair',
    'bring what can be read of a damaged catalog into a new one; the damaged file is kept',
  );
  withGlobals(repair).action((values: Values) =>
    finish(context, values.json === true, async () => repaired(folderOf(io, values))),
  );
}

function repaired(folder: string): CommandResult {
  const done = repairCatalog(folder, new Date());
  if (done === null)
    return {
      data: { command: 'catalog repair', catalog: folder, repaired: false },
      lines: [`nothing to repair: the database in ${folder} is sound`],
    };
  const lost = done.tables.filter((t) => t.lost !== 0 || t.orphans > 0).length;
  return {
    data: { command: 'catalog repair', catalog: folder, repaired: true, ...done },
    lines: [
      ...table(
        ['table', 'recovered', 'lost', 'orphans'],
        done.tables.map((t) => [t.table, t.recovered, t.lost ?? 'unknown', t.orphans]),
      ),
      lost === 0
        ? 'every row was recovered'
        : 'orphans: rows whose parent row is lost; they were removed, or their reference emptied',
      `the damaged database is kept as ${relative(folder, done.kept)}; look at the rest with: crux catalog check`,
    ],
  };
}

const findingLines = (kind: string, { what, count, examples, remedy }: Finding): string[] => [
  `${kind}: ${count} ${what}: ${remedy}`,
  ...examples.map((example) => `  ${example}`),
  ...(count > examples.length ? [`  and ${count - examples.length} more`] : []),
];
