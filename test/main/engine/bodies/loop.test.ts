/** The loop after import, with a small real classifier: score, measure, map, caption, export, import again. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { measuredKeyword } from '../../../../src/main/engine/bodies/rescore/measured-png.ts';
import { addModel, checkModel } from '../../../../src/main/engine/check-model.ts';
import { readPngText } from '../../../../src/main/images/png.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { countingClock } from '../../support/counting-clock.ts';
import { classifierSpec, makeFolder, picture, put, writeClassifier } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

/** What was brought to the disk, in order. */
const synced = vi.hoisted(() => [] as string[]);
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const opened = new Map<number, string>();
  const openSync: typeof fs.openSync = (path, ...rest) => {
    const fd = fs.openSync(path, ...rest);
    opened.set(fd, String(path));
    return fd;
  };
  const fsyncSync: typeof fs.fsyncSync = (fd) => {
    fs.fsyncSync(fd);
    synced.push(opened.get(fd) ?? '');
  };
  return { ...fs, openSync, fsyncSync };
});

const PER_CLASS = 8;
let catalog: c.Catalog;
let folder: string;
let modelId: string;

beforeEach(async () => {
  catalog = tempCatalog();
  folder = await makeFolder(join(tempFolder(), 'photos'), PER_CLASS);
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  const path = writeClassifier(join(tempFolder(), 'colours.onnx'));
  modelId = (await addModel(catalog, { path, name: 'colours', onnx: classifierSpec })).id;
});

/** A picture as the generation job stores it. */
async function addGenerated(colour: string, index: number, strength: number): Promise<number> {
  const bytes = await picture(colour, 500 + index, strength);
  const path = `synthetic/1/9-${index}.png`;
  mkdirSync(dirname(catalog.file(path)), { recursive: true });
  writeFileSync(catalog.file(path), bytes);
  return c.addSynthetic(catalog, {
    datasetId: 1,
    classId: c.classesOf(catalog, 1).find((k) => k.name === colour)!.id,
    jobId: 9,
    index,
    path,
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    width: 24,
    height: 24,
    provenance: {
      recipe: 'difficulty-controlled',
      models: {},
      seed: index,
      prompt: `a photo of a ${colour}`,
      negativePrompt: '',
      className: colour,
      requestedDifficulty: 0.5,
      scheduler: 'pndm',
      steps: 30,
      guidanceScale: 2,
      guidanceMode: 'null-token',
      provider: 'cpu',
      createdBy: 'test',
    },
  });
}

test('a classifier scores by its label names: softmax of the dataset classes', async () => {
  const result = await runOk(catalog, {
    kind: 'score',
    params: { datasetId: 1, method: 'classifier', modelId },
  });
  expect(result).toMatchObject({ scored: 3 * PER_CLASS, accuracy: 1 });
  const summary = c.difficultySummary(catalog, 1, 2)!;
  // Strength rises with the file's number: the palest pictures are the hardest.
  for (const k of summary.classes) {
    expect(c.imagesByIds(catalog, k.hardest)[0].path).toMatch(/000\.png$/);
    expect(c.imagesByIds(catalog, k.easiest)[0].path).toMatch(/007\.png$/);
  }
});

test('a classifier whose labels are not the classes is refused by name', async () => {
  const path = catalog.value<string>('SELECT path FROM models')!;
  const wrong = await addModel(catalog, {
    path,
    name: 'wrong',
    onnx: { ...classifierSpec, labels: ['Red', 'green', 'blue'] },
  });
  const job = await run(catalog, {
    kind: 'score',
    params: { datasetId: 1, method: 'classifier', modelId: wrong.id },
  });
  expect(job.error).toMatch(/no label is called "red".*Rename the classes/);
  expect(c.listScorers(catalog, 1)).toEqual([]);
});

