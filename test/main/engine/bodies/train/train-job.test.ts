/** The training job on a tiny random model: previews that disturb nothing, and ending early with what there is. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { shownClasses } from '../../../../../src/main/engine/bodies/train/training-previews.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { memoryWarning } from '../../../../../src/main/engine/job-memory.ts';
import { decodeRgb } from '../../../../../src/main/images/decode.ts';
import { JobQueue } from '../../../../../src/main/jobs/queue.ts';
import { readAdapter } from '../../../../../src/main/models/diffusion/adapter-file.ts';
import { type JobRequestInput, jobRequest } from '../../../../../src/shared/jobs/index.ts';
import type { Job } from '../../../../../src/shared/jobs/job.ts';
import { previewFile, previewInterval } from '../../../../../src/shared/training-previews.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../../support/pictures.ts';
import { run } from '../../../support/run.ts';
import { writeTinyDiffusion } from '../../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-train-'));
let catalog: c.Catalog;
let queue: JobQueue;
let baseModelId: string;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  queue = new JobQueue(catalog);
  writeTinyDiffusion(join(folder, 'tiny'));
  baseModelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  const modelId = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  await makeFolder(join(folder, 'photos'), 6, 40);
  await done({ kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  await done({ kind: 'score', params: { datasetId: 1, method: 'classifier', modelId } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const training = (change: object): JobRequestInput<'train'> => ({
  kind: 'train',
  params: { datasetId: 1, baseModelId, steps: 9, batchSize: 4, checkpointEvery: 2, seed: 5, ...change },
});
async function done<R extends JobRequestInput | Job>(request: R, onEvent?: Parameters<typeof run>[2]) {
  const job = await run(catalog, request, onEvent);
  expect(job, job.error ?? '').toMatchObject({ state: 'done' });
  return job;
}
/** Does something when the training has taken this step. */
const atStep = (step: number, act: (job: number, abort: AbortController) => void) => ({
  onEvent: (name: string, payload: unknown, abort: AbortController) => {
    const at = payload as { jobId: number; point: { step: number } };
    if (name === 'training.point' && at.point.step === step) act(at.jobId, abort);
  },
});
const adapterOf = (job: Job<'train'>) => {
  const { path } = c.listModelRows(catalog).find(({ id }) => id === job.result?.modelId)!;
  const { config, adapter } = readAdapter(path);
  return { config, weights: [adapter.loraWeights, adapter.encoderWeights] };
};

