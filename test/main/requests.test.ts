/** Every request of the contract is answered by what the catalog holds, in the contract's own shape. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../src/main/catalog/index.ts';
import { addFromModelsFolder } from '../../src/main/engine/models-folder.ts';
import { openDiffusionModel } from '../../src/main/models/diffusion/model-folder.ts';
import type { RequestHandlers } from '../../src/main/requests.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
} from '../../src/shared/contract.ts';
import { limits } from '../../src/shared/limits.ts';
import { addImage, addProbabilities, makeDataset, tempCatalog, tempFolder } from './support/catalogs.ts';
import { handlersOf } from './support/handlers.ts';
import { classifierSpec, writeClassifier } from './support/pictures.ts';
import { writeTinyDiffusion } from './support/tiny-diffusion.ts';

let catalog: c.Catalog;
let handlers: RequestHandlers;
let datasetId: number;
let cat: number;
let dog: number;
let a: number;
let b: number;
let told: string[];

/** As the border does: input parsed, output checked. */
async function ask<N extends RequestName>(name: N, input: RequestInput<N>): Promise<RequestOutput<N>> {
  const schema = requests[name];
  const handler = handlers[name] as (input: unknown) => unknown;
  return schema.output.parse(await handler(schema.input.parse(input))) as RequestOutput<N>;
}

beforeEach(() => {
  catalog = tempCatalog();
  told = [];
  handlers = handlersOf(catalog, {
    emit: (name, payload) => told.push(`${name} ${(payload as { datasetId?: number }).datasetId}`),
  });
  const made = makeDataset(catalog, ['cat', 'dog']);
  datasetId = made.datasetId;
  cat = made.classes.get('cat')!;
  dog = made.classes.get('dog')!;
  a = addImage(catalog, datasetId, 'a.png', cat);
  b = addImage(catalog, datasetId, 'b.png', dog);
});

test('every request has a handler, and no other', () => {
  expect(Object.keys(handlers).sort()).toEqual(Object.keys(requests).sort());
});

test('datasets, images, scores and maps', async () => {
  expect(await ask('difficulty.summary', { datasetId, perClass: 3 })).toBeNull();
  expect(await ask('projection.get', { datasetId })).toBeNull();
  const scorerId = addProbabilities(
    catalog,
    datasetId,
    new Map([
      [a, [0.9, 0.1]],
      [b, [0.6, 0.4]],
    ]),
  );
  const [dataset] = await ask('datasets.list', {});
  expect(dataset).toMatchObject({ id: datasetId, images: 2, currentScorerId: scorerId });
  expect(await ask('datasets.get', { datasetId })).toEqual(dataset);
  expect((await ask('datasets.setScorer', { datasetId, scorerId })).currentScorerId).toBe(scorerId);
  expect(await ask('datasets.skipped', { datasetId, offset: 0, limit: 10 })).toEqual({ total: 0, items: [] });
  const ids = await ask('images.ids', { datasetId, filter: {}, sort: 'difficulty-desc' });
  expect([...ids]).toEqual([b, a]);
  expect((await ask('images.byIds', { ids: [...ids] })).map((s) => s.path)).toEqual(['b.png', 'a.png']);
  expect(await ask('images.detail', { id: b })).toMatchObject({ datasetId, className: 'dog' });
  expect((await ask('difficulty.summary', { datasetId, perClass: 3 }))!.scorer.id).toBe(scorerId);
  c.addProjection(catalog, {
    datasetId,
    method: 'pca',
    modelName: 'm',
    modelHash: 'h',
    params: {},
    ids: Uint32Array.of(a, b),
    positions: Float32Array.of(1, 2, 3, 4),
  });
  expect([...(await ask('projection.get', { datasetId }))!.ids]).toEqual([a, b]);
  expect(told).toEqual([`catalog.changed ${datasetId}`]); // the chosen scorer; reading tells nobody
});

