/** Owns the long session: hundreds of jobs of every kind in one engine, and what must stay level meanwhile. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalog, writeSettings } from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/check-model.ts';
import { EngineSupervisor } from '../../src/main/jobs/supervisor.ts';
import type { RequestHandlers } from '../../src/main/requests.ts';
import type { JobRequestInput } from '../../src/shared/jobs/index.ts';
import type { Job } from '../../src/shared/jobs/job.ts';
import { handlersOf } from '../../test/main/support/handlers.ts';
import { makeFolder } from '../../test/main/support/pictures.ts';
import { writeTinyDiffusion } from '../../test/main/support/tiny-diffusion.ts';
import { median } from '../bench/machine.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { processesWith } from './frame/processes.ts';
import { type Sample, takeSample } from './soak/sample.ts';

const measuredEngine = join(import.meta.dirname, 'soak', 'measured-engine.ts');
const PHOTOS = 36;
const GENERATED = 6;
/**
 * Above it memory grows with the jobs. What allocators keep wanders by half as much, so that a leak of 0.05 MiB a job is
 * seen: one of as many numbers in an array, built into the engine, fails.
 */
const MOST_MIB_PER_JOB = 0.03;

/** A working day in small: every kind of job on a dataset of its own. */
const round = (photos: string, baseModelId: string, name: string, out: string): Request[] => [
  () => ({ kind: 'import', params: { source: photos, name } }),
  (datasetId) => ({ kind: 'embed', params: { datasetId } }),
  (datasetId) => ({ kind: 'score', params: { datasetId, folds: 2 } }),
  (datasetId) => ({ kind: 'fit', params: { datasetId, size: 16, epochs: 1 } }),
  (datasetId) => ({ kind: 'project', params: { datasetId, perplexity: 5, iterations: 200 } }),
  (datasetId) => ({
    kind: 'train',
    params: { datasetId, baseModelId, steps: 6, batchSize: 4, previewEvery: 0 },
  }),
  (datasetId) => ({ kind: 'generate', params: { datasetId, count: GENERATED / 3, batchSize: 2, steps: 4 } }),
  (datasetId) => ({ kind: 'rescore', params: { datasetId } }),
  (datasetId) => ({ kind: 'issues', params: { datasetId } }),
  (datasetId) => ({ kind: 'control', params: { datasetId, levels: [0.1, 0.9], count: 1, steps: 2 } }),
  (datasetId) => ({ kind: 'hard-factors', params: { datasetId, levels: [0.1, 0.9], count: 1, steps: 2 } }),
  (datasetId) => ({ kind: 'caption', params: { datasetId } }),
  (datasetId) => ({ kind: 'export', params: { datasetId, out } }),
];
type Request = (datasetId: number) => JobRequestInput;

