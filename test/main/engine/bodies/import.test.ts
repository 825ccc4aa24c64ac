/** Importing: what becomes rows, what is listed, and that a second import reads only what changed. */
import { renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { colours, makeFolder, picture, put } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

let catalog: c.Catalog;
let folder: string;
const request = (source = folder, name = 'photos') => ({ kind: 'import' as const, params: { source, name } });

beforeEach(async () => {
  catalog = tempCatalog();
  folder = await makeFolder(join(tempFolder(), 'photos'), 4);
});

const one = (path: string) => {
  const id = catalog.value<number>('SELECT id FROM images WHERE path = ?', path);
  return id === undefined ? undefined : c.imageDetail(catalog, id);
};

test('a folder of classes: rows in order, thumbnails, label history; the folder itself is untouched', async () => {
  put(join(folder, 'red', 'broken.png'), (await picture('red', 1)).slice(0, 200));
  put(join(folder, 'notes.txt'), 'not a picture');
  const before = statSync(folder).mtimeMs;
  const result = await runOk(catalog, request());
  expect(result).toMatchObject({ found: 13, imported: 12, skipped: 1, classes: 3 });
  const [dataset] = c.listDatasets(catalog);
  expect(dataset).toMatchObject({ name: 'photos', root: folder, images: 12, skipped: 1 });
  expect(dataset.classes.map((k) => [k.name, k.index, k.images])).toEqual(
    colours.map((name, i) => [name, i, 4]),
  );
  expect(c.listSkipped(catalog, dataset.id, 0, 10)).toEqual({
    total: 1,
    items: [{ path: 'red/broken.png', reason: 'truncated' }],
  });
  const detail = one('green/001.png')!;
  expect(detail).toMatchObject({ className: 'green', width: 24, height: 24, format: 'png', present: true });
  expect(detail.labelHistory).toMatchObject([{ from: null, to: 'green', source: 'import' }]);
  expect(statSync(c.thumbnailFile(catalog, detail.id)!).size).toBeGreaterThan(0);
  expect(c.imageFile(catalog, detail.id)).toBe(join(folder, 'green/001.png'));
  expect([...c.imageIds(catalog, dataset.id, {}, 'path')]).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  expect(statSync(folder).mtimeMs).toBe(before);
});

test('thousands of rows that cannot be used are listed without keeping other writers waiting for all of them', async () => {
  const rows = Array.from({ length: 4500 }, (_, i) => `gone/${i}.png,red`);
  const manifest = put(join(folder, 'all.csv'), ['path,label', 'red/000.png,red', ...rows].join('\n'));
  const inserts: number[] = []; // of each transaction
  const { write, run: one } = catalog;
  catalog.write = (body) => {
    inserts.push(0);
    return write.call(catalog, body) as ReturnType<typeof body>;
  };
  catalog.run = (sql, ...values) => {
    if (sql.includes('INSERT INTO skipped_files')) inserts[inserts.length - 1]++;
    return one.call(catalog, sql, ...values);
  };
  expect(await runOk(catalog, request(manifest))).toMatchObject({ imported: 1, skipped: 4500 });
  expect(inserts.reduce((a, b) => a + b)).toBe(4500);
  expect(Math.max(...inserts)).toBeLessThanOrEqual(2000);
  const { total, items } = c.listSkipped(catalog, 1, 0, 1);
  expect(total).toBe(4500);
  expect(items[0].reason).toMatch(/^all\.csv line 3: path: gone\/0\.png: no such file$/);
});

test('a second import: unchanged, touched, changed, removed, renamed and new files', async () => {
  await runOk(catalog, request());
  const kept = one('red/000.png')!;
  const touched = one('red/001.png')!;
  const changed = one('red/002.png')!;
  for (const image of [kept, touched, changed]) c.decide(catalog, [image.id], 'accept'); // what a person did stays
  catalog.run(
    "INSERT INTO embedding_sets (dataset_id, model_id, model_name, model_hash, dim, created_at) VALUES (1, 'm', 'm', 'm', 1, 0)",
  );
  const [set] = catalog.all<c.EmbeddingSet>('SELECT id, dim FROM embedding_sets');
  c.addEmbeddings(catalog, set, [kept.id, changed.id], Float32Array.of(1, 2), null);

  utimesSync(join(folder, 'red/001.png'), 1, 1);
  writeFileSync(join(folder, 'red/002.png'), await picture('red', 99));
  rmSync(join(folder, 'green/000.png'));
  renameSync(join(folder, 'green/001.png'), join(folder, 'green/901.png'));
  put(join(folder, 'yellow', 'new.png'), await picture('red', 7));
  const result = await runOk(catalog, request());
  expect(result).toMatchObject({ imported: 2, unchanged: 9, changed: 1, removed: 2, classes: 4 });

  expect(one('red/000.png')).toMatchObject({ id: kept.id, hash: kept.hash, decision: 'accept' });
  expect(one('red/001.png')).toMatchObject({ id: touched.id, hash: touched.hash });
  expect(one('red/002.png')!.hash).not.toBe(changed.hash);
  expect(one('red/002.png')).toMatchObject({ id: changed.id, decision: 'accept' });
  expect(one('green/000.png')).toMatchObject({ present: false });
  // The features of the old bytes are gone, those of untouched files are not.
  expect(catalog.column('SELECT image_id FROM embeddings')).toEqual([kept.id]);
  // A new class goes to the end, so that stored probabilities keep their columns.
  expect(c.classesOf(catalog, 1).map((k) => k.name)).toEqual(['blue', 'green', 'red', 'yellow']);

  writeFileSync(join(folder, 'green/000.png'), await picture('green', 0, 0.05));
  expect(await runOk(catalog, request())).toMatchObject({ imported: 0, removed: 0 });
  expect(one('green/000.png')).toMatchObject({ present: true });
});

test("a person's label survives a re-import, unless the label changed at its source", async () => {
  const manifest = (label: string) =>
    put(join(folder, 'list.csv'), `path,label\nred/000.png,${label}\nred/001.png,red\n`);
  const list = manifest('red');
  await runOk(catalog, request(list));
  const blue = [...c.ensureClasses(catalog, 1, ['blue'])].find(([name]) => name === 'blue')![1];
  const [first, second] = [one('red/000.png')!.id, one('red/001.png')!.id];
  c.setClass(catalog, [first, second], blue);
  await runOk(catalog, request(list));
  expect(one('red/000.png')!.className).toBe('blue');
  manifest('green');
  await runOk(catalog, request(list));
  expect(one('red/000.png')!.className).toBe('green');
  expect(one('red/001.png')!.className).toBe('blue');
  expect(one('red/000.png')!.labelHistory.map((h) => `${h.to} ${h.source}`)).toEqual([
    'red import',
    'blue person',
    'green import',
  ]);
});

test('a manifest brings splits, captions and probabilities', async () => {
  const list = put(
    join(folder, 'list.jsonl'),
    [
      {
        path: 'red/000.png',
        label: 'red',
        split: 'val',
        caption: 'a red one',
        probabilities: { red: 0.7, blue: 0.3 },
      },
      { path: 'blue/000.png', label: 'blue' },
      { path: 'gone.png', label: 'blue' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );
  expect(await runOk(catalog, request(list))).toMatchObject({ imported: 2, skipped: 1 });
  expect(one('red/000.png')).toMatchObject({ split: 'val', caption: 'a red one', captionSource: 'import' });
  await runOk(catalog, request(list));
  expect(catalog.value('SELECT COUNT(*) FROM captions')).toBe(1); // said once, kept once
  const result = await runOk(catalog, { kind: 'score', params: { datasetId: 1, method: 'precomputed' } });
  expect(result).toMatchObject({ scored: 1, accuracy: 1 });
  expect(one('red/000.png')!.difficulty).toBeCloseTo(0.3, 6);
});

test('a file that is plainly something else is told by what it is', async () => {
  for (const [name, bytes, said] of [
    [
      'photos.zip',
      'PK\u0003\u0004'.padEnd(64, '\0'),
      /photos\.zip: a ZIP archive; unpack it and choose what is in it/,
    ],
    ['photos.csv', '<!DOCTYPE html><title>Sign in</title>', /photos\.csv: a web page \(HTML\)/],
    [
      'photos.jsonl',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      /a Git LFS pointer/,
    ],
  ] as const) {
    const job = await run(catalog, request(put(join(tempFolder(), name), bytes), name));
    expect([job.state, job.error]).toEqual(['failed', expect.stringMatching(said)]);
  }
});

test('one name, one source; nothing there; neither folder nor manifest', async () => {
  await runOk(catalog, request());
  const other = await makeFolder(join(tempFolder(), 'other'), 1);
  expect(await run(catalog, request(other))).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/imported from .*choose another name/),
  });
  expect((await run(catalog, request(join(folder, 'nothing')))).error).toMatch(/nothing at/);
  expect((await run(catalog, request(join(folder, 'red/000.png'), 'x'))).error).toMatch(
    /an image; .*expected a folder of images or a manifest/,
  );
  const note = put(join(tempFolder(), 'list.md'), 'a.png, cat');
  expect((await run(catalog, request(note, 'x'))).error).toMatch(/neither a folder nor/);
});

test('an aborted import keeps what it has and goes on from there', async () => {
  const job = await run(catalog, request(), {
    onEvent: (name, payload, abort) => {
      const { stage } = payload as { stage?: string };
      if (name === 'job.updated' && stage === 'reading images') abort.abort(new Error('stop'));
    },
  });
  expect(job.state).toBe('queued');
  const some = catalog.value<number>('SELECT COUNT(*) FROM images')!;
  expect(some).toBeLessThan(12);
  expect(await run(catalog, job)).toMatchObject({
    state: 'done',
    result: { imported: 12, unchanged: 0 }, // as an undisturbed one
  });
  expect(catalog.value('SELECT COUNT(*) FROM images')).toBe(12);
});

test('a sparse file that claims 20 GB is listed, and not read to its end', async () => {
  const file = join(folder, 'red', 'sparse.jpg');
  writeFileSync(file, '');
  truncateSync(file, 20e9);
  expect(await runOk(catalog, request())).toMatchObject({ imported: 12, skipped: 1 });
  expect(c.listSkipped(catalog, 1, 0, 10).items).toMatchObject([
    { reason: 'too large: 20,000 MB, limit 537 MB' },
  ]);
});
