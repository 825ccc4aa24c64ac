/**
 * Owns the campaign of power cuts: jobs are stopped at a random place, random files of what they go on from are cut,
 * emptied or zeroed as a disk without power leaves them, and the resumed jobs must end with the very bytes of ones that
 * nobody disturbed. What is drawn follows from the seed.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Rng, rngFromSeed } from '../../src/core/rng.ts';
import * as c from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/models/check.ts';
import type { Job, JobRequestInput } from '../../src/shared/jobs.ts';
import { writeTinyDiffusion } from '../../test/main/engine/tiny-diffusion.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../test/main/support/pictures.ts';
import { run as runJob } from '../../test/main/support/run.ts';

export interface CutsContext {
  seed?: number;
  /** Cuts of each kind of job. */
  trials?: number;
  log?(text: string): void;
}

export interface Outcome {
  tried: number;
  survived: number;
  failed: string[];
  seconds: number;
  notes?: string;
}

/** As a disk that lost its power may give a file back. */
export const damages: Record<string, (bytes: Buffer, rng: Rng) => Buffer> = {
  'cut at a random length': (bytes, rng) => bytes.subarray(0, rng.int(bytes.length + 1)),
  'zeros from a random place on': (bytes, rng) => bytes.fill(0, rng.int(bytes.length + 1)),
  'a block of zeros': (bytes, rng) => {
    const at = rng.int(bytes.length + 1);
    return bytes.fill(0, at, Math.min(bytes.length, at + 4096));
  },
  'a few bytes more': (bytes) => Buffer.concat([bytes, Buffer.alloc(3, 1)]),
  'all zeros': (bytes) => bytes.fill(0),
  empty: () => Buffer.alloc(0),
};
const kinds = Object.keys(damages);

export const filesBelow = (folder: string): string[] => {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
};

/** Damages each file with an even chance, and one at least. @returns what was done, for the report. */
function damageSome(files: readonly string[], rng: Rng): string {
  const sure = rng.int(files.length);
  return files
    .filter((_, i) => i === sure || rng.int(2) === 0)
    .map((file) => {
      const kind = kinds[rng.int(kinds.length)];
      writeFileSync(file, damages[kind](readFileSync(file), rng));
      return `${file.slice(dirname(dirname(file)).length + 1)}: ${kind}`;
    })
    .join('; ');
}

interface Place {
  catalog: c.Catalog;
  folder: string;
  encoder: string;
  diffusion: string;
}

interface Kind {
  request(place: Place, number: number): JobRequestInput;
  /** What must come out the same. */
  result(place: Place, job: Job): string;
  /** Files that it goes on from, besides its own folder. */
  more?(place: Place, number: number): string[];
}

const hashOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const sampleFiles = ({ catalog }: Place, job: Job) =>
  catalog
    .column<string>(
      'SELECT i.path FROM synthetic_samples s JOIN images i ON i.id = s.image_id WHERE s.job_id = ? ORDER BY s.job_index',
      job.id,
    )
    .map((path) => readFileSync(catalog.file(path)));
const modelOf = ({ catalog }: Place, job: Job) => c.getModelRow(catalog, job.result!.modelId as string);

const exportFolder = ({ folder }: Place, number: number) => join(folder, 'exports', String(number));

const jobs: Record<string, Kind> = {
  train: {
    request: ({ diffusion }) => ({
      kind: 'train',
      params: {
        datasetId: 1,
        baseModelId: diffusion,
        steps: 12,
        batchSize: 2,
        checkpointEvery: 2,
        previewEvery: 0,
        seed: 5,
      },
    }),
    result: (place, job) => modelOf(place, job).hash,
  },
  fit: {
    request: () => ({
      kind: 'fit',
      params: { datasetId: 1, size: 16, epochs: 5, batchSize: 4, patience: 9, seed: 3 },
    }),
    result: (place, job) => hashOf(readFileSync(join(modelOf(place, job).path, 'model.safetensors'))),
  },
  'generate by a rule': {
    request: () => ({
      kind: 'generate',
      params: {
        datasetId: 1,
        count: 3,
        distribution: 'real-class',
        keepAgreeing: true,
        attempts: 3,
        atLimit: 'leave-out',
        batchSize: 2,
        steps: 3,
        seed: 6,
      },
    }),
    result: (place, job) => hashOf(JSON.stringify(job.result), ...sampleFiles(place, job)),
  },
  'generate between images': {
    request: ({ diffusion }) => ({
      kind: 'generate',
      params: {
        datasetId: 1,
        modelId: diffusion,
        count: 2,
        init: 'interpolate',
        inversionSteps: 3,
        batchSize: 2,
        steps: 3,
        seed: 4,
      },
    }),
    result: (place, job) => hashOf(JSON.stringify(job.result), ...sampleFiles(place, job)),
  },
  control: {
    request: () => ({
      kind: 'control',
      params: {
        datasetId: 1,
        levels: [0.2, 0.8],
        count: 3,
        steps: 2,
        batchSize: 2,
        baseline: false,
        seed: 8,
      },
    }),
    result: ({ catalog }, job) => hashOf(readFileSync(catalog.file(job.result!.file as string))),
  },
  map: {
    request: ({ encoder }) => ({
      kind: 'project',
      params: { datasetId: 1, modelId: encoder, perplexity: 5, iterations: 3000, seed: 2 },
    }),
    result: ({ catalog }, job) =>
      hashOf(catalog.value<Uint8Array>('SELECT positions FROM projections WHERE job_id = ?', job.id)!),
  },
  score: {
    request: ({ encoder }) => ({ kind: 'score', params: { datasetId: 1, modelId: encoder, seed: 1 } }),
    result: ({ catalog }, job) =>
      JSON.stringify(
        catalog.column(
          'SELECT difficulty FROM scores WHERE scorer_id = ? ORDER BY image_id',
          job.result!.scorerId as number,
        ),
      ),
  },
  export: {
    request: (place, number) => ({
      kind: 'export',
      params: { datasetId: 1, out: exportFolder(place, number), filter: { origin: 'real' } },
    }),
    result: (_, job) => {
      const out = job.params.out as string;
      return hashOf(
        ...filesBelow(out)
          .filter((file) => !file.endsWith('.json')) // its mark holds the job's number
          .flatMap((file) => [file.slice(out.length), readFileSync(file)]),
      );
    },
    more: (place, number) =>
      filesBelow(dirname(exportFolder(place, number))).filter((file) => file.includes(`/.${number}.`)),
  },
};

