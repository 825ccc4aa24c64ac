/**
 * Owns the attack by power cuts: jobs are stopped at a random place, and random files of what they go on from are cut,
 * emptied or zeroed as a disk without power leaves them.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Rng, rngFromSeed } from '../../src/core/rng.ts';
import * as c from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/check-model.ts';
import {
  type JobKind,
  type JobRequestInput,
  type JobResult,
  jobResults,
} from '../../src/shared/jobs/index.ts';
import type { Job } from '../../src/shared/jobs/job.ts';
import { countingClock } from '../../test/main/support/counting-clock.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../test/main/support/pictures.ts';
import { run as runJob } from '../../test/main/support/run.ts';
import { writeTinyDiffusion } from '../../test/main/support/tiny-diffusion.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';

/** A job that ended before its moment, or had no file yet, is drawn again: so often at most. */
const MOST_DRAWS = 30;

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

/** Damages each file with an even chance, and one at least. @returns what has changed, for the report. */
function damageSome(files: readonly string[], rng: Rng): string[] {
  const sure = rng.int(files.length);
  return files
    .filter((_, i) => i === sure || rng.int(2) === 0)
    .flatMap((file) => {
      const kind = kinds[rng.int(kinds.length)];
      const whole = readFileSync(file);
      const damaged = damages[kind](Buffer.from(whole), rng);
      if (damaged.equals(whole)) return []; // zeros over zeros, or a cut at the end
      writeFileSync(file, damaged);
      return [`${file.slice(dirname(dirname(file)).length + 1)}: ${kind}`];
    });
}

