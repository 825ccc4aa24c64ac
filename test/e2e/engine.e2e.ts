/**
 * The engine dies while it trains: the window goes on answering, says so, and the job goes on by itself.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testIds } from '../../src/renderer/test-ids.ts';
import type { CruxBridge } from '../../src/shared/contract.ts';
import type { JobRequestInput } from '../../src/shared/jobs/index.ts';
import { openStored, type Stored } from './catalog.ts';
import { type Crux, launchCrux } from './launch.ts';
import { writeShapes } from './shapes.ts';

let crux: Crux;
let stored: Stored;
beforeAll(async () => {
  crux = await launchCrux();
  await writeShapes(join(crux.scratch, 'shapes'), 8);
  stored = openStored(crux.catalog);
});
afterAll(async () => {
  stored?.close();
  await crux?.close();
});

const enqueue = (request: JobRequestInput) =>
  crux.page.evaluate(async (job) => {
    const { crux } = globalThis as unknown as { crux: CruxBridge };
    const answer = await crux.request('jobs.enqueue', { request: job });
    if (!answer.ok) throw new Error(answer.error.message);
  }, request);
const finish = (jobId: number) =>
  crux.page.evaluate(async (id) => {
    const { crux } = globalThis as unknown as { crux: CruxBridge };
    const answer = await crux.request('jobs.finish', { jobId: id });
    if (!answer.ok) throw new Error(answer.error.message);
  }, jobId);

it('keeps answering, and finishes the job on a new engine', async () => {
  const source = await crux.choose('dataset-folder', join(crux.scratch, 'shapes'));
  await enqueue({ kind: 'import', params: { source, name: 'shapes' } });
  await stored.jobDone('import');
  const datasetId = stored.value<number>('SELECT id FROM datasets');
  await enqueue({ kind: 'score', params: { datasetId } });
  await stored.jobDone('score');
  // More than any machine does before it is stopped: the training is told to finish once it has gone on.
  await enqueue({ kind: 'train', params: { datasetId, steps: 10_000, checkpointEvery: 2, previewEvery: 0 } });
  const running = () =>
    stored.rows<{ id: number; engine_pid: number | null; done: number }>(
      // What is done counts images in other stages, and steps in this one.
      "SELECT id, engine_pid, CASE WHEN stage LIKE 'training%' THEN done ELSE 0 END AS done FROM jobs WHERE kind = 'train'",
    )[0];
  await expect.poll(() => running().done).toBeGreaterThanOrEqual(3);
  const first = running().engine_pid;
  process.kill(first as number, 'SIGSTOP');

  // No engine answers any more; browsing does, from the catalog.
  const answered = await crux.page.evaluate(async (id) => {
    const { crux } = globalThis as unknown as { crux: CruxBridge };
    const answer = await crux.request('images.ids', { datasetId: id, filter: {}, sort: 'path' });
    return answer.ok ? answer.value.length : answer.error.message;
  }, datasetId);
  expect(answered).toBe(24);
  const { id, done, engine_pid } = running();
  expect(engine_pid).toBe(first);

  process.kill(first as number, 'SIGKILL');
  await expect.poll(() => running().engine_pid).not.toBe(first);
  await expect.poll(() => running().done).toBeGreaterThan(done);
  await finish(id);
  expect((await stored.jobDone('train')).steps).toBeGreaterThan(done);
  expect(
    stored.rows<{ text: string }>("SELECT text FROM job_logs WHERE level = 'warn'").map(({ text }) => text),
  ).toEqual([expect.stringContaining('SIGKILL')]);
  await expect.poll(() => crux.page.getByTestId(testIds.engineState).textContent()).toMatch(/ready/i);
});
