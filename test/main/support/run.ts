/** Owns running one job in the test's own process: the same way as the engine, without its loop. */
import { z } from 'zod';
import { type Catalog, claimJob, endJob, getJob } from '../../../src/main/catalog/index.ts';
import { runJob } from '../../../src/main/engine/run-job.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import type { EventName } from '../../../src/shared/contract.ts';
import { type JobRequestInput, type JobResult, jobResults } from '../../../src/shared/jobs/index.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';

export interface RunOptions {
  /** Called for every event; may abort. */
  onEvent?: (name: EventName, payload: unknown, abort: AbortController) => void;
}

const engine = { id: 'test-engine', pid: process.pid, owner: 'test', claims: 'any' as const };

/** Queues the job (or takes a queued one) and runs it to its ending. */
export async function run<R extends JobRequestInput | Job>(
  catalog: Catalog,
  request: R,
  options: RunOptions = {},
): Promise<Job<R['kind']>> {
  const queued: Job = 'id' in request ? request : new JobQueue(catalog).enqueue(request);
  const job = claimJob(catalog, engine);
  if (!job || job.id !== queued.id) throw new Error(`test: claimed job ${job?.id}, wanted ${queued.id}`);
  const abort = new AbortController();
  const ending = await runJob({
    catalog,
    engineId: engine.id,
    job,
    abort,
    send: (name, payload) => options.onEvent?.(name, payload, abort),
  });
  endJob(catalog, engine.id, job.id, ending);
  return getJob(catalog, job.id) as Job<R['kind']>;
}

/** As `run`, and the job must succeed with every field that its result declares, and no other. */
export async function runOk<R extends JobRequestInput>(
  catalog: Catalog,
  request: R,
): Promise<JobResult<R['kind']>> {
  const job = await run(catalog, request);
  if (job.state !== 'done') throw new Error(`${job.title}: ${job.state}: ${job.error}`);
  return z.strictObject(jobResults[job.kind].shape).parse(job.result) as JobResult<R['kind']>;
}
