/**
 * What changed on disk is noticed: every job that reads images, or what was once computed from them, leaves out those
 * whose files are not the ones that were imported, names them, and counts them in its result.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import type { JobRequestInput } from '../../../../src/shared/jobs/index.ts';
import type { Job } from '../../../../src/shared/jobs/job.ts';
import { classifierSpec, makeFolder, picture, writeClassifier } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const PER_CLASS = 6;
const folder = mkdtempSync(join(tmpdir(), 'crux-changed-'));
const photos = join(folder, 'photos');
const file = (path: string) => join(photos, path);
let catalog: c.Catalog;
let modelId: string;
let baseModelId: string;
let exports = 0;
const put: (() => unknown)[] = [];

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'));
  baseModelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  modelId = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  await makeFolder(photos, PER_CLASS, 40);
  await runOk(catalog, { kind: 'import', params: { source: photos, name: 'photos' } });
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, method: 'out-of-fold', modelId } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const back of put.splice(0).reverse()) await back();
});

/** Until the end of the test. @param keepTime as a program that restores times, or a clock that stands, leaves it. */
async function change(path: string, { keepTime = false } = {}): Promise<void> {
  const [before, { atime, mtime, mtimeMs }] = [readFileSync(file(path)), statSync(file(path))];
  const other = Buffer.from(before);
  // Within the pixels: another picture of the same length, if it can still be decoded at all.
  other[other.length - 20] ^= 1;
  writeFileSync(file(path), keepTime ? other : await picture('red', 99, 0.5, 40));
  utimesSync(file(path), atime, keepTime ? mtime : new Date(mtimeMs + 5000));
  put.push(() => {
    writeFileSync(file(path), before);
    utimesSync(file(path), atime, mtime);
  });
}
function remove(path: string): void {
  renameSync(file(path), `${file(path)}.gone`);
  put.push(() => renameSync(`${file(path)}.gone`, file(path)));
}
function touch(path: string): void {
  const { atime, mtime } = statSync(file(path));
  utimesSync(file(path), atime, 1234);
  put.push(() => utimesSync(file(path), atime, mtime));
}

type Make = () => JobRequestInput;
const jobs = {
  embed: () => ({ kind: 'embed', params: { datasetId: 1, modelId } }),
  'score, a probe': () => ({ kind: 'score', params: { datasetId: 1, modelId } }),
  'score, a classifier': () => ({ kind: 'score', params: { datasetId: 1, method: 'classifier', modelId } }),
  rescore: () => ({ kind: 'rescore', params: { datasetId: 1 } }),
  fit: () => ({ kind: 'fit', params: { datasetId: 1, size: 16, epochs: 1, batchSize: 8 } }),
  'train, with difficulty': () => ({
    kind: 'train',
    params: { datasetId: 1, baseModelId, steps: 1, batchSize: 2, previewEvery: 0 },
  }),
  'train, plain': () => ({
    kind: 'train',
    params: { datasetId: 1, baseModelId, kind: 'plain', steps: 1, batchSize: 2 },
  }),
  'generate from images': () => generation('image'),
  'generate between images': () => generation('interpolate'),
  control: () => ({
    kind: 'control',
    params: { datasetId: 1, levels: [0.2, 0.8], count: 1, steps: 2, baseline: false },
  }),
  'hard factors': () => ({
    kind: 'hard-factors',
    params: { datasetId: 1, modelId, levels: [0.2, 0.8], count: 1, steps: 2 },
  }),
  export: (): JobRequestInput<'export'> => ({
    kind: 'export',
    params: { datasetId: 1, out: join(folder, `export-${exports++}`), filter: { origin: 'real' } },
  }),
} satisfies Record<string, Make>;
/** Those that read what was stored, and no file. */
const withoutFiles: Record<string, Make> = {
  project: () => ({ kind: 'project', params: { datasetId: 1, modelId, method: 'pca' } }),
  issues: () => ({ kind: 'issues', params: { datasetId: 1 } }),
};
const generation = (init: 'image' | 'interpolate'): JobRequestInput => ({
  kind: 'generate',
  params: { datasetId: 1, modelId: baseModelId, count: 2, steps: 2, init, inversionSteps: 2 },
});

const said = (job: Job) => c.listLog(catalog, job.id).map((line) => line.text);

it.each(Object.entries(jobs))('%s', async (_, make) => {
  await change('red/001.png');
  remove('blue/002.png');
  touch('green/003.png');
  const job = await run(catalog, make());
  expect(job, job.error ?? '').toMatchObject({ state: 'done', result: { changed: 1, missing: 1 } });
  const log = said(job).join('\n');
  expect(log).toMatch(
    /1 image changed since it was imported and is left out: red\/001\.png\. Import the folder again/,
  );
  expect(log).toMatch(/1 image is missing or cannot be read and is left out: blue\/002\.png/);
  expect(log).not.toContain('green/003.png');
});