describe('previews', () => {
  it('are made at their steps and at the end, and change no parameter by a bit', async () => {
    const quiet = await done(training({ previewEvery: 0 }));
    const steps: number[] = [];
    const shown = await done(training({ previewEvery: 4 }), {
      onEvent: (name, payload) => {
        if (name === 'training.preview') steps.push((payload as { step: number }).step);
      },
    });
    expect(adapterOf(shown).weights).toEqual(adapterOf(quiet).weights);
    expect(shown.result?.loss).toBe(quiet.result?.loss);
    expect(steps).toEqual([4, 8, 9]);
    expect(c.readTrainingPreviews(catalog, quiet.id)).toBeNull();
    const list = c.readTrainingPreviews(catalog, shown.id)!;
    expect(list).toMatchObject({ difficulties: [0.1, 0.5, 0.9], steps });
    expect(list.classes).toEqual(adapterOf(shown).config.classes);
    const bytes = (step: number, level: number) =>
      readFileSync(c.jobPictureFile(catalog, shown.id, previewFile(step, 2, level))!);
    expect(bytes(4, 0).readUInt32BE(16)).toBe(32); // IHDR: width
    expect(bytes(4, 0)).not.toEqual(bytes(8, 0)); // the weights moved
    expect(bytes(8, 0)).not.toEqual(bytes(8, 2)); // and difficulty matters
  });

  it('stay due when the job is stopped while one is made, and the resumed job ends bit-equal', async () => {
    const whole = await done(training({ previewEvery: 4, accumulation: 2, minSnrGamma: 2 }));
    const request = training({ previewEvery: 4, accumulation: 2, minSnrGamma: 2 });
    const stopped = await run(
      catalog,
      request,
      atStep(4, (_, abort) => setImmediate(() => abort.abort())),
    );
    expect(stopped.state).toBe('queued'); // handed back, as by an engine that ends
    const resumed = await done(stopped);
    expect(adapterOf(resumed).weights).toEqual(adapterOf(whole).weights);
    const list = c.readTrainingPreviews(catalog, resumed.id);
    expect(list).toEqual(c.readTrainingPreviews(catalog, whole.id));
    for (const [row] of list!.classes.entries()) {
      for (const step of list!.steps) {
        const [a, b] = [resumed, whole].map(
          ({ id }) => c.jobPictureFile(catalog, id, previewFile(step, row, 1))!,
        );
        expect(readFileSync(a)).toEqual(readFileSync(b));
      }
    }
  });

  it('are as rare as their cost asks for, where nobody says how often', () => {
    const every = (change: object) =>
      previewInterval({ previewEvery: null, batchSize: 16, accumulation: 1, ...change });
    expect(every({ previewEvery: 7 })).toBe(7);
    expect(every({ previewEvery: 0 })).toBe(0);
    // 9 pictures x 10 steps x 2 rows = 180 passes; a step of 16 samples is 24: 7.5 steps, a twentieth of 150.
    expect(every({})).toBe(150);
    expect(every({ accumulation: 4 })).toBe(40);
    expect(shownClasses(10)).toEqual([0, 3, 6]);
    expect(shownClasses(2)).toEqual([0, 1]);
  });
});

describe('ending early', () => {
  it('keeps what a running training has: the very state of a training of so many steps', async () => {
    const short = await done(training({ steps: 5 }));
    const ended = await done(
      training({}),
      atStep(5, (id) => queue.finish(id)),
    );
    expect(ended.result).toMatchObject({ steps: 5, loss: short.result?.loss });
    expect(adapterOf(ended).weights).toEqual(adapterOf(short).weights);
    expect(adapterOf(ended).config.steps).toBe(5);
    expect(c.listLog(catalog, ended.id).map(({ text }) => text)).toContain('ended at step 5 of 9, as asked');
    expect(c.readTrainingPreviews(catalog, ended.id)).toBeNull(); // they would take longer than the five steps did
    expect(existsSync(catalog.jobDir(ended.id))).toBe(true); // the engine removes it, not the job
  });

  it('keeps what a stopped training has, and a resume without it goes on to the end', async () => {
    const request = training({});
    const cancelled = async () => {
      const job = await run(
        catalog,
        request,
        atStep(3, (id, abort) => {
          queue.cancel(id);
          abort.abort(new Error('stopped'));
        }),
      );
      catalog.run("UPDATE jobs SET state = 'cancelled' WHERE id = ?", job.id); // as the engine's loop would
      return job.id;
    };
    const ended = await done(queue.finish(await cancelled()));
    expect(ended.result).toMatchObject({ steps: 3 });
    const other = await cancelled();
    queue.finish(other);
    queue.cancel(other);
    expect((await done(queue.resume(other))).result).toMatchObject({ steps: 9 });
    expect(() => queue.finish(other)).toThrow(`job ${other} is done already`);
  });

  it('takes at least one step, and is for training alone', async () => {
    const { id } = queue.enqueue(training({}));
    expect((await done(queue.finish(id))).result).toMatchObject({ steps: 1 });
    expect(() => queue.finish(1)).toThrow('job 1 (import) keeps nothing unless it runs to its end');
  });

  it('survives an engine that ends before it could follow', async () => {
    const job = await run(
      catalog,
      training({}),
      atStep(4, (id, abort) => {
        queue.finish(id);
        abort.abort(new Error('the engine is ending'));
      }),
    );
    expect(job.state).toBe('queued');
    expect((await done(job)).result).toMatchObject({ steps: 4 });
  });
});