export default {
  name: 'soak',
  title: 'A long session',
  means: `One session, one engine: rounds of one job of every kind, each round on a new dataset, and between jobs the questions that
the app's screens ask. Survived is a job that ended as done. After the first half (code is compiled, caches fill) the memory
and the open files of the engine and of the process that plays Electron's main must stay level: after a garbage collection,
less than ${MOST_MIB_PER_JOB} MiB a job, as the median of the slopes between any two rounds. The engine must be the same process from
beginning to end, every round must add the same number of rows and about as many bytes to the catalog, and at the end there
must be no checkpoint, no temporary file and no process left.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const rounds = ctx.quick ? 3 : 24;
    // Of this process and of its engine: what is left of it is seen.
    const temporary = join(ctx.folder, 'tmp');
    mkdirSync(temporary);
    process.env.TMPDIR = temporary;
    const photos = await makeFolder(join(ctx.folder, 'photos'), PHOTOS / 3, 48);
    writeTinyDiffusion(join(ctx.folder, 'tiny'));
    const dir = join(ctx.folder, 'catalog');
    const catalog = openCatalog(dir);
    writeSettings(catalog, { threads: 1 }); // the machine may be busy with more than this
    const model = await addModel(catalog, { path: join(ctx.folder, 'tiny'), name: 'tiny' });
    const supervisor = new EngineSupervisor({ catalog, role: 'app', entry: measuredEngine });
    const requests = handlersOf(catalog, { supervisor });
    supervisor.start();

    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const engines = new Set<number | undefined>();
    const samples: Sample[] = [];
    try {
      for (let i = 0; i < rounds; i++) {
        let datasetId = 0;
        const jobs = round(photos, model.id, `set ${i}`, join(ctx.folder, `export-${i}`));
        for (const request of jobs) {
          ctx.signal.throwIfAborted();
          const job = await finish(supervisor, request(datasetId));
          outcome.tried++;
          if (job.state === 'done') outcome.survived++;
          else outcome.failed.push(`round ${i}, ${job.kind}: ${job.state}: ${job.error}`);
          if (job.kind === 'import') datasetId = job.result?.datasetId ?? datasetId;
          engines.add(supervisor.pid);
          await askAsScreensDo(requests, datasetId);
          ctx.progress(outcome.tried, rounds * jobs.length);
        }
        samples.push(await takeSample(supervisor.pid!, dir, outcome.tried, ctx.signal));
      }
      if (engines.size > 1) outcome.failed.push(`${engines.size} engines ran, expected one`);
      const images = catalog.value<number>('SELECT COUNT(*) FROM images');
      if (images !== rounds * (PHOTOS + GENERATED))
        outcome.failed.push(`${images} images, expected ${rounds * (PHOTOS + GENERATED)}`);
    } finally {
      await supervisor.stop();
      catalog.close();
    }
    outcome.failed.push(...growth(samples), ...leftOver(dir, temporary));
    return { ...outcome, seconds: (performance.now() - from) / 1000, notes: told(samples) };
  },
};

async function finish(supervisor: EngineSupervisor, request: JobRequestInput): Promise<Job> {
  const job = supervisor.queue.enqueue(request);
  supervisor.wake();
  return await supervisor.waitFor(job.id);
}

async function askAsScreensDo(requests: RequestHandlers, datasetId: number) {
  requests['datasets.list']({});
  const ids = await requests['images.ids']({ datasetId, filter: {}, sort: 'difficulty-desc' });
  requests['images.byIds']({ ids: [...ids].slice(0, 100) });
  requests['images.detail']({ id: ids[0] });
  requests['difficulty.summary']({ datasetId, perClass: 8 });
  requests['projection.get']({ datasetId });
  requests['issues.get']({ datasetId });
  requests['control.list']({ datasetId });
  requests['jobs.list']({ limit: 50 });
}

/** From the middle on: V8 compiles, and keeps, what it finds to be used often for more than a hundred jobs. */
const settled = (samples: readonly Sample[]) => samples.slice(Math.floor(samples.length / 2));

/** Per job: the median of the slopes between any two samples (Theil and Sen), which one round that is high does not tilt. */
function slope(samples: readonly Sample[], of: keyof Sample): number {
  const slopes = samples.flatMap((a, i) =>
    samples.slice(i + 1).map((b) => (b[of] - a[of]) / (b.jobs - a.jobs)),
  );
  return median(slopes);
}

function growth(samples: readonly Sample[]): string[] {
  const rest = settled(samples);
  if (rest.length < 5) return []; // a line through two points says nothing
  const grown: string[] = [];
  for (const who of ['engine', 'main'] as const) {
    const perJob = slope(rest, `${who}MiB`);
    if (perJob > MOST_MIB_PER_JOB) grown.push(`memory of the ${who} grows by ${perJob.toFixed(2)} MiB a job`);
    const [first, last] = [rest[0][`${who}Files`], rest.at(-1)![`${who}Files`]];
    if (last > first + 2) grown.push(`open files of the ${who} grow from ${first} to ${last}`);
  }
  const steps = rest.slice(1).map((each, i) => each.catalogBytes - rest[i].catalogBytes);
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  if (most > 1.5 * Math.max(0, least)) grown.push(`a round adds ${least} to ${most} bytes to the catalog`);
  return grown;
}

function leftOver(dir: string, temporary: string): string[] {
  const left: string[] = [];
  const jobs = readdirSync(join(dir, 'jobs'), { recursive: true });
  if (jobs.length > 0) left.push(`checkpoints of jobs that are done: ${jobs.slice(0, 3).join(', ')}`);
  const half = readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
  if (half.length > 0) left.push(`half files in the catalog: ${half.slice(0, 3).join(', ')}`);
  const files = readdirSync(temporary);
  if (files.length > 0) left.push(`temporary files: ${files.slice(0, 3).join(', ')}`);
  const processes = processesWith(dir);
  if (processes.length > 0) left.push(`processes ${processes.join(', ')}`);
  return left.map((what) => `left over: ${what}`);
}

function told(samples: readonly Sample[]): string {
  const rest = settled(samples);
  const [first, last] = [rest[0], rest.at(-1)!];
  const line = (name: string, key: keyof Sample, unit: string) =>
    `${name} ${Math.round(first[key])} → ${Math.round(last[key])} ${unit}`;
  return `From job ${first.jobs} to job ${last.jobs}: ${[
    `${line('engine', 'engineMiB', 'MiB')} (${slope(rest, 'engineMiB').toFixed(3)} a job)`,
    line('engine', 'engineFiles', 'open files'),
    `${line('main', 'mainMiB', 'MiB')} (${slope(rest, 'mainMiB').toFixed(3)} a job)`,
    line('main', 'mainFiles', 'open files'),
    `catalog ${(first.catalogBytes / 2 ** 20).toFixed(1)} → ${(last.catalogBytes / 2 ** 20).toFixed(1)} MiB`,
  ].join(', ')}.`;
}