test('out-of-fold and in-sample probes; the same seed gives the same scores', async () => {
  const score = (method: 'out-of-fold' | 'in-sample', seed: number) =>
    runOk(catalog, { kind: 'score', params: { datasetId: 1, method, modelId, seed } });
  const a = await score('out-of-fold', 1);
  const b = await score('out-of-fold', 1);
  const inSample = await score('in-sample', 1);
  expect(a).toMatchObject({ scored: 3 * PER_CLASS, folds: 5 });
  expect(a.accuracy as number).toBeGreaterThan(0.8);
  const scores = (id: unknown) =>
    catalog.column<number>(
      'SELECT difficulty FROM scores WHERE scorer_id = ? ORDER BY image_id',
      id as number,
    );
  expect(scores(b.scorerId)).toEqual(scores(a.scorerId));
  const mean = (v: number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;
  expect(mean(scores(inSample.scorerId))).toBeLessThan(mean(scores(a.scorerId)));
  expect(c.getDataset(catalog, 1).currentScorerId).toBe(inSample.scorerId);
});

test.each(['out-of-fold', 'in-sample'] as const)(
  '%s: images of splits val and test are judged, not learned from',
  async (method) => {
    const images = c.workImages(catalog, 1);
    const [kept, others] = [images.filter((_, i) => i % 6 === 0), images.filter((_, i) => i % 6 !== 0)];
    const difficulties = async () => {
      const { scorerId } = await runOk(catalog, { kind: 'score', params: { datasetId: 1, method, modelId } });
      const of = new Map(
        c.difficultyRows(catalog, scorerId as number, 'real').map((row) => [row.imageId, row.difficulty]),
      );
      return (rows: typeof images) => rows.map(({ id }) => of.get(id));
    };
    const split = (name: string | null, rows: typeof images) => {
      for (const { id } of rows) catalog.run('UPDATE images SET split = ? WHERE id = ?', name, id);
    };
    const labels = (of: (at: number) => number) => {
      kept.forEach(({ id }, at) => {
        catalog.run('UPDATE images SET class_id = ? WHERE id = ?', of(at), id);
      });
    };
    const classes = c.classesOf(catalog, 1).map((k) => k.id);
    const wrong = (at: number) => classes[(classes.indexOf(kept[at].classId!) + 1) % classes.length];

    split('test', kept);
    const right = await difficulties();
    labels(wrong); // nobody who learned from them would say the same of the others
    const mistaken = await difficulties();
    expect(mistaken(others)).toEqual(right(others));
    const mean = (v: (number | undefined)[]) => v.reduce<number>((sum, x) => sum + x!, 0) / v.length;
    expect(mean(mistaken(kept))).toBeGreaterThan(mean(right(kept)) + 0.2);

    // Of a dataset that is nothing else, nobody learns but the probe.
    split('test', others);
    const all = await difficulties();
    split(null, images);
    expect(all(images)).toEqual((await difficulties())(images));
  },
);

test('rescore measures only new pictures, by the mean of the fold probes', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const clear = await addGenerated('red', 0, 0.8);
  const vague = await addGenerated('red', 1, 0.02);
  const result = await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  expect(result).toMatchObject({ measured: 2, synthetic: 2, meanRequestedDifficulty: 0.5 });
  const [easy, hard] = c.imagesByIds(catalog, [clear, vague]).map((s) => s.difficulty!);
  expect(easy).toBeLessThan(hard);
  expect(c.difficultySummary(catalog, 1, 2)!.curves.map((k) => k.count)).toEqual([3 * PER_CLASS, 2]);
  // The verdict is inside each file, and the catalog knows the file as it is now.
  for (const row of catalog.all<{ path: string; hash: string; difficulty: number }>(
    `SELECT i.path, i.hash, s.difficulty FROM images i JOIN scores s ON s.image_id = i.id WHERE i.origin = 'synthetic'`,
  )) {
    const bytes = readFileSync(catalog.file(row.path));
    expect(JSON.parse(readPngText(bytes)[measuredKeyword]).difficulty).toBe(row.difficulty);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(row.hash);
  }
  expect(await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } })).toMatchObject({ measured: 0 });
});

test('a rescore that was killed between a batch and its files finds its own pictures unchanged', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const ids = [await addGenerated('red', 0, 0.8), await addGenerated('red', 1, 0.02)];
  const files = c.imagesByIds(catalog, ids).map(({ path }) => catalog.file(path));
  const before = files.map((file) => readFileSync(file));
  await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  const marked = files.map((file) => readFileSync(file));
  writeFileSync(files[1], before[1]); // its row knows the hash that the file was to have
  catalog.run("UPDATE images SET mtime_ms = NULL WHERE origin = 'synthetic'");
  const again = await run(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  expect(again, again.error ?? '').toMatchObject({ state: 'done', result: { changed: 0, synthetic: 2 } });
  expect(files.map((file) => readFileSync(file))).toEqual(marked);
  expect(c.listLog(catalog, again.id).filter(({ level }) => level === 'warn')).toEqual([]);
});