interface Place {
  catalog: c.Catalog;
  folder: string;
  signal: AbortSignal;
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
/** Without the counts of images left out: where both generations of those are lost, they begin again, and the log says so. */
const figuresOf = ({ result }: Job): string =>
  JSON.stringify(result, (key, value) => (key === 'changed' || key === 'missing' ? undefined : value));

/** The result of a job that must be done, and of one of these kinds. */
function whole<K extends JobKind>(job: Job, ...kinds: K[]): JobResult<K> {
  if (!kinds.includes(job.kind as K))
    throw new Error(`job ${job.id}: ${job.kind}, expected ${kinds.join(' or ')}`);
  return jobResults[job.kind].parse(job.result) as JobResult<K>;
}

const modelOf = ({ catalog }: Place, job: Job) => c.getModelRow(catalog, whole(job, 'train', 'fit').modelId);

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
    result: (place, job) => hashOf(figuresOf(job), ...sampleFiles(place, job)),
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
    result: (place, job) => hashOf(figuresOf(job), ...sampleFiles(place, job)),
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
    result: ({ catalog }, job) => hashOf(readFileSync(catalog.file(whole(job, 'control').file))),
  },
  map: {
    request: ({ encoder }) => ({
      kind: 'project',
      params: { datasetId: 1, modelId: encoder, perplexity: 5, iterations: 300, seed: 2 },
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
          whole(job, 'score').scorerId,
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

async function open({ folder, signal }: CampaignContext): Promise<Place> {
  const catalog = c.openCatalog(join(folder, 'catalog'));
  await makeFolder(join(folder, 'photos'), 8, 40);
  writeClassifier(join(folder, 'colours.onnx'));
  writeTinyDiffusion(join(folder, 'tiny'));
  const onnx = { path: join(folder, 'colours.onnx'), name: 'colours', onnx: classifierSpec };
  const encoder = (await addModel(catalog, onnx)).id;
  const diffusion = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const place = { catalog, folder, signal, encoder, diffusion };
  await undisturbed(place, {
    kind: 'import',
    params: { source: join(folder, 'photos'), name: 'photos' },
  });
  await undisturbed(place, jobs.score.request(place, 0));
  await undisturbed(place, jobs.train.request(place, 0));
  return place;
}

/** Runs the job until it has told of itself so often, or to its end. */
async function runUntil(place: Place, request: JobRequestInput | Job, events: number) {
  const { catalog, signal } = place;
  let told = 0;
  const job = await runJob(catalog, request, {
    onEvent: (_name, _payload, abort) => {
      if (++told >= events || signal.aborted) abort.abort(new Error('power cut'));
    },
  });
  signal.throwIfAborted();
  return { job, told };
}

async function undisturbed(place: Place, request: JobRequestInput) {
  const { job, told } = await runUntil(place, request, Number.POSITIVE_INFINITY);
  if (job.state !== 'done') throw new Error(`undisturbed, ${job.title} ends as ${job.state}: ${job.error}`);
  return { job, told };
}

/** Stops a job, damages what it goes on from, and resumes it, once or twice. `damaged`: what was changed each time. */
async function stopAndDamage(
  place: Place,
  { request, more }: Kind,
  number: number,
  events: number,
  rng: Rng,
) {
  const { catalog } = place;
  let { job } = await runUntil(place, request(place, number), 2 + rng.int(Math.max(1, events - 2)));
  const damaged: string[] = [];
  // The lights may go out more than once.
  for (let cuts = 1 + rng.int(2); cuts > 0 && job.state === 'queued'; cuts--) {
    const files = [...filesBelow(catalog.jobDir(job.id)), ...(more?.(place, number) ?? [])];
    if (files.length > 0) damaged.push(...damageSome(files, rng));
    const until = cuts > 1 ? 2 + rng.int(events) : Number.POSITIVE_INFINITY;
    job = (await runUntil(place, job, until)).job;
  }
  if (job.state === 'queued') job = (await runUntil(place, job, Number.POSITIVE_INFINITY)).job;
  return { job, damaged };
}

export default {
  name: 'cuts',
  title: 'Power cuts',
  means: `A job of every kind that goes on from files (${Object.keys(jobs).join(', ')}) is stopped at a random
moment; random files of its checkpoint are then damaged as a disk without power leaves them (${kinds.join(', ')}), and it is
resumed; often it is stopped and damaged a second time. Survived is a job that ends with the very bytes of one that nobody
disturbed. Only jobs of which a file was changed are counted.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const trials = ctx.quick ? 2 : 25;
    const total = trials * Object.keys(jobs).length;
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    let files = 0;
    let idle = 0;
    const realClock = countingClock();
    let place: Place | undefined;
    try {
      place = await open(ctx);
      for (const [name, kind] of Object.entries(jobs)) {
        const calm = await undisturbed(place, kind.request(place, 0));
        const expected = kind.result(place, calm.job);
        for (let trial = 1; trial <= trials; trial++) {
          const { damaged, draws, wrong } = await attack(place, kind, {
            trial,
            seed: ctx.rng.int(1 << 30),
            events: calm.told,
            expected,
          });
          outcome.tried++;
          if (wrong === null) outcome.survived++;
          else outcome.failed.push(`seed ${ctx.seed}: ${name} ${trial} (${damaged.join('; ')}): ${wrong}`);
          files += damaged.length;
          idle += draws - 1;
          ctx.progress(outcome.tried, total);
        }
        ctx.log(`${name}: ${trials} jobs`);
      }
    } finally {
      realClock();
      place?.catalog.close();
    }
    const notes = `${files} files were damaged; ${idle} jobs that ended, or had written nothing, before their moment are not counted.`;
    return { ...outcome, seconds: (performance.now() - from) / 1000, notes };
  },
};

interface Trial {
  trial: number;
  seed: number;
  /** That the job sends where nobody disturbs it. */
  events: number;
  expected: string;
}

/** Draws until a file was damaged. `wrong`: null where the job then ended as if nobody had disturbed it. */
async function attack(place: Place, kind: Kind, { trial, seed, events, expected }: Trial) {
  for (let draws = 1; draws <= MOST_DRAWS; draws++) {
    const rng = rngFromSeed(seed, `draw ${draws}`);
    const { job, damaged } = await stopAndDamage(place, kind, trial * MOST_DRAWS + draws, events, rng);
    const told = { damaged, draws };
    if (job.state !== 'done') return { ...told, wrong: `${job.state}: ${job.error}` };
    if (kind.result(place, job) !== expected) return { ...told, wrong: 'ended otherwise than undisturbed' };
    if (damaged.length > 0) return { ...told, wrong: null };
  }
  return { damaged: [], draws: MOST_DRAWS, wrong: `${MOST_DRAWS} jobs, and no file of one to damage` };
}
