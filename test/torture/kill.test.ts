/**
 * The engine killed with SIGKILL again and again during import, scoring, map, training, generation and export: each
 * job goes on by itself and ends with the very files and rows of a run that nobody disturbed. Real engine processes;
 * a tiny random diffusion model stands in for the built-in one (the same code, less arithmetic).
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOf } from '../../scripts/torture/kills/fingerprint.ts';
import { rngFromSeed } from '../../src/core/rng.ts';
import * as c from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/check-model.ts';
import { EngineSupervisor } from '../../src/main/jobs/supervisor.ts';
import type { JobRequestInput } from '../../src/shared/jobs/index.ts';
import type { Job } from '../../src/shared/jobs/job.ts';
import { heldEngine, holdAt, isHeldAt, letGo, type Place } from '../main/support/hold.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../main/support/pictures.ts';
import { writeTinyDiffusion } from '../main/support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-kill-'));
const PER_CLASS = 40;
/** Where training is killed the second time; a run that failed is repeated with the number it printed. */
const killSeed = Number(process.env.CRUX_KILL_SEED ?? Date.now() % 1_000_000);
console.log(`kill test: CRUX_KILL_SEED=${killSeed}`);

interface Side {
  catalog: c.Catalog;
  supervisor: EngineSupervisor;
  out: string;
  encoder: string;
  diffusion: string;
}
let calm: Side;
let stormy: Side;

async function open(name: string): Promise<Side> {
  const catalog = c.openCatalog(join(folder, name));
  const supervisor = new EngineSupervisor({ catalog, role: 'app', entry: heldEngine });
  const encoder = await addModel(catalog, {
    path: join(folder, 'colours.onnx'),
    name: 'colours',
    onnx: classifierSpec,
  });
  const diffusion = await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' });
  supervisor.start();
  return {
    catalog,
    supervisor,
    out: join(folder, `${name}-export`),
    encoder: encoder.id,
    diffusion: diffusion.id,
  };
}