test('a batch of measured pictures syncs its folder once', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  for (let i = 0; i < 12; i++) await addGenerated('red', i, 0.8);
  synced.length = 0;
  await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  const pictures = join('synthetic', '1');
  expect(synced.filter((path) => path.endsWith(pictures))).toHaveLength(process.platform === 'win32' ? 0 : 1);
  expect(synced.filter((path) => path.includes(pictures) && path.endsWith('.png.tmp'))).toHaveLength(12);
});

test('a rescore whose generated images are all gone fails, and says what brings them back', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const id = await addGenerated('red', 0, 0.8);
  rmSync(catalog.file(c.imagesByIds(catalog, [id])[0].path));
  const job = await run(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  expect(job.state).toBe('failed');
  expect(job.error).toMatch(/none of the 1 generated images is as it was made; put their files back/);
  expect(
    c
      .listLog(catalog, job.id)
      .map(({ text }) => text)
      .join(),
  ).toMatch(/or generate them again/);
});

test('rescore without scores says what to do', async () => {
  expect((await run(catalog, { kind: 'rescore', params: { datasetId: 1 } })).error).toMatch(
    /score the dataset first/,
  );
});

test('the map holds real and synthetic pictures; stopped half-way it ends the same', async ({
  onTestFinished,
}) => {
  onTestFinished(countingClock()); // each step is a slice of time
  await makeFolder(folder, 40);
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  await addGenerated('red', 0, 0.8);
  const request = {
    kind: 'project' as const,
    params: { datasetId: 1, modelId, perplexity: 5, iterations: 300 },
  };
  await runOk(catalog, request);
  const calm = c.getProjection(catalog, 1)!;
  expect(calm.ids.length).toBe(3 * 40 + 1);
  expect(calm.synthetic.at(-1)).toBe(1);
  const stopped = await run(catalog, request, {
    onEvent: (name, payload, abort) => {
      if (name === 'job.updated' && (payload as { stage: string }).stage === 'laying out the map')
        abort.abort();
    },
  });
  expect(stopped.state).toBe('queued');
  const begun: number[] = [];
  const ended = await run(catalog, stopped, {
    onEvent: (name, payload) => {
      const { stage, done } = payload as { stage: string; done: number };
      if (name === 'job.updated' && stage === 'laying out the map') begun.push(done);
    },
  });
  expect(ended.state).toBe('done');
  expect(begun[0]).toBeGreaterThan(0); // it went on, it did not begin anew
  expect(begun[0]).toBeLessThan(300);
  expect(c.getProjection(catalog, 1)!.positions).toEqual(calm.positions);
  const pca = await runOk(catalog, { kind: 'project', params: { datasetId: 1, modelId, method: 'pca' } });
  expect(pca.explained as number).toBeGreaterThan(0.5);
  expect(c.getProjection(catalog, 1)!.method).toBe('pca');
});

test('template captions fill in the class, and leave what a person wrote', async () => {
  const [mine] = c.imageIds(catalog, 1, {}, 'path');
  c.setCaption(catalog, [mine], 'my words');
  const caption = (more = {}) => runOk(catalog, { kind: 'caption', params: { datasetId: 1, ...more } });
  expect(await caption()).toMatchObject({ captioned: 3 * PER_CLASS - 1, kept: 1 });
  expect(c.imageDetail(catalog, mine + 1)).toMatchObject({
    caption: 'a photo of a blue',
    captionSource: 'template',
  });
  expect(await caption()).toMatchObject({ captioned: 0, unchanged: 3 * PER_CLASS - 1 });
  expect(await caption({ overwrite: true })).toMatchObject({ captioned: 1, kept: 0 });
  const job = await run(catalog, { kind: 'caption', params: { datasetId: 1, method: 'model' } });
  expect(job.error).toMatch(/no captioning model.*template/);
});

