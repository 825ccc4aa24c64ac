/** A dataset whose folder was moved or reorganised: rows find their files again, or stay as they were. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { handlersOf } from '../../support/handlers.ts';
import { makeFolder, picture, put } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

let catalog: c.Catalog;
let folder: string;
let moved: string;
beforeEach(async () => {
  catalog = tempCatalog();
  folder = await makeFolder(join(tempFolder(), 'photos'), 3); // 9 images
  moved = join(tempFolder(), 'elsewhere');
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
});

const relink = (root = moved) => ({ kind: 'relink' as const, params: { datasetId: 1, root } });
const rows = () =>
  Object.fromEntries(
    catalog
      .all<{ id: number; path: string; present: number }>('SELECT id, path, present FROM images ORDER BY id')
      .map(({ id, path, present }) => [id, present === 1 ? path : `${path} missing`]),
  );

test('a moved folder: paths, labels and decisions stay, files are found', async () => {
  c.decide(catalog, [1], 'accept');
  const before = rows();
  renameSync(folder, moved);
  expect(await runOk(catalog, relink())).toEqual({
    datasetId: 1,
    found: 9,
    byPath: 9,
    byContent: 0,
    missing: 0,
  });
  expect(rows()).toEqual(before);
  expect(c.listDatasets(catalog)[0]).toMatchObject({ root: moved, source: moved, images: 9 });
  expect(c.imageDetail(catalog, 1)).toMatchObject({ decision: 'accept' });
  const again = await handlersOf(catalog)['datasets.importAgain']({ datasetId: 1 });
  expect(await run(catalog, again)).toMatchObject({ state: 'done', result: { unchanged: 9, removed: 0 } });
});

test('renamed, touched, swapped, changed and lost files; again, and back', async () => {
  const before = rows();
  cpSync(folder, moved, { recursive: true });
  mkdirSync(join(moved, 'new/deep'), { recursive: true });
  renameSync(join(moved, 'blue/000.png'), join(moved, 'new/deep/a.png'));
  renameSync(join(moved, 'green/000.png'), join(moved, 'swap'));
  renameSync(join(moved, 'green/001.png'), join(moved, 'green/000.png'));
  renameSync(join(moved, 'swap'), join(moved, 'green/001.png'));
  writeFileSync(join(moved, 'red/000.png'), await picture('red', 77)); // other bytes
  utimesSync(join(moved, 'red/001.png'), 1, 1);
  rmSync(join(moved, 'red/002.png'));
  const found = { datasetId: 1, found: 7, byPath: 4, byContent: 3, missing: 2 };
  const after = {
    ...before,
    1: 'new/deep/a.png',
    4: 'green/001.png',
    5: 'green/000.png',
    7: 'red/000.png missing',
    9: 'red/002.png missing',
  };
  expect(await runOk(catalog, relink())).toEqual(found);
  expect(rows()).toEqual(after);
  await runOk(catalog, relink());
  expect(rows()).toEqual(after);
  await runOk(catalog, relink(folder));
  expect(rows()).toEqual(before);
});

test('copies of one file are given out once each', async () => {
  const bytes = readFileSync(join(folder, 'red/000.png'));
  put(join(folder, 'red/copy.png'), bytes);
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  put(join(moved, 'x/1.png'), bytes);
  put(join(moved, 'x/2.png'), bytes);
  put(join(moved, 'x/3.png'), bytes);
  expect(await runOk(catalog, relink())).toMatchObject({ found: 2, byContent: 2, missing: 8 });
  expect(rows()).toMatchObject({ 7: 'x/1.png', 10: 'x/2.png' });
});

test('a path that belongs to an image which was not found is not given away', async () => {
  cpSync(folder, moved, { recursive: true });
  renameSync(join(moved, 'blue/001.png'), join(moved, 'blue/000.png')); // the first is gone
  expect(await runOk(catalog, relink())).toMatchObject({ found: 7, missing: 2 });
  expect(rows()).toMatchObject({ 1: 'blue/000.png missing', 2: 'blue/001.png missing' });
});

test('a folder without any of them, or none at all, changes nothing', async () => {
  const before = rows();
  mkdirSync(moved);
  expect(await run(catalog, relink())).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/holds none of the 9 images \(blue\/000.png.*nothing was changed/),
  });
  expect((await run(catalog, relink(join(moved, 'nowhere')))).error).toMatch(/there is no folder at/);
  expect(rows()).toEqual(before);
  expect(c.listDatasets(catalog)[0].root).toBe(folder);
});

test('a manifest that moved along is the source again; one elsewhere stays', async () => {
  const list = put(join(folder, 'list.csv'), 'path,label\nred/000.png,a\n');
  await runOk(catalog, { kind: 'import', params: { source: list, name: 'inside' } });
  const other = put(join(tempFolder(), 'list.csv'), 'path,label\nred/000.png,a\n');
  await runOk(catalog, { kind: 'import', params: { source: other, root: folder, name: 'apart' } });
  renameSync(folder, moved);
  for (const datasetId of [2, 3])
    await runOk(catalog, { kind: 'relink', params: { datasetId, root: moved } });
  expect(c.getDataset(catalog, 2).source).toBe(join(moved, 'list.csv'));
  expect(c.getDataset(catalog, 3)).toMatchObject({ source: other, root: moved });
  for (const datasetId of [2, 3]) {
    const again = await handlersOf(catalog)['datasets.importAgain']({ datasetId });
    expect(await run(catalog, again)).toMatchObject({ state: 'done', result: { unchanged: 1 } });
  }
});

test('a label of metadata stays where its row matches no more; a row that says none clears it and is told', async () => {
  const flat = join(tempFolder(), 'flat');
  for (const i of [0, 1]) put(join(flat, `${i}.png`), await picture('red', i, 0.3, 12));
  const metadata = (text: string) => put(join(flat, 'metadata.csv'), `file_name,label\n${text}`);
  metadata('0.png,cat\n1.png,dog\n');
  const source = { kind: 'import' as const, params: { source: flat, name: 'flat' } };
  const { datasetId } = await runOk(catalog, source);
  renameSync(join(flat, '0.png'), join(flat, 'a.png'));
  await runOk(catalog, { kind: 'relink', params: { datasetId: datasetId as number, root: flat } });
  const labels = () =>
    catalog.all(
      'SELECT i.path, c.name FROM images i LEFT JOIN classes c ON c.id = i.class_id WHERE i.dataset_id = ? ORDER BY i.path',
      datasetId as number,
    );
  const again = await runOk(catalog, source);
  expect(labels()).toEqual([
    { path: '1.png', name: 'dog' },
    { path: 'a.png', name: 'cat' },
  ]);
  expect(JSON.stringify(again.summary)).toContain(
    'Labels of an earlier import, kept where the source now says nothing","count":1,"examples":["a.png"]',
  );
  metadata('a.png,cat\n1.png,\n');
  const cleared = await runOk(catalog, source);
  expect(labels()).toEqual([
    { path: '1.png', name: null },
    { path: 'a.png', name: 'cat' },
  ]);
  expect(JSON.stringify(cleared.summary)).toContain(
    'cleared as the source now says none","count":1,"examples":["1.png"]',
  );
});
