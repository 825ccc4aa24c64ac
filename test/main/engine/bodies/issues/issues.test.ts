/** The issues job: planted wrong labels and copies are found, people's decisions are honoured, stopping loses nothing. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { confirmedLabelTag, issuesReport, labelsLeftOut } from '../../../../../src/shared/issues.ts';
import { classifierSpec, picture, put, writeClassifier } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-issues-'));
const photos = join(folder, 'photos');
let catalog: c.Catalog;
let modelId: string;
/** A red picture in the folder of blue ones. */
const wrong = 'train/blue/900.png';
const settings = { datasetId: 1, similarity: 0.99999 };

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  modelId = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  for (const colour of ['red', 'green', 'blue'])
    for (let i = 0; i < 24; i++)
      put(join(photos, `train/${colour}/${i}.png`), await picture(colour, i, 0.2 + 0.02 * (i % 10)));
  put(join(photos, wrong), await picture('red', 900, 0.4));
  mkdirSync(join(photos, 'test/green'), { recursive: true });
  copyFileSync(join(photos, 'train/green/3.png'), join(photos, 'test/green/copy.png'));
  copyFileSync(join(photos, 'train/red/5.png'), join(photos, 'train/red/copy.png'));
  await runOk(catalog, { kind: 'import', params: { source: photos, name: 'photos' } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const reportOf = (result: { file?: string }) =>
  issuesReport.parse(JSON.parse(readFileSync(catalog.file(result.file!), 'utf8')));
const idOf = (path: string) => catalog.value<number>('SELECT id FROM images WHERE path = ?', path)!;

it('finds copies while nothing is scored out of fold, and says once that labels are left out', async () => {
  const job = await run(catalog, { kind: 'issues', params: settings });
  expect(job.state, job.error ?? '').toBe('done');
  expect(job.result).toMatchObject({ labelsLeftOut, images: 75, leaking: 1 });
  expect(c.listLog(catalog, job.id).filter(({ text }) => text === labelsLeftOut)).toHaveLength(1);
  const report = reportOf(job.result!);
  expect(report.scorer).toBeNull();
  const exact = report.duplicates.filter(({ kind }) => kind === 'exact');
  expect(exact.map(({ images }) => images.map(({ path }) => path).sort())).toEqual([
    ['test/green/copy.png', 'train/green/3.png'],
    ['train/red/5.png', 'train/red/copy.png'],
  ]);
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId, method: 'in-sample' } });
  const inSample = await run(catalog, { kind: 'issues', params: { ...settings, scorerId: 1 } });
  expect(inSample.error).toContain('believes their wrong labels');
});

it('finds copies among one class, among unlabelled images, and none where there is one image', async () => {
  const pair = ['a.png', 'b.png'];
  for (const [name, files] of Object.entries({
    one: pair.map((file) => `only/${file}`),
    unlabelled: pair,
    single: ['a.png'],
  })) {
    for (const file of files) put(join(folder, name, file), await picture('red', 5, 0.3));
    const { datasetId } = await runOk(catalog, {
      kind: 'import',
      params: { source: join(folder, name), name },
    });
    const result = await runOk(catalog, { kind: 'issues', params: { datasetId: Number(datasetId) } });
    expect(result, name).toMatchObject({ labelsLeftOut, images: files.length, exact: files.length - 1 });
    const scored = await run(catalog, { kind: 'score', params: { datasetId: Number(datasetId) } });
    expect(scored.error).toContain(`classes in the dataset: ${name === 'one' ? 1 : 0}, wanted 2 or more`);
  }
});

it('finds the wrong label, and copies by their bytes; those across splits leak', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const result = await runOk(catalog, { kind: 'issues', params: settings });
  const report = reportOf(result);
  expect(report.issues[0]).toMatchObject({ path: wrong, given: 'blue', suggested: 'red' });
  expect(report.issues[0].difficulty).toBeCloseTo(1 - report.issues[0].selfConfidence, 6);
  expect(report.pairs[0]).toMatchObject({ given: 'blue', suggested: 'red' });
  expect(result).toMatchObject({ images: 75, issues: report.issues.length, leaking: 1 });
  const copies = report.duplicates.filter((cluster) => cluster.kind === 'exact');
  expect(copies.map(({ leaks, images }) => [leaks, images.map((image) => image.path).sort()])).toEqual([
    [true, ['test/green/copy.png', 'train/green/3.png']],
    [false, ['train/red/5.png', 'train/red/copy.png']],
  ]);
  expect(copies[0].images[0].similarity).toBe(1);
});