beforeAll(async () => {
  await makeFolder(join(folder, 'photos'), PER_CLASS, 128);
  writeClassifier(join(folder, 'colours.onnx'));
  writeTinyDiffusion(join(folder, 'tiny'));
  calm = await open('calm');
  stormy = await open('stormy');
});
afterAll(async () => {
  for (const side of [calm, stormy]) {
    await side?.supervisor.stop(500);
    side?.catalog.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function run(at: Side, request: JobRequestInput, kills: readonly Place[] = []): Promise<Job> {
  const { supervisor, catalog } = at;
  let killed = 0;
  const holdAtNext = () => (kills[killed] ? holdAt(catalog.dir, kills[killed]) : letGo(catalog.dir));
  holdAtNext();
  const off = supervisor.on('job.updated', (job) => {
    if (!kills[killed] || !isHeldAt(kills[killed], job) || supervisor.pid === undefined) return;
    process.kill(supervisor.pid, 'SIGKILL');
    killed++;
    holdAtNext();
  });
  const job = supervisor.queue.enqueue(request);
  supervisor.wake();
  const ended = await supervisor.waitFor(job.id);
  off();
  const interruptions = supervisor.queue.log(job.id).filter((line) => line.text.includes('the job resumes'));
  expect(ended, ended.error ?? '').toMatchObject({ state: 'done' });
  expect(killed).toBe(kills.length);
  expect(interruptions).toHaveLength(kills.length); // it was hit while it ran, each time
  return ended;
}

/** Runs the same job undisturbed and disturbed; both results. */
async function both(request: (side: Side) => JobRequestInput, kills: readonly Place[]) {
  const [a, b] = [await run(calm, request(calm)), await run(stormy, request(stormy), kills)];
  return [a, b];
}

const during = (stage: string, done = 0): Place => ({ stage, done });
const rows = (sql: string) => [calm.catalog.all(sql), stormy.catalog.all(sql)];

function expectSame(sql: string, atLeast = 1): void {
  const [a, b] = rows(sql);
  expect(a.length).toBeGreaterThanOrEqual(atLeast);
  expect(b).toEqual(a);
}

test('import', async () => {
  const [a, b] = await both(
    () => ({ kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } }),
    [during('looking for images'), during('reading images', 1), during('reading images', 60)],
  );
  expect(b.result).toEqual(a.result);
  expectSame(
    'SELECT id, path, hash, class_id, width, height, present FROM images ORDER BY id',
    3 * PER_CLASS,
  );
  expect(filesOf(join(stormy.catalog.dir, 'thumbs'))).toEqual(filesOf(join(calm.catalog.dir, 'thumbs')));
});

test('score', async () => {
  await both(
    ({ encoder }) => ({ kind: 'score', params: { datasetId: 1, modelId: encoder } }),
    [during('computing features'), during('storing scores')],
  );
  expectSame('SELECT scorer_id, image_id, difficulty, entropy FROM scores ORDER BY 1, 2', 3 * PER_CLASS);
  expectSame('SELECT id, accuracy, probe_data FROM scorers');
});

test('map', async () => {
  await both(
    ({ encoder }) => ({
      kind: 'project',
      params: { datasetId: 1, modelId: encoder, perplexity: 10, iterations: 500 },
    }),
    [during('laying out the map', 1)],
  );
  expectSame('SELECT id, ids, positions FROM projections');
});

test('training', async () => {
  const [a, b] = await both(
    ({ diffusion }) => ({
      kind: 'train',
      params: {
        datasetId: 1,
        baseModelId: diffusion,
        steps: 120,
        batchSize: 4,
        checkpointEvery: 10,
        accumulation: 2,
        minSnrGamma: 5,
        previewEvery: 40,
        seed: 5,
      },
    }),
    [during('training', 1), during('training', 1 + rngFromSeed(killSeed, 'training').int(100))],
  );
  expect(b.result).toEqual(a.result);
  expectSame("SELECT id, kind, hash FROM models WHERE kind = 'difficulty-adapter'");
  expectSame('SELECT step, loss FROM training_points ORDER BY step', 120);
  const pictures = filesOf(join(stormy.catalog.dir, 'training'));
  expect(pictures).toEqual(filesOf(join(calm.catalog.dir, 'training')));
  expect(Object.keys(pictures)).toHaveLength(1 + 3 * 3 * 3); // three steps, classes and difficulties, and their list
});

test('generation', async () => {
  await both(
    () => ({
      kind: 'generate',
      params: { datasetId: 1, count: 8, batchSize: 2, steps: 12, scheduler: 'pndm', seed: 3 },
    }),
    [during('generating'), during('generating', 4), during('generating', 12)],
  );
  expectSame("SELECT id, path, hash, class_id FROM images WHERE origin = 'synthetic' ORDER BY id", 24);
  expectSame(
    'SELECT job_index, requested_difficulty, provenance FROM synthetic_samples ORDER BY job_index',
    24,
  );
  expect(filesOf(join(stormy.catalog.dir, 'synthetic'))).toEqual(
    filesOf(join(calm.catalog.dir, 'synthetic')),
  );
});

test('generation between inverted images, with two-stage prompts', async () => {
  await both(
    ({ diffusion }) => ({
      kind: 'generate',
      params: {
        datasetId: 1,
        modelId: diffusion,
        count: 6,
        batchSize: 2,
        steps: 12,
        scheduler: 'ddim',
        eta: 0.5,
        init: 'interpolate',
        inversionSteps: 20,
        firstPrompts: ['a [CLS] cup', 'a [CLS] cat'],
        seed: 4,
      },
    }),
    [
      during('inverting images', 1),
      during('inverting images', 8),
      during('generating', 2),
      during('generating', 8),
    ],
  );
  expectSame("SELECT id, path, hash, class_id FROM images WHERE origin = 'synthetic' ORDER BY id", 42);
  expectSame('SELECT job_index, provenance FROM synthetic_samples ORDER BY job_id, job_index', 42);
  expect(filesOf(join(stormy.catalog.dir, 'synthetic'))).toEqual(
    filesOf(join(calm.catalog.dir, 'synthetic')),
  );
});

test('generation that keeps what a scorer chooses', async () => {
  const [a, b] = await both(
    () => ({
      kind: 'generate',
      params: {
        datasetId: 1,
        ratio: 0.2,
        distribution: 'real-class',
        prompt: 'a {photo|{small |}drawing} of a [CLS]',
        keepAgreeing: true,
        attempts: 4,
        atLimit: 'leave-out',
        batchSize: 2,
        steps: 12,
        seed: 6,
      },
    }),
    [during('generating'), during('generating', 3), during('generating', 12)],
  );
  expect(b.result).toEqual(a.result);
  const { candidates, atLimit } = a.result as { candidates: number; atLimit: number };
  expect(candidates).toBeGreaterThan(24); // some were made again
  expect(atLimit).toBeLessThan(24);
  expectSame("SELECT id, path, hash, class_id FROM images WHERE origin = 'synthetic' ORDER BY id", 43);
  expectSame('SELECT job_index, provenance FROM synthetic_samples ORDER BY job_id, job_index', 43);
  expectSame(
    `SELECT s.image_id, s.difficulty, s.predicted_class_id FROM scores s JOIN synthetic_samples g USING (image_id)
     ORDER BY s.image_id`,
  );
  expect(filesOf(join(stormy.catalog.dir, 'synthetic'))).toEqual(
    filesOf(join(calm.catalog.dir, 'synthetic')),
  );
});

test('export', async () => {
  await both(
    ({ out }) => ({ kind: 'export', params: { datasetId: 1, out } }),
    [during('copying images'), during('finishing')],
  );
  const [a, b] = [filesOf(calm.out), filesOf(stormy.out)];
  // Each export's own mark holds its id; all else is the same, to the byte.
  const marks = Object.keys(a).filter((name) => a[name] !== b[name]);
  expect(marks.every((name) => /^\/\.[^/]+$/.test(name))).toBe(true);
  expect(Object.keys(b)).toEqual(Object.keys(a));
  expect(Object.keys(a).length).toBeGreaterThan(3 * PER_CLASS + 42);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]); // no half export lies about
});
