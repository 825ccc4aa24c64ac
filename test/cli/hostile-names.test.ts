/** Whoever made a dataset named its folders and files: what is printed of them acts on no terminal. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { addJob, addLog } from '../../src/main/catalog/jobs.ts';
import { picture } from '../main/support/pictures.ts';
import { acts } from '../shared/acts.ts';
import { crux, json, temporaryFolder } from './run.ts';

const hostile = '\x1b[2J\x9b31m\u202etac\ncrux: all is well';

it('prints names from files without what acts, and without a line of theirs', async () => {
  const cwd = temporaryFolder();
  const source = join(cwd, 'pets');
  for (const name of ['cat', hostile]) {
    mkdirSync(join(source, name), { recursive: true });
    writeFileSync(join(source, name, '1.png'), await picture('red', 1));
    writeFileSync(join(source, name, `${hostile}.png`), 'no picture');
  }
  await crux(['import', 'pets', '--name', hostile], cwd);
  const catalog = openCatalog(join(cwd, 'catalog'));
  const { id } = addJob(catalog, {
    kind: 'embed',
    datasetId: null,
    title: hostile,
    device: 'cpu',
    params: {},
    owner: null,
  });
  addLog(catalog, id, 'warn', hostile);
  catalog.close();
  const commands = [
    ['import', 'pets', '--name', hostile],
    ['datasets', 'list'],
    ['jobs', 'list'],
    ['jobs', 'log', '1'],
    ['jobs', 'log', `${id}`],
    ['score', hostile, '--method', 'precomputed'],
    ['score', `${hostile}?`],
    [hostile],
  ];
  for (const argv of commands)
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await crux([...argv, ...more], cwd);
      const said = stdout + stderr;
      expect(said, argv.join(' ')).not.toMatch(acts);
      expect(said, argv.join(' ')).not.toMatch(/^crux: all is well/m);
      expect(said, argv.join(' ')).not.toBe('');
    }
  const { datasets } = json(await crux(['datasets', 'list', '--json'], cwd)) as {
    datasets: { name: string }[];
  };
  expect(datasets[0].name).toBe(hostile); // a script reads the true name
});