test('edits tell the windows, and are undone in order', async () => {
  await ask('images.setClass', { ids: [a], classId: dog });
  await ask('images.setTag', { ids: [a, b], tag: 'look', on: true });
  await ask('captions.set', { ids: [a], text: 'a dog' });
  expect(await ask('captions.replace', { ids: [a, b], find: 'dog', replace: 'cat' })).toBe(1);
  await ask('review.decide', { ids: [b], decision: 'reject', classId: cat });
  expect(told).toEqual(Array(5).fill(`catalog.changed ${datasetId}`));
  expect(await ask('images.detail', { id: b })).toMatchObject({ decision: 'reject', className: 'cat' });
  const undone: (string | null)[] = [];
  for (let i = 0; i < 6; i++) undone.push(await ask('edits.undo', {}));
  expect(undone).toEqual([
    'reject of 1 image, class cat',
    '"dog" to "cat" in captions of 1 image',
    'caption of 1 image',
    'tag "look" on 2 images',
    'class of 1 image to dog',
    null,
  ]);
  expect(await ask('edits.redo', {})).toBe('class of 1 image to dog');
  expect(await ask('images.detail', { id: a })).toMatchObject({ className: 'dog', caption: null, tags: [] });
});

test('filters as long as they may be are answered', async () => {
  const ids = (filter: RequestInput<'images.ids'>['filter']) =>
    ask('images.ids', { datasetId, filter, sort: 'path' });
  expect([...(await ids({ text: '%'.repeat(limits.search) }))]).toEqual([]);
  expect([...(await ids({ text: '猫'.repeat(limits.search) }))]).toEqual([]);
  expect([...(await ids({ tag: '_'.repeat(limits.search) }))]).toEqual([]);
  const classIds = Array.from({ length: limits.classes }, (_, i) => i + 1);
  expect([...(await ids({ classIds, text: '.png' }))]).toEqual([a, b]);
});

test('jobs: queued, listed, cancelled, resumed, logged', async () => {
  const job = await ask('jobs.enqueue', { request: { kind: 'score', params: { datasetId } }, device: 'cpu' });
  expect(job).toMatchObject({ state: 'queued', device: 'cpu', params: { folds: 5, method: 'out-of-fold' } });
  expect(await ask('jobs.list', { limit: 10 })).toEqual([job]);
  await ask('jobs.cancel', { jobId: job.id });
  expect((await ask('jobs.list', { limit: 1 }))[0].state).toBe('cancelled');
  await ask('jobs.resume', { jobId: job.id });
  expect((await ask('jobs.list', { limit: 1 }))[0].state).toBe('queued');
  expect((await ask('jobs.log', { jobId: job.id })).map((l) => l.text)).toEqual([
    'resumed after it was cancelled',
  ]);
  expect(await ask('jobs.training', { jobId: job.id })).toEqual([]);
  await expect(ask('jobs.log', { jobId: 99 })).rejects.toThrow(/job 99 is not in this catalog/);
  await expect(ask('datasets.remove', { datasetId })).rejects.toThrow(/in use by job/);
  await ask('jobs.cancel', { jobId: job.id });
  await ask('datasets.remove', { datasetId });
  expect(await ask('datasets.list', {})).toEqual([]);
  expect((await ask('jobs.list', { limit: 1 }))[0].datasetId).toBeNull();
});

test('the curve of a training has a gap where no number came out, and no more points than can be shown', async () => {
  const { id: jobId } = await ask('jobs.enqueue', { request: { kind: 'train', params: { datasetId } } });
  const add = (step: number, loss: number) =>
    c.addTrainingPoint(catalog, jobId, { step, loss, smoothedLoss: 1 });
  add(1, 0.5);
  add(2, Number.NaN);
  add(3, Number.POSITIVE_INFINITY);
  const losses = (await ask('jobs.training', { jobId })).map(({ loss }) => loss);
  expect(losses).toEqual([0.5, null, null]);
  catalog.write(() => {
    for (let step = 4; step <= 25_001; step++) add(step, 0.1);
  });
  const points = await ask('jobs.training', { jobId });
  expect(points.length).toBe(8334); // every third
  expect(points.at(-1)!.step).toBe(25_001);
});