it.each(Object.entries(jobs))('%s: none of N is a failure', async (_, make) => {
  renameSync(photos, `${photos}.gone`);
  put.push(() => renameSync(`${photos}.gone`, photos));
  // Generated images are another matter: they lie in the catalog.
  catalog.run("UPDATE images SET present = 0 WHERE origin = 'synthetic'");
  put.push(() => catalog.run("UPDATE images SET present = 1 WHERE origin = 'synthetic'"));
  const job = await run(catalog, make());
  expect(job.state).toBe('failed');
  expect(job.error).toMatch(
    /none of the 18 images is as it was imported \(0 changed, 18 missing: blue\/000\.png,/,
  );
  expect(job.error).toMatch(/Connect their disk, or import the folder again/);
});

describe.each(Object.entries(withoutFiles))('%s', (_, make) => {
  it('needs no photo whose features are stored', async () => {
    renameSync(photos, `${photos}.gone`);
    put.push(() => renameSync(`${photos}.gone`, photos));
    const job = await run(catalog, make());
    expect(job.state, job.error ?? '').toBe('done');
    expect(job.result).not.toHaveProperty('missing'); // it looked at no file
  });

  it('reads those without features, and leaves out what is not as it was imported', async () => {
    catalog.run('DELETE FROM embeddings');
    put.unshift(() => runOk(catalog, jobs.embed())); // once the files are back
    await change('red/001.png');
    remove('blue/002.png');
    const job = await run(catalog, make());
    expect(job, job.error ?? '').toMatchObject({ state: 'done', result: { changed: 1, missing: 1 } });
    expect(said(job).join('\n')).toMatch(
      /red\/001\.png has changed since it was imported.*it gets no features/,
    );
  });
});

describe('what is exported', () => {
  const rowsOf = (out: string) =>
    readFileSync(join(out, 'metadata.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { source_path: string; file_name: string });

  it('is never another file under the old scores, not even one of the same size and time', async () => {
    await change('red/001.png', { keepTime: true });
    await change('red/002.png');
    touch('red/003.png');
    const { out, images, changed, missing } = await runOk(catalog, jobs.export());
    expect({ images, changed, missing }).toEqual({ images: 3 * PER_CLASS - 2, changed: 2, missing: 0 });
    const rows = rowsOf(out as string);
    const paths = rows.map((row) => row.source_path);
    expect(paths).not.toContain('red/001.png');
    expect(paths).not.toContain('red/002.png');
    expect(paths).toContain('red/003.png');
    for (const { file_name, source_path } of rows)
      expect(readFileSync(join(out as string, file_name))).toEqual(readFileSync(file(source_path)));
  });

  it('leaves out what changes while it is being copied', async () => {
    const job = await run(catalog, jobs.export(), {
      onEvent: (name, payload) => {
        if (name !== 'job.updated' || (payload as Job).stage !== 'copying images' || put.length > 0) return;
        remove('red/005.png');
      },
    });
    expect(job.result).toMatchObject({ images: 3 * PER_CLASS - 1, changed: 0, missing: 1 });
    expect(said(job).join('\n')).toMatch(/red\/005\.png is missing .* It is not in the export/);
  });
});

it('a training resumed after its images were read tells what it had left out', async () => {
  await change('red/001.png');
  const first = await run(
    catalog,
    { kind: 'train', params: { datasetId: 1, baseModelId, kind: 'plain', steps: 4, batchSize: 2 } },
    {
      onEvent: (name, payload, abort) => {
        if (name === 'training.point' && (payload as { point: { step: number } }).point.step === 2)
          abort.abort();
      },
    },
  );
  expect(first.state).toBe('queued');
  remove('blue/002.png'); // it has its latents already
  const job = await run(catalog, first);
  expect(job, job.error ?? '').toMatchObject({
    state: 'done',
    result: { steps: 4, images: 3 * PER_CLASS - 1, changed: 1, missing: 0 },
  });
});

it('the same bytes with a new time are hashed once', async () => {
  touch('green/003.png');
  await runOk(catalog, jobs.embed());
  const row = catalog.get<{ mtime_ms: number }>("SELECT mtime_ms FROM images WHERE path = 'green/003.png'")!;
  expect(row.mtime_ms).toBe(1234_000);
});

it('a generated image that somebody edited keeps its file, and its row no new measurement', async () => {
  await runOk(catalog, generation('image'));
  const [path] = catalog.column<string>(
    "SELECT path FROM images WHERE origin = 'synthetic' AND present = 1 LIMIT 1",
  );
  const edited = await picture('blue', 7, 0.5, 32);
  writeFileSync(catalog.file(path), edited);
  const job = await run(catalog, jobs.rescore());
  expect(job, job.error ?? '').toMatchObject({ state: 'done', result: { changed: 1 } });
  expect(readFileSync(catalog.file(path)).equals(edited)).toBe(true);
  expect(said(job).join('\n')).toContain(path);
});
