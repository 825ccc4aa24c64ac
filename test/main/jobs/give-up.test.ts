/** Engines that get nothing done are given up, say why, and are tried again when a person asks. Real processes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { CatalogError, claimJob, endJob, getJob } from '../../../src/main/catalog/index.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';
import { patience } from '../../patience.ts';
import { tempCatalog } from '../support/catalogs.ts';

const running: EngineSupervisor[] = [];
const busy = () => new CatalogError('unusable', 'held by another program');
afterEach(async () => {
  vi.restoreAllMocks();
  for (const supervisor of running.splice(0)) await supervisor.stop(0);
});

function broken(how: string, more = {}) {
  const catalog = tempCatalog();
  const supervisor = new EngineSupervisor({
    catalog,
    role: 'app',
    entry: join(import.meta.dirname, 'broken-engine.ts'),
    env: { ...process.env, CRUX_BROKEN: how },
    ...more,
  });
  running.push(supervisor);
  const states: string[] = [];
  const stopped = new Promise<string>((resolve) => {
    supervisor.on('engine.state', ({ state, message }) => {
      states.push(state);
      if (state === 'stopped') resolve(message);
    });
  });
  const enqueue = () =>
    supervisor.queue.enqueue({ kind: 'import', params: { source: '/photos', name: 'x' } });
  return { catalog, supervisor, states, stopped, enqueue };
}

test.each(['ready', 'claim', 'again'])(
  '%s: being ready, or as far as before, is no work done',
  async (how) => {
    const { catalog, supervisor, states, stopped, enqueue } = broken(how);
    // The job that kills it is failed in the end (lease.ts); the others then have their turn, so there are more of them.
    for (let i = 0; i < 2; i++) enqueue();
    supervisor.start();
    expect(await stopped).toMatch(/engine ended with code 1/);
    const starts = states.filter((state) => state === 'starting').length;
    expect(starts).toBeGreaterThanOrEqual(5);
    expect(starts).toBeLessThanOrEqual(20);
    expect(supervisor.pid).toBeUndefined();
    expect(catalog.column("SELECT 1 FROM jobs WHERE state = 'running'")).toEqual([]);
    // Nothing starts by itself any more, and all does when it is asked for.
    const before = states.length;
    supervisor.wake();
    expect(states.slice(before)).toEqual(['starting']);
  },
  120_000,
);

test('an engine that says the machine does not let it work is not tried again, and its sentence is the reason', async () => {
  const { supervisor, states, stopped } = broken('unable');
  supervisor.start();
  expect(await stopped).toBe('disk is full: 0.0 MB free at /x, about 1.0 MB needed');
  expect(states).toEqual(['starting', 'ready', 'stopped']);
});

test('a failure that could not be written is known by message, and is written when there is room', async () => {
  const { catalog, supervisor, enqueue } = broken('unwritten', { pingMs: 20 });
  const { id } = enqueue();
  // The catalog takes no rows, as on a full disk.
  const { run } = catalog;
  catalog.run = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  supervisor.start();
  const told = await supervisor.waitFor(id);
  expect(told).toMatchObject({ state: 'failed', error: expect.stringMatching(/^disk is full/) });
  expect(getJob(catalog, id).state).toBe('running');
  catalog.run = run;
  await vi.waitFor(
    () => expect(getJob(catalog, id)).toMatchObject({ state: 'failed', error: told.error }),
    patience.waitMs,
  );
});

test('a catalog that is busy while a failure waits to be written is told in a line, once, and ends nothing', async () => {
  const lines: string[] = [];
  const { catalog, supervisor, enqueue } = broken('unwritten', {
    pingMs: 20,
    onLine: (line: string) => lines.push(line),
  });
  const { id } = enqueue();
  let tries = 0;
  catalog.run = () => {
    tries++;
    throw busy();
  };
  supervisor.start();
  await supervisor.waitFor(id);
  await vi.waitFor(() => expect(tries).toBeGreaterThan(3), patience.waitMs);
  expect(lines).toEqual(['supervisor: writing that a job failed: held by another program']);
  // Only who asks for the job hears of it.
  expect(() => supervisor.resume(id)).toThrow('held by another program');
});

test('a catalog that cannot be read when a failure is told, or a job is to be killed, is told in a line', async () => {
  const lines: string[] = [];
  const { catalog, supervisor, enqueue } = broken('unwritten', {
    cancelMs: 1,
    onLine: (line: string) => lines.push(line),
  });
  const { id } = enqueue();
  const { get, value } = catalog;
  catalog.get = () => {
    throw busy();
  };
  supervisor.start();
  const told = (what: string) =>
    vi.waitFor(
      () => expect(lines).toContain(`supervisor: ${what}: held by another program`),
      patience.waitMs,
    );
  await told('reading a job that failed');
  catalog.get = get;
  supervisor.cancel(id);
  catalog.value = () => {
    throw busy();
  };
  await told('looking whether a job has stopped');
  catalog.value = value;
});

test('a failure that waits to be written stays one, and is told again when it is', async () => {
  const { catalog, supervisor, enqueue } = broken('unwritten', { pingMs: 20 });
  const { id } = enqueue();
  const { run } = catalog;
  catalog.run = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  supervisor.start();
  await supervisor.waitFor(id);
  const heard: Job[] = [];
  supervisor.on('job.updated', (job) => heard.push(job));
  // Another program's work makes the supervisor look at all jobs, the oldest first.
  const other = new JobQueue(tempCatalog(catalog.dir)).enqueue({
    kind: 'import',
    params: { source: '/photos', name: 'y' },
  });
  await vi.waitFor(() => expect(heard.map((job) => job.id)).toContain(other.id), patience.waitMs);
  const ofTheFailed = () => heard.filter((job) => job.id === id);
  expect(ofTheFailed().filter((job) => job.state !== 'failed')).toEqual([]);
  catalog.run = run;
  await vi.waitFor(
    () => expect(ofTheFailed().at(-1)).toMatchObject({ state: 'failed', finishedAt: expect.any(Number) }),
    patience.waitMs,
  );
});

test('trying again writes a failure before an engine could run the job again', async () => {
  const { catalog, supervisor, stopped, enqueue } = broken('unwritten, unable');
  const { id } = enqueue();
  const { run } = catalog;
  catalog.run = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  supervisor.start();
  await stopped;
  expect(getJob(catalog, id).state).toBe('running');
  catalog.run = run;
  supervisor.wake();
  expect(getJob(catalog, id)).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/^disk is full/),
  });
});

test('a job that another engine runs now is told as it is', async () => {
  const { catalog, supervisor, stopped, enqueue } = broken('unwritten, unable');
  const { id } = enqueue();
  const { run } = catalog;
  catalog.run = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  supervisor.start();
  await stopped;
  expect(supervisor.asTold(getJob(catalog, id)).state).toBe('failed');
  catalog.run = run;
  catalog.run("UPDATE jobs SET engine = 'another' WHERE id = ?", id);
  expect(supervisor.asTold(getJob(catalog, id)).state).toBe('running');
});

test('a catalog that cannot be looked at for a while is told once and watched again, and no engine is called down', async () => {
  const lines: string[] = [];
  const { catalog, supervisor, states } = broken('idle', { onLine: (line: string) => lines.push(line) });
  supervisor.start();
  await vi.waitFor(() => expect(supervisor.state).toBe('ready'), patience.waitMs);
  const { value } = catalog;
  let looks = 0;
  catalog.value = () => {
    looks++;
    throw busy();
  };
  await vi.waitFor(() => expect(looks).toBeGreaterThan(1), patience.waitMs);
  catalog.value = value;
  const heard: number[] = [];
  supervisor.on('job.updated', (job) => heard.push(job.id));
  const { id } = new JobQueue(tempCatalog(catalog.dir)).enqueue({
    kind: 'import',
    params: { source: '/photos', name: 'x' },
  });
  await vi.waitFor(() => expect(heard).toContain(id), patience.waitMs);
  expect(lines).toEqual(['supervisor: watching the catalog: held by another program']);
  expect(states).toEqual(['starting', 'ready']);
});

test('a cancel that cannot be written is an error, unless the engine that runs the job has heard it', async () => {
  const { catalog, supervisor, enqueue } = broken('unwritten');
  const waits = enqueue().id;
  const { run } = catalog;
  const reserve = join(catalog.dir, '.reserve');
  // As on a full disk, where the reserve is all the room there is.
  catalog.run = (...args) => {
    if (existsSync(reserve)) throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
    return run.apply(catalog, args);
  };
  expect(supervisor.cancel(waits).state).toBe('cancelled');
  catalog.run = run;
  const next = enqueue().id;
  catalog.run = () => {
    throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  expect(() => supervisor.cancel(next)).toThrow(/^disk is full/);
  supervisor.start();
  await supervisor.waitFor(next); // its engine holds it, and says so
  expect(supervisor.cancel(next).state).toBe('running');
  catalog.run = run;
});

test('after a sleep of its own, the supervisor does not take the engine for hung', async () => {
  const { supervisor, states } = broken('idle', { pingMs: 50 });
  supervisor.start();
  await vi.waitFor(() => expect(supervisor.state).toBe('ready'), patience.waitMs);
  const { pid } = supervisor;
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000); // an hour later, at once
  let heard = 0;
  supervisor.on('catalog.changed', () => heard++); // at every ping
  await vi.waitFor(() => expect(heard).toBeGreaterThan(3), patience.waitMs);
  expect(supervisor.pid).toBe(pid);
  expect(states).toEqual(['starting', 'ready']);
});

test('a job handed back while it is being cancelled is cancelled', () => {
  const catalog = tempCatalog();
  const queue = new JobQueue(catalog);
  const { id } = queue.enqueue({ kind: 'import', params: { source: '/photos', name: 'x' } });
  claimJob(catalog, { id: 'e', pid: process.pid, owner: 'o', claims: 'any' });
  queue.cancel(id);
  endJob(catalog, 'e', id, { state: 'queued' });
  expect(getJob(catalog, id).state).toBe('cancelled');
  queue.resume(id);
  claimJob(catalog, { id: 'e', pid: process.pid, owner: 'o', claims: 'any' });
  endJob(catalog, 'e', id, { state: 'queued' });
  expect(getJob(catalog, id).state).toBe('queued');
});
