/** `crux scorers`: what it lists of each scorer, how it compares two, and what it says of a wrong one. */
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import * as c from '../../src/main/catalog/index.ts';
import { addImage, addProbabilities, makeDataset } from '../main/support/catalogs.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const folder = join(cwd, 'catalog');

beforeAll(() => {
  const catalog = c.openCatalog(folder);
  const { datasetId, classes } = makeDataset(catalog, ['cat', 'dog'], 'pets');
  const ids = [0, 1, 2, 3, 4, 5].map((i) =>
    addImage(catalog, datasetId, `${i}.png`, classes.get(i % 2 ? 'dog' : 'cat')!),
  );
  const scorer = (name: string, cat: number[]) =>
    addProbabilities(catalog, datasetId, new Map(ids.map((id, i) => [id, [cat[i], 1 - cat[i]]])), name);
  scorer('first', [0.9, 0.1, 0.8, 0.2, 0.3, 0.4]);
  scorer('second', [0.9, 0.2, 0.7, 0.1, 0.4, 0.95]);
  makeDataset(catalog, ['cat'], 'empty');
  catalog.close();
});

const run = (...argv: string[]) => crux(['scorers', ...argv, '--catalog', folder], cwd);

it('lists the scorers, the current one marked, with their calibration', async () => {
  const ran = await run('list', 'pets');
  expect(ran.exit).toBe(0);
  expect(ran.stdout).toMatch(/^id +scorer +accuracy .*ECE at T +measured on\n2 \* +second /);
  expect(ran.stdout).toMatch(/6 images, not known whether learned from/);
  expect(ran.stdout).toMatch(/^1: As far as 6 images can tell, it is as sure as it is right/m);
  const data = json(await run('list', 'pets', '--json')) as {
    scorers: { scorer: { id: number }; measured: { as: { bins: unknown[] } } }[];
  };
  expect(data).toMatchObject({ ok: true, command: 'scorers list', currentScorerId: 2 });
  expect(data.scorers.map((s) => s.scorer.id)).toEqual([2, 1]);
  expect(data.scorers[0].measured.as.bins.length).toBeGreaterThan(2);
  expect((await run('list', 'empty')).stdout).toBe(
    'empty is not scored yet; score it with: crux score empty\n',
  );
});

it('compares two: figures of all and of each class, and the largest disagreements', async () => {
  const ran = await run('compare', 'pets', '1', '2', '--largest', '1');
  expect(ran.exit).toBe(0);
  expect(ran.stdout).toMatch(
    /^A: first \(not recorded what it learned from\)\nB: second .*\n6 images scored by both; 66\.7 % in the same bucket/,
  );
  expect(ran.stdout).toMatch(/^cat +3 /m);
  expect(ran.stdout).toMatch(/^5\.png +dog +0\.400 +0\.950 +dog +cat$/m);
  const data = json(await run('compare', 'pets', '1', '2', '--json'));
  expect(data).toMatchObject({ ok: true, overall: { images: 6 }, kappa: expect.any(Number) });
  expect(data.disagreements).toHaveLength(6);
  expect(data.points).toBeUndefined(); // the window's
});

it('makes another the current one', async () => {
  const current = async () =>
    (json(await run('list', 'pets', '--json')) as { currentScorerId: number }).currentScorerId;
  const ran = await run('use', 'pets', '1');
  expect(ran).toMatchObject({ exit: 0, stdout: 'pets: difficulty is now by first (1)\n' });
  expect(await current()).toBe(1);
  expect((await run('use', 'pets', '7')).stderr).toContain('no scorer "7" of pets');
  await run('use', 'pets', '2');
  expect(await current()).toBe(2);
});

it('says which scorers there are', async () => {
  const ran = await run('compare', 'pets', '1', '7');
  expect(ran.exit).toBe(2);
  expect(ran.stderr).toContain('no scorer "7" of pets; there are 2 (second), 1 (first)');
  expect((await run('compare', 'pets', '1', '1')).stderr).toContain('compared with itself');
  expect((await run('compare', 'pets', '1', '2', '--largest', '-1')).exit).toBe(2);
});
