/** Imports of layouts through the job: the summary, what is refused as a whole, options, and the inputs after public reports. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { noteText } from '../../../../src/shared/import-summary.ts';
import type { JobParams, JobResult } from '../../../../src/shared/jobs/index.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { handlersOf } from '../../support/handlers.ts';
import { makeFolder, picture, put } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

let catalog: c.Catalog;
let folder: string;
beforeEach(async () => {
  catalog = tempCatalog();
  folder = await makeFolder(join(tempFolder(), 'photos'), 3);
});

const request = (source = folder, options: Partial<JobParams<'import'>> = {}) => ({
  kind: 'import' as const,
  params: { source, name: 'photos', ...options },
});

const summaryOf = ({ summary }: JobResult<'import'>) => {
  return { layout: summary.layout, used: summary.used.map(noteText), unused: summary.unused.map(noteText) };
};

describe('the summary', () => {
  test('of a folder', async () => {
    put(join(folder, 'red/broken.png'), (await picture('red', 1)).slice(0, 200));
    put(join(folder, 'red/@eaDir/x.jpg'), 'x');
    put(join(folder, 'red/000.txt'), 'a red one');
    put(join(folder, 'notes.md'), 'x');
    expect(summaryOf(await runOk(catalog, request()))).toEqual({
      layout: 'Class folders',
      used: ['Labels from folder names: 10', 'Captions from .txt files: 1'],
      unused: [
        'System files and folders (Synology NAS): 1 (@eaDir)',
        'Files that are not images: 1 (notes.md)',
        'Left out, each listed with its reason: 1 (red/broken.png: truncated)',
      ],
    });
    expect(c.imageDetail(catalog, 7)).toMatchObject({ path: 'red/000.png', caption: 'a red one' });
  });

  test('of a manifest', async () => {
    const list = put(join(folder, 'list.csv'), 'path;label;camera\nred/000.png;red;x\ngone.png;red;y\n');
    expect(summaryOf(await runOk(catalog, request(list)))).toEqual({
      layout: 'Manifest',
      used: ['Labels from list.csv: 1'],
      unused: [
        'Columns: 1 (camera)',
        'Left out, each listed with its reason: 1 (list.csv line 3: path: gone.png: no such file)',
      ],
    });
  });

  test('warns of classes with too few images', async () => {
    put(join(folder, 'rare/1.png'), await picture('red', 50));
    const job = await run(catalog, request());
    const log = await handlersOf(catalog)['jobs.log']({ jobId: job.id });
    expect(log.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^classes with fewer than 3 images: rare \(1\); out-of-fold scores/),
    ]);
  });
});

describe('nothing usable', () => {
  test.each([
    [
      'no images',
      (dir: string) => void put(join(dir, 'a.txt'), 'x'),
      /Seen and not used: Files that are not images: 1/,
    ],
    ['nothing at all', () => {}, /holds no files at all/],
    ['only broken ones', (dir: string) => void put(join(dir, 'cat/a.png'), 'no png'), /cat\/a.png: /],
    [
      'links alone',
      (dir: string) => {
        mkdirSync(join(dir, 'cat'));
        symlinkSync(process.execPath, join(dir, 'cat/a.png'));
      },
      /Links out of the folder \(--follow-links follows them\): 1 \(cat\/a.png\)/,
    ],
  ])('%s: fails with the reasons and leaves no dataset', async (_, make, reason) => {
    const dir = join(tempFolder(), 'none');
    mkdirSync(dir);
    make(dir);
    const job = await run(catalog, request(dir));
    expect(job.state).toBe('failed');
    expect(job.error).toMatch(/no image of .*none can be used/);
    expect(job.error).toMatch(reason);
    expect(job.error).toMatch(/No dataset was made/);
    expect(c.listDatasets(catalog)).toEqual([]);
  });

  test('a folder whose drive is gone, be its place empty: images stay as they were', async () => {
    await runOk(catalog, request());
    renameSync(folder, `${folder}-away`);
    expect((await run(catalog, request())).error).toMatch(/nothing at/);
    mkdirSync(folder); // where it was mounted
    expect((await run(catalog, request())).error).toMatch(/The 9 images of dataset photos stay as they were/);
    expect(c.listDatasets(catalog)[0]).toMatchObject({ images: 9, removed: 0 });
  });
});

describe('options', () => {
  test('root, columns and links; importing again keeps them', async () => {
    const outside = join(tempFolder(), 'outside.png');
    put(outside, await picture('red', 9));
    symlinkSync(outside, join(folder, 'red/link.png'));
    const list = put(join(tempFolder(), 'list.csv'), 'name,kind\nred/000.png,a\nred/link.png,b\n');
    const options = { root: folder, columns: { path: 'name', label: 'kind' }, followLinks: true };
    expect(await runOk(catalog, request(list, options))).toMatchObject({
      imported: 2,
      skipped: 0,
      classes: 2,
    });
    expect(c.listDatasets(catalog)[0]).toMatchObject({ root: folder, source: list });
    const again = await handlersOf(catalog)['datasets.importAgain']({ datasetId: 1 });
    expect(again.params).toMatchObject({ source: list, name: 'photos', ...options });
    expect(await run(catalog, again)).toMatchObject({ state: 'done', result: { unchanged: 2, removed: 0 } });
    expect((await run(catalog, request(list))).error).toMatch(/the paths of dataset photos start from/);
  });

  test('a column that is not there, and the root of a folder', async () => {
    const list = put(join(folder, 'list.csv'), 'path,label\nred/000.png,a\n');
    expect((await run(catalog, request(list, { columns: { split: 'fold' } }))).error).toMatch(
      /split: no column "fold"; the columns are path, label/,
    );
    expect((await run(catalog, request(folder, { root: folder }))).error).toMatch(/a root is for a manifest/);
    expect(c.listDatasets(catalog)).toEqual([]);
  });
});

const archive = join(import.meta.dirname, '../../../../../shared/data/reports.tar.gz');
const absent = !existsSync(archive) && 'reports.tar.gz is not there';
if (absent) console.log(`import-layouts: skipped inputs after public reports: ${absent}`);

describe.skipIf(absent)('inputs after public reports (../shared/data/reports.tar.gz)', () => {
  const class4 = (names: string[], splits: string[]) =>
    splits.flatMap((s) => names.map((n) => `4 ${n} ${s}`));
  test.each([
    ['kohya-captions', {}, ['5 shs cat - caption', '5 zwx dog - caption']],
    ['integer-labels', {}, ['4 0 - caption', '4 1 - caption']],
    ['system-folders', {}, ['4 cat -', '4 dog -']],
    ['doubled-splits', {}, class4(['cats', 'dogs'], ['test', 'train'])],
    ['seg-splits', {}, class4(['cats', 'dogs'], ['test', 'train'])],
    ['set-splits', {}, class4(['cats', 'dogs'], ['test', 'train'])],
    ['linked-images', {}, ['4 cat -', '4 dog -']],
    ['linked-images/datasets--me--pets/snapshots/abc', { followLinks: true }, ['4 cat -', '4 dog -']],
    ['rare-classes', {}, ['1 r2 -', '1 rare -', '60 common -']],
    ['odd-extensions', {}, ['9 cat -', '9 dog -']],
    ['loose-in-root', {}, ['3 - -', '3 cat -', '3 dog -']],
    ['yolo-layout', {}, ['3 - train', '3 - val']],
    ['manifests/arr.json', {}, ['4 cat -', '4 dog -']],
    ['manifests/cp.csv', {}, ['4 chat siamois -', '4 chien été -']],
    ['manifests/m.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/noheader.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/p.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/pretty.jsonl', {}, ['4 chat siamois -', '4 chien été -']],
    ['manifests/q.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/quoted.csv', {}, ['4 chat siamois - caption', '4 chien été - caption']],
    ['manifests/sepline.csv', {}, ['4 chat siamois -', '4 chien été -']],
    ['manifests/slash.csv', {}, ['4 x0 -', '4 x1 -']],
    ['manifests/space.txt', {}, ['4 0 -', '4 1 -']],
    ['manifests/u16.csv', {}, ['4 chat siamois -', '4 chien été -']],
    ['manifests/upper.csv', {}, ['4 chat siamois -', '4 chien été -']],
    ['manifests/win.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/winrel.csv', {}, ['4 cat -', '4 dog -']],
    ['manifests/winrel2.csv', {}, ['4 cat -', '4 dog -']],
  ])('%s', async (name, options, wanted) => {
    const all = tempFolder();
    execFileSync('tar', ['-xzf', archive, '-C', all]);
    await runOk(catalog, request(join(all, 'reports', name), options));
    const rows = catalog.column<string>(
      `SELECT COUNT(*) || ' ' || COALESCE(k.name, '-') || ' ' || COALESCE(i.split, '-') ||
         CASE WHEN i.caption_id IS NULL THEN '' ELSE ' caption' END
       FROM images i LEFT JOIN classes k ON k.id = i.class_id GROUP BY k.name, i.split, i.caption_id IS NULL`,
    );
    expect(rows.sort()).toEqual([...wanted].sort());
  });

  test.each([
    [
      'linked-images/datasets--me--pets/snapshots/abc',
      /Links out of the folder \(--follow-links follows them\): 8/,
    ],
    ['manifests/p.txt', /no column for the image's path among "a photo of a \[CLS\]/],
  ])('%s is refused with the cause', async (name, reason) => {
    const all = tempFolder();
    execFileSync('tar', ['-xzf', archive, '-C', all]);
    expect((await run(catalog, request(join(all, 'reports', name)))).error).toMatch(reason);
    rmSync(all, { recursive: true });
    expect(c.listDatasets(catalog)).toEqual([]);
  });
});
