/** Who may run a job: one engine at a time, the right one, and again when it dies. */
import { spawnSync } from 'node:child_process';
import { beforeEach, expect, test } from 'vitest';
import {
  type Catalog,
  claimJob,
  type Engine,
  endJob,
  getJob,
  heartbeat,
  listLog,
  releaseEngine,
  releaseOrphans,
  writeProgress,
} from '../../../src/main/catalog/index.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import { tempCatalog } from '../support/catalogs.ts';

let catalog: Catalog;
let queue: JobQueue;
const engine = (id: string, more: Partial<Engine> = {}): Engine => ({
  id,
  pid: process.pid,
  owner: 'app:1:x',
  claims: 'any',
  ...more,
});
/** The number of a process that has ended. */
const deadPid = (): number => spawnSync('true').pid;
const add = (q = queue) => q.enqueue({ kind: 'import', params: { source: '/a', name: 'a' } });

beforeEach(() => {
  catalog = tempCatalog();
  queue = new JobQueue(catalog);
});

test('a request is checked before it becomes a row, and its defaults are stored', () => {
  expect(() => queue.enqueue({ kind: 'import', params: { source: '', name: 'a' } })).toThrow();
  expect(() => queue.enqueue({ kind: 'score', params: { datasetId: 9 } })).toThrow(/dataset 9/);
  expect(queue.list(10)).toEqual([]);
  expect(add()).toMatchObject({ state: 'queued', title: 'Import a from a', device: 'auto', done: 0 });
});

test('the oldest job goes to the first engine that asks, once', () => {
  const [first, second] = [add(), add()];
  expect(claimJob(catalog, engine('e1'))?.id).toBe(first.id);
  expect(claimJob(catalog, engine('e2'))?.id).toBe(second.id);
  expect(claimJob(catalog, engine('e3'))).toBeNull();
  expect(writeProgress(catalog, 'e2', first.id, { stage: 's', done: 1, total: 2, secondsLeft: 3 })).toBe(
    false,
  );
  expect(writeProgress(catalog, 'e1', first.id, { stage: 's', done: 1, total: 2, secondsLeft: 3 })).toBe(
    true,
  );
  expect(endJob(catalog, 'e2', first.id, { state: 'failed', error: 'not mine' })).toBe(false);
  expect(endJob(catalog, 'e1', first.id, { state: 'done', result: { n: 1 } })).toBe(true);
  expect(getJob(catalog, first.id)).toMatchObject({ state: 'done', result: { n: 1 }, secondsLeft: null });
});

test("a terminal's job is run by its own engine only, and its engine takes nothing else", () => {
  const owner = `cli:${process.pid}:aa`;
  const free = add();
  const mine = add(new JobQueue(catalog, owner));
  expect(claimJob(catalog, engine('c', { owner, claims: 'own' }))?.id).toBe(mine.id);
  expect(claimJob(catalog, engine('c', { owner, claims: 'own' }))).toBeNull();
  expect(claimJob(catalog, engine('a'))?.id).toBe(free.id);
});

test('a job of a dead engine goes back in line; one of a living engine does not', () => {
  const [lost, held] = [add(), add()];
  claimJob(catalog, engine('dead', { pid: deadPid() }));
  claimJob(catalog, engine('alive'));
  expect(releaseOrphans(catalog).map((j) => [j.id, j.state])).toEqual([[lost.id, 'queued']]);
  expect(getJob(catalog, held.id).state).toBe('running');
  expect(heartbeat(catalog, 'dead', lost.id)).toBe('lost');
  expect(listLog(catalog, lost.id).at(-1)?.text).toMatch(/the job resumes/);
  expect(claimJob(catalog, engine('next'))?.id).toBe(lost.id);
});

test('a queued job whose terminal is gone is free for every engine', () => {
  const job = add(new JobQueue(catalog, `cli:${deadPid()}:aa`));
  expect(claimJob(catalog, engine('a'))).toBeNull();
  releaseOrphans(catalog);
  expect(claimJob(catalog, engine('a'))?.id).toBe(job.id);
});

test('a job that kills engine after engine without progress is given up; progress starts the count anew', () => {
  const job = add();
  const die = (done: number) => {
    expect(claimJob(catalog, engine('e'))?.id).toBe(job.id);
    writeProgress(catalog, 'e', job.id, { stage: 's', done, total: 9, secondsLeft: null });
    return releaseEngine(catalog, 'e', 'the engine was ended by SIGSEGV')[0];
  };
  for (const done of [1, 1, 1, 1, 2, 2, 2, 2]) expect(die(done).state).toBe('queued');
  const last = die(2);
  expect(last).toMatchObject({ state: 'failed' });
  expect(last.error).toMatch(/5 times at the same place.*SIGSEGV/);
  queue.resume(job.id);
  expect(die(2).state).toBe('queued');
});

test('cancel: a queued job at once, a running one by asking; resume puts it in line again', () => {
  const job = add();
  expect(queue.cancel(job.id).state).toBe('cancelled');
  expect(claimJob(catalog, engine('e'))).toBeNull();
  expect(queue.resume(job.id).state).toBe('queued');
  claimJob(catalog, engine('e'));
  expect(() => queue.resume(job.id)).toThrow(/is running/);
  expect(heartbeat(catalog, 'e', job.id)).toBe('held');
  expect(queue.cancel(job.id).state).toBe('running');
  expect(heartbeat(catalog, 'e', job.id)).toBe('cancel');
  // It died before it could obey: it stays cancelled.
  expect(releaseEngine(catalog, 'e', 'killed')[0].state).toBe('cancelled');
});