it.each(['difficulty', 'plain'])('images of splits val and test are not learned from: %s', async (kind) => {
  const [first, second] = c.workImages(catalog, 1);
  const mark = (id: number, split: string | null) =>
    catalog.run('UPDATE images SET split = ? WHERE id = ?', split, id);
  const all = await done(training({ kind, steps: 1 }));
  mark(first.id, 'test');
  mark(second.id, 'val');
  const { result } = await done(training({ kind, steps: 1 }));
  expect(result?.images).toBe(all.result!.images! - 2);
  for (const { id } of c.workImages(catalog, 1)) mark(id, 'test');
  expect((await run(catalog, training({ kind, steps: 1 }))).error).toContain('val and test only measure');
  for (const { id } of c.workImages(catalog, 1)) mark(id, null);
});

it('warns of a scorer that has learned from the images', async () => {
  const warnings = (job: Job) =>
    queue.log(job.id).flatMap(({ level, text }) => (level === 'warn' ? [text] : []));
  const scored = async (method: string) =>
    (await done({ kind: 'score', params: { datasetId: 1, method } } as JobRequestInput<'score'>)).result
      ?.scorerId;
  const inSample = await done(training({ steps: 1, scorerId: await scored('in-sample') }));
  expect(warnings(inSample)).toEqual([expect.stringContaining('learned from the images it judges')]);
  const outOfFold = await done(training({ steps: 1, scorerId: await scored('out-of-fold') }));
  expect(warnings(outOfFold)).toEqual([]);
});

it('a difficulty model generates the same in another catalog that has its base model', async () => {
  const trained = await done(training({ steps: 2 }));
  const { path } = c.getModelRow(catalog, trained.result!.modelId!);
  const generate = (adapterId: string): JobRequestInput => ({
    kind: 'generate',
    params: { datasetId: 1, adapterId, count: 1, steps: 2, seed: 3 },
  });
  const pixels = async (of: c.Catalog, request: JobRequestInput) => {
    const job = await run(of, request);
    expect(job, job.error ?? '').toMatchObject({ state: 'done' });
    const rows = of.all<{ path: string }>(
      "SELECT path FROM images WHERE origin = 'synthetic' ORDER BY class_id, id",
    );
    const size = { width: 32, height: 32, fit: 'fill' } as const;
    return await Promise.all(rows.map(async (row) => (await decodeRgb(of.file(row.path), size)).pixels));
  };

  const other = c.openCatalog(join(folder, 'other'));
  try {
    await run(other, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
    const entry = await addModel(other, { path, name: 'from elsewhere' });
    expect(entry).toMatchObject({ kind: 'difficulty-adapter', datasetId: null, usable: true });
    expect(entry.summary).toBe('difficulty of 3 classes (blue, green, red), 2 steps, rank 8, 4 tokens');
    expect((await run(other, generate(entry.id))).error).toMatch(
      /^from elsewhere was trained on a diffusion model that this catalog does not have \(SHA-256 [0-9a-f]{10}…\)/,
    );
    await addModel(other, { path: join(folder, 'tiny'), name: 'its base' });
    const here = await pixels(catalog, generate(trained.result!.modelId!));
    expect(here).toHaveLength(3);
    expect(await pixels(other, generate(entry.id))).toEqual(here);
  } finally {
    other.close();
  }
});

it('what a report with a difficulty model takes of the memory is said before it starts', async () => {
  await done(training({ steps: 1 }));
  for (const kind of ['control', 'hard-factors'] as const) {
    const request = jobRequest.parse({ kind, params: { datasetId: 1, count: 1, steps: 2, levels: [0, 1] } });
    expect(memoryWarning(catalog, request, { free: 1e6, total: 8e9 })).toMatch(
      /^On the CPU, this takes about 0\.2 GB of memory, .* a smaller batch than 8/,
    );
    expect(memoryWarning(catalog, request, { free: 4e9, total: 8e9 })).toBeNull();
  }
});