test('export and import again: the same labels, captions and files', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const made = [await addGenerated('red', 0, 0.8), await addGenerated('blue', 1, 0.3)];
  await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  await runOk(catalog, { kind: 'caption', params: { datasetId: 1 } });
  const green = c.classesOf(catalog, 1).find((k) => k.name === 'green')!.id;
  c.decide(catalog, [made[1]], 'accept', green);
  const out = join(tempFolder(), 'export');
  const result = await runOk(catalog, { kind: 'export', params: { datasetId: 1, out } });
  expect(result).toMatchObject({
    out,
    images: 3 * PER_CLASS + 2,
    real: 3 * PER_CLASS,
    synthetic: 2,
    missing: 0,
  });
  const rows = readFileSync(join(out, 'metadata.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const synthetic = rows.filter((row) => row.origin === 'synthetic');
  expect(synthetic).toHaveLength(2);
  expect(synthetic.find((row) => row.seed === 1)).toMatchObject({
    label: 'green',
    requested_difficulty: 0.5,
    recipe: 'difficulty-controlled',
    review: 'accept',
    difficulty: expect.any(Number),
  });

  await runOk(catalog, { kind: 'import', params: { source: out, name: 'again' } });
  const facts = (datasetId: number) =>
    c
      .workImages(catalog, datasetId)
      .map((image) => [image.hash, image.className, c.imageDetail(catalog, image.id).caption].join(' | '))
      .sort();
  const [again] = c.listDatasets(catalog).filter((d) => d.name === 'again');
  expect(facts(again.id)).toEqual(facts(1));
  expect(again.classes.map((k) => k.name)).toEqual(['blue', 'green', 'red']);
});

test('an export by filter, stopped half-way, leaves nothing to see and ends whole', async () => {
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId } });
  const out = join(tempFolder(), 'some');
  const red = c.classesOf(catalog, 1).find((k) => k.name === 'red')!.id;
  const params = { datasetId: 1, out, filter: { classIds: [red] } };
  const stopped = await run(
    catalog,
    { kind: 'export', params },
    {
      onEvent: (name, payload, abort) => {
        if (name === 'job.updated' && (payload as { stage: string }).stage === 'copying images')
          abort.abort();
      },
    },
  );
  expect(stopped.state).toBe('queued');
  expect(() => readFileSync(join(out, 'metadata.jsonl'))).toThrow();
  rmSync(join(folder, 'red/003.png')); // gone meanwhile: named in the log, not a reason to fail
  const ended = await run(catalog, stopped);
  expect(ended).toMatchObject({ state: 'done', result: { images: PER_CLASS - 1, missing: 1 } });
  expect(readFileSync(join(out, 'metadata.jsonl'), 'utf8').trim().split('\n')).toHaveLength(PER_CLASS - 1);
  expect(c.listLog(catalog, stopped.id).some((line) => line.text.includes('red/003.png'))).toBe(true);
  const none = await run(catalog, {
    kind: 'export',
    params: { datasetId: 1, out: `${out}2`, filter: { tag: 'x' } },
  });
  expect(none.error).toMatch(/no image fits the filter/);
});

test('what an ONNX file says about itself, and what it leaves open', async () => {
  const path = catalog.value<string>('SELECT path FROM models')!;
  const found = await checkModel(path);
  expect(found).toMatchObject({ kind: 'classifier', usable: true, problems: [] });
  expect(found.onnx).toEqual({
    input: 'image',
    layout: 'NCHW',
    channels: 3,
    width: 8,
    height: 8,
    logits: 'logits',
    features: 'features',
  });
  put(path.replace(/\.onnx$/, '.txt'), 'red\ngreen\nblue\n\n');
  expect((await checkModel(path)).onnx!.labels).toEqual(['red', 'green', 'blue']);
  await expect(addModel(catalog, { path, name: 'x' })).rejects.toThrow(/say mean, std, resize/);
  await expect(
    addModel(catalog, { path, name: 'x', onnx: { ...classifierSpec, labels: ['red'] } }),
  ).rejects.toThrow(/1 labels for 3 class scores/);
  await expect(
    addModel(catalog, { path, name: 'x', onnx: { ...classifierSpec, logits: 'other' } }),
  ).rejects.toThrow(/outputs features, logits, expected image and features, other/);
  const broken = put(join(tempFolder(), 'broken.onnx'), 'not a model');
  expect(await checkModel(broken)).toMatchObject({ usable: false, onnx: null });
  const pickle = put(join(tempFolder(), 'model.bin'), 'x');
  expect((await checkModel(pickle)).problems[0]).toMatch(/safetensors/);
});

test('a model file that changed since it was added is refused', async () => {
  const path = catalog.value<string>('SELECT path FROM models')!;
  writeFileSync(path, `${readFileSync(path, 'latin1')} `, 'latin1');
  const job = await run(catalog, { kind: 'embed', params: { datasetId: 1, modelId } });
  expect(job.error).toMatch(/has changed since it was added/);
});