async function open(folder: string): Promise<Place> {
  const catalog = c.openCatalog(join(folder, 'catalog'));
  await makeFolder(join(folder, 'photos'), 8, 40);
  writeClassifier(join(folder, 'colours.onnx'));
  writeTinyDiffusion(join(folder, 'tiny'));
  const onnx = { path: join(folder, 'colours.onnx'), name: 'colours', onnx: classifierSpec };
  const encoder = (await addModel(catalog, onnx)).id;
  const diffusion = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const place = { catalog, folder, encoder, diffusion };
  const done = async (request: JobRequestInput) => {
    const job = await runJob(catalog, request);
    if (job.state !== 'done') throw new Error(`cuts: ${job.title}: ${job.error}`);
  };
  await done({ kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  await done(jobs.score.request(place, 0));
  await done(jobs.train.request(place, 0));
  return place;
}

/** Runs the job until it has told of itself so often, or to its end. */
async function stopped(place: Place, request: JobRequestInput | Job, after: number): Promise<Job> {
  let told = 0;
  return await runJob(place.catalog, request, {
    onEvent: (_name, _payload, abort) => {
      if (++told >= after) abort.abort(new Error('power cut'));
    },
  });
}

/** One stopped, damaged and resumed job. null: it survived; otherwise what went wrong. */
async function trial(
  place: Place,
  name: string,
  number: number,
  expected: string,
  events: number,
  rng: Rng,
): Promise<string | null> {
  const { request, result, more } = jobs[name];
  const { catalog } = place;
  let job = await stopped(place, request(place, number), 2 + rng.int(Math.max(1, events - 2)));
  const done: string[] = [];
  // The lights may go out more than once.
  for (let cut = 1 + rng.int(2); cut > 0 && job.state === 'queued'; cut--) {
    const files = [...filesBelow(catalog.jobDir(job.id)), ...(more?.(place, number) ?? [])];
    if (files.length > 0) done.push(damageSome(files, rng));
    job = await stopped(place, job, cut > 1 ? 2 + rng.int(events) : Number.POSITIVE_INFINITY);
  }
  if (job.state === 'queued') job = await runJob(catalog, job);
  const what = `${name} ${number} (${done.join(' | ') || 'nothing damaged'})`;
  if (job.state !== 'done') return `${what}: ${job.state}: ${job.error}`;
  return result(place, job) === expected ? null : `${what}: ended otherwise than undisturbed`;
}

export async function run({ seed = 1, trials = 25, log }: CutsContext = {}): Promise<Outcome> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'crux-cuts-'));
  const failed: string[] = [];
  let tried = 0;
  const place = await open(folder);
  try {
    for (const [name, { request, result }] of Object.entries(jobs)) {
      let events = 0;
      const calm = await runJob(place.catalog, request(place, 0), { onEvent: () => void events++ });
      if (calm.state !== 'done') throw new Error(`cuts: ${calm.title}: ${calm.error}`);
      const expected = result(place, calm);
      for (let number = 1; number <= trials; number++) {
        const why = await trial(
          place,
          name,
          number,
          expected,
          events,
          rngFromSeed(seed, `${name} ${number}`),
        );
        tried++;
        if (why) failed.push(`seed ${seed}: ${why}`);
        if (why) log?.(why);
      }
      log?.(`${name}: ${trials} cuts`);
    }
  } finally {
    place.catalog.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    tried,
    survived: tried - failed.length,
    failed,
    seconds: (performance.now() - started) / 1000,
    notes: `seed ${seed}; ${Object.keys(jobs).join(', ')}`,
  };
}

export default {
  name: 'cuts',
  title: 'Power cuts: checkpoints cut, emptied and zeroed at random, jobs resumed to the same bytes',
  run,
};
