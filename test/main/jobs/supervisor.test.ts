/** A real engine process: it runs jobs, and what becomes of them when it is killed, cancelled or asked to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type Catalog, getJob, isAlive, listDatasets, listJobs } from '../../../src/main/catalog/index.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';
import { patience } from '../../patience.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { heldEngine, holdAt, isHeldAt, letGo } from '../support/hold.ts';
import { makeFolder } from '../support/pictures.ts';

const PER_CLASS = 40;
/** Where a test acts on an import: it has read some images. The engine waits there (held-engine.ts). */
const underWay = { stage: 'reading images', done: 1 };
const running: EngineSupervisor[] = [];
let photos: string;

beforeAll(async () => {
  // Big enough that one import is seen several times on its way.
  photos = await makeFolder(mkdtempSync(join(tmpdir(), 'crux-photos-')), PER_CLASS, 160);
});
afterAll(() => rmSync(photos, { recursive: true, force: true }));
afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stop(500);
});

function supervise(catalog: Catalog, role: 'app' | 'cli' = 'app', more = {}): EngineSupervisor {
  const supervisor = new EngineSupervisor({ catalog, role, ...more });
  running.push(supervisor);
  return supervisor;
}

const importRequest = (name = 'photos') => ({ kind: 'import' as const, params: { source: photos, name } });

/** Starts an import on a new catalog; resolves once its engine waits in the middle of it. */
async function heldImport() {
  const catalog = tempCatalog();
  holdAt(catalog.dir, underWay);
  const supervisor = supervise(catalog, 'app', { entry: heldEngine });
  const { id } = supervisor.queue.enqueue(importRequest());
  const at = await new Promise<Job>((resolve) => {
    const off = supervisor.on('job.updated', (job) => {
      if (!isHeldAt(underWay, job)) return;
      off();
      resolve(job);
    });
    supervisor.start();
  });
  return { catalog, supervisor, id, at };
}

const rows = (catalog: Catalog) =>
  catalog.all('SELECT id, path, hash, class_id, width, height, present FROM images ORDER BY id');

test('SIGKILL in the middle of an import: it goes on by itself and ends as an undisturbed one', async () => {
  const calm = tempCatalog();
  const undisturbed = supervise(calm);
  undisturbed.start();
  await undisturbed.waitFor(undisturbed.queue.enqueue(importRequest()).id);

  const { catalog, supervisor, id, at } = await heldImport();
  const states: string[] = [];
  supervisor.on('engine.state', ({ state }) => states.push(state));
  const before = catalog.value<number>('SELECT COUNT(*) FROM images')!;
  process.kill(supervisor.pid!, 'SIGKILL');
  letGo(catalog.dir);
  const ended = await supervisor.waitFor(id);

  expect(before).toBeGreaterThanOrEqual(at.done); // what was reported was stored
  expect(ended).toMatchObject({ state: 'done', done: 3 * PER_CLASS });
  expect(ended.result).toMatchObject({ imported: 3 * PER_CLASS, unchanged: 0 });
  expect(rows(catalog)).toEqual(rows(calm));
  expect(catalog.all('SELECT * FROM label_history').length).toBe(3 * PER_CLASS);
  expect(states.slice(0, 3)).toEqual(['down', 'starting', 'ready']);
});

test('cancel stops between items; resume goes on', async () => {
  const { catalog, supervisor, id } = await heldImport();
  supervisor.cancel(id);
  letGo(catalog.dir);
  const cancelled = await supervisor.waitFor(id);
  expect(cancelled.state).toBe('cancelled');
  const some = catalog.value<number>('SELECT COUNT(*) FROM images')!;
  expect(some).toBeLessThan(3 * PER_CLASS);
  supervisor.queue.resume(id);
  supervisor.wake();
  const ended = await supervisor.waitFor(id);
  expect(ended).toMatchObject({ state: 'done', result: { imported: 3 * PER_CLASS } });
});