test('models: built-in ones are always listed, others are added, and gone files are told', async () => {
  const path = writeClassifier(join(tempFolder(), 'm.onnx'));
  expect(await ask('models.check', { path })).toMatchObject({ usable: true, onnx: { input: 'image' } });
  const entry = await ask('models.add', { path, name: 'mine', onnx: classifierSpec });
  expect(entry).toMatchObject({ id: 'model:1', kind: 'classifier', usable: true });
  const list = await ask('models.list', {});
  expect(list.map((m) => m.id)).toEqual(['builtin:diffusion', 'builtin:encoder', 'builtin:clip', 'model:1']);
  for (const model of list) expect(model.usable).toBe(model.problem === null);
  const tiny = join(tempFolder(), 'tiny');
  writeTinyDiffusion(tiny);
  const diffusion = await ask('models.add', { path: tiny, name: 'tiny' });
  expect(diffusion).toMatchObject({ kind: 'diffusion', usable: true });
  expect(diffusion.hash).toBe(await openDiffusionModel(tiny).hash()); // what provenance will say
  const folder = join(tempFolder(), 'empty');
  mkdirSync(folder);
  writeFileSync(join(folder, 'model_index.json'), '{}');
  expect(await ask('models.check', { path: folder })).toMatchObject({ kind: 'diffusion', usable: false });
  await expect(ask('models.remove', { id: 'builtin:encoder' })).rejects.toThrow(/built in/);
  await ask('models.remove', { id: entry.id });
  await expect(ask('models.remove', { id: entry.id })).rejects.toThrow(/not in this catalog/);
});

test('Diffusers folders in the models folder become known by themselves, once', async () => {
  const folder = tempFolder();
  writeTinyDiffusion(join(folder, 'tiny'));
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'model_index.json'), '{}');
  catalog.run("INSERT INTO settings VALUES ('modelsFolder', ?)", JSON.stringify(folder));
  const first = await addFromModelsFolder(catalog);
  expect(first.added).toEqual(['model:1']);
  expect(first.problems).toMatchObject([{ path: join(folder, 'broken') }]);
  expect((await addFromModelsFolder(catalog)).added).toEqual([]);
  expect((await ask('models.list', {})).at(-1)).toMatchObject({ id: 'model:1', name: 'tiny', usable: true });
});

test('settings and window requests', async () => {
  expect(await ask('settings.get', {})).toEqual(c.defaultSettings);
  expect((await ask('settings.set', { theme: 'dark' })).theme).toBe('dark');
  expect(await ask('dialog.choose', { purpose: 'manifest' })).toBeNull();
  expect((await ask('app.info', {})).catalog).toBe(catalog.dir);
});

test('a thousand images are relabelled at once, and taken back at once', async () => {
  const ids = catalog.write(() =>
    Array.from({ length: 1000 }, (_, i) => addImage(catalog, datasetId, `many/${i}.png`, cat)),
  );
  addProbabilities(catalog, datasetId, new Map(ids.map((id) => [id, [0.9, 0.1]])));
  const shown = async () => {
    const images = await ask('images.byIds', { ids });
    return new Set(images.map(({ className, difficulty }) => `${className} ${difficulty?.toFixed(2)}`));
  };
  await ask('review.decide', { ids, decision: 'accept', classId: dog });
  expect(await shown()).toEqual(new Set(['dog 0.90']));
  await ask('edits.undo', {});
  expect(await shown()).toEqual(new Set(['cat 0.10']));
});

test.skipIf(process.platform === 'win32')('what a form asks of a hostile model is answered too', async () => {
  const path = join(tempFolder(), 'tiny');
  writeTinyDiffusion(path);
  const { id: modelId } = await ask('models.add', { path, name: 'tiny' });
  const memory = () => ask('jobs.memory', { request: { kind: 'generate', params: { datasetId, modelId } } });
  expect(await memory()).toBeNull(); // it fits
  const config = join(path, 'unet/config.json');
  rmSync(config);
  execFileSync('mkfifo', [config]); // whoever opens it waits for ever
  await expect(memory()).rejects.toThrow(`${config}: not a regular file`);
  const { problems } = await ask('generation.outline', { params: { datasetId, modelId, prompt: '{' } });
  expect(problems.prompt).toMatch(/\{/);
});

test('what parameters break between them is refused before it is queued, and told by the preview', async () => {
  const params = { datasetId, distribution: 'uniform', low: 0.6, high: 0.4 } as const;
  const asking = ask('jobs.enqueue', { request: { kind: 'generate', params } });
  await expect(asking).rejects.toThrow('The highest difficulty, 0.4, is below the lowest, 0.6. Swap them.');
  expect(await ask('jobs.list', { limit: 10 })).toEqual([]);
  const { problems } = await ask('generation.outline', { params });
  expect(problems).toEqual({ difficulty: expect.stringContaining('from 0.6 to 0.4') });
});