it('leaves out what a person confirmed or excluded', async () => {
  c.setTag(catalog, [idOf(wrong)], confirmedLabelTag, true);
  const confirmed = reportOf(await runOk(catalog, { kind: 'issues', params: settings }));
  expect(confirmed.confirmed).toBe(1);
  expect(confirmed.issues.map((issue) => issue.path)).not.toContain(wrong);
  c.undoEdit(catalog);
  c.decide(catalog, [idOf('test/green/copy.png')], 'reject');
  const excluded = reportOf(await runOk(catalog, { kind: 'issues', params: settings }));
  expect(excluded.images).toBe(74);
  expect(excluded.duplicates.some((cluster) => cluster.leaks)).toBe(false);
  expect(excluded.issues[0].path).toBe(wrong);
  c.undoEdit(catalog);
});

it('stopped while it compares, it ends with the same report', async () => {
  const whole = reportOf(await runOk(catalog, { kind: 'issues', params: settings }));
  const first = await run(
    catalog,
    { kind: 'issues', params: settings },
    {
      onEvent: (name, payload, abort) => {
        const { stage } = payload as { stage?: string };
        if (name === 'job.updated' && stage === 'comparing images') abort.abort(new Error('stop'));
      },
    },
  );
  expect(first.state).toBe('queued');
  const job = await run(catalog, first);
  expect(job.state, job.error ?? '').toBe('done');
  expect(reportOf(job.result!)).toEqual(whole);
});

it('what is shown follows what a person decides, and the export honours it', async () => {
  const states = () =>
    Object.fromEntries(c.latestIssues(catalog, 1)!.issues.map((issue) => [issue.path, issue.state]));
  expect(states()[wrong]).toBe('open');
  c.setTag(catalog, [idOf(wrong)], confirmedLabelTag, true);
  expect(states()[wrong]).toBe('confirmed');
  const red = catalog.value<number>("SELECT id FROM classes WHERE name = 'red'")!;
  c.setClass(catalog, [idOf(wrong)], red);
  const [first] = c.latestIssues(catalog, 1)!.issues;
  expect(first).toMatchObject({ path: wrong, given: 'blue', className: 'red', state: 'changed' });
  c.decide(catalog, [idOf('train/red/copy.png')], 'reject');
  const cluster = c
    .latestIssues(catalog, 1)!
    .duplicates.find(({ images }) => images.some((image) => image.path === 'train/red/copy.png'))!;
  expect(cluster.images.map((image) => image.excluded).sort()).toEqual([false, true]);

  const out = join(folder, 'exported');
  const exported = await runOk(catalog, { kind: 'export', params: { datasetId: 1, out } });
  expect(exported.images).toBe(74); // all but the excluded one
  const rows = readFileSync(join(out, 'metadata.jsonl'), 'utf8').trim().split('\n');
  const byPath = new Map(
    rows.map((row) => {
      const { source_path, ...rest } = JSON.parse(row);
      return [source_path, rest];
    }),
  );
  expect(byPath.get(wrong)).toMatchObject({ label: 'red' });
  expect(byPath.has('train/red/copy.png')).toBe(false);
  const only = { datasetId: 1, out: join(folder, 'excluded'), filter: { decision: 'reject' as const } };
  expect((await runOk(catalog, { kind: 'export', params: only })).images).toBe(1);
  for (let i = 0; i < 3; i++) c.undoEdit(catalog);
  expect(states()[wrong]).toBe('open');
});

it('a report that has gone is an error that says what to do', () => {
  expect(c.latestIssues(catalog, 1)).not.toBeNull();
  rmSync(catalog.file('issues'), { recursive: true });
  expect(() => c.latestIssues(catalog, 1)).toThrow('look for label issues again');
});