test('a job that does not stop is killed, and stays cancelled', async () => {
  const catalog = tempCatalog();
  const supervisor = supervise(catalog, 'app', {
    entry: join(import.meta.dirname, 'deaf-engine.ts'),
    cancelMs: 300,
  });
  const ready = new Promise<void>((resolve) => {
    const off = supervisor.on('job.updated', (job) => {
      if (job.state === 'running') {
        off();
        resolve();
      }
    });
  });
  supervisor.queue.enqueue(importRequest());
  supervisor.start();
  await ready;
  const [job] = listJobs(catalog, 1);
  expect(supervisor.cancel(job.id).state).toBe('running');
  expect((await supervisor.waitFor(job.id)).state).toBe('cancelled');
});

test('an engine that ends at once is restarted with growing pauses, and says why', async () => {
  // The processes are real; time goes on only where the test says so.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const supervisor = supervise(tempCatalog(), 'app', {
    entry: join(import.meta.dirname, 'missing-engine.ts'),
  });
  const nextDown = () =>
    new Promise<string>((resolve) => {
      const off = supervisor.on('engine.state', ({ state, message }) => {
        if (state !== 'down' && state !== 'stopped') return;
        off();
        resolve(message);
      });
    });
  let down = nextDown();
  supervisor.start();
  for (const pauseMs of [100, 500, 1000, 2000]) {
    expect(await down).toMatch(/engine ended with code 1/);
    down = nextDown();
    vi.advanceTimersByTime(pauseMs - 1);
    expect(supervisor.state).toBe('down');
    vi.advanceTimersByTime(1);
    expect(supervisor.state).toBe('starting');
  }
  await down;
});

test('stop hands the job back; the next engine finishes it', async () => {
  const { catalog, supervisor: first, id } = await heldImport();
  const stopped = first.stop(patience.waitMs);
  letGo(catalog.dir);
  await stopped;
  expect(getJob(catalog, id)).toMatchObject({ state: 'queued' });
  expect(first.pid).toBeUndefined();
  const second = supervise(catalog);
  second.start();
  expect((await second.waitFor(id)).state).toBe('done');
});

test("two engines on one catalog: each its own jobs, and the app's engine takes no terminal's job", async () => {
  const catalog = tempCatalog();
  const app = supervise(catalog, 'app');
  const cli = supervise(catalog, 'cli');
  app.start();
  const mine = cli.queue.enqueue(importRequest('from the terminal'));
  const free = app.queue.enqueue(importRequest('from the app'));
  app.wake();
  expect((await app.waitFor(free.id)).state).toBe('done');
  expect(getJob(catalog, mine.id).state).toBe('queued');
  cli.start();
  expect((await cli.waitFor(mine.id)).state).toBe('done');
  expect(listDatasets(catalog).map((d) => [d.name, d.images])).toEqual([
    ['from the app', 3 * PER_CLASS],
    ['from the terminal', 3 * PER_CLASS],
  ]);
});

test('a killed program takes its engine with it, and another one finishes its job', async () => {
  const folder = tempFolder();
  const parent = spawn(nodeBinary(), [join(import.meta.dirname, 'parent.ts'), folder, photos], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  const engine = Number.parseInt(String(line), 10);
  parent.kill('SIGKILL');
  const catalog = tempCatalog(folder);
  const supervisor = supervise(catalog, 'app');
  supervisor.start();
  const [job] = listJobs(catalog, 1);
  const ended = await supervisor.waitFor(job.id);
  expect(ended).toMatchObject({ state: 'done', result: { imported: 3 * PER_CLASS } });
  await expect.poll(() => isAlive(engine)).toBe(false);
});

test('a failing job says so, and the engine goes on', async () => {
  const catalog = tempCatalog();
  const supervisor = supervise(catalog);
  supervisor.start();
  const bad = supervisor.queue.enqueue({
    kind: 'import',
    params: { source: join(tempFolder(), 'nothing'), name: 'x' },
  });
  const good = supervisor.queue.enqueue(importRequest());
  supervisor.wake();
  const failed = await supervisor.waitFor(bad.id);
  expect(failed).toMatchObject({ state: 'failed', error: expect.stringMatching(/nothing at/) });
  expect((await supervisor.waitFor(good.id)).state).toBe('done');
  expect(supervisor.queue.log(bad.id).some((line) => line.level === 'error')).toBe(true);
});
