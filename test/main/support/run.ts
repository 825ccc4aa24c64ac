/** Owns running one job in the test's own process: the same way as the engine, without its loop. */
import { type Catalog, claimJob, endJob, getJob } from '../../../src/main/catalog/index.ts';
import { runJob } from '../../../src/main/engine/run-job.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import type { EventName } from '../../../src/shared/contract.ts';
import type { JobRequestInput } from '../../../src/shared/jobs/index.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';

export interface RunOptions {
  /** Called for every event; may abort. */
  onEvent?: (name: EventName, payload: unknown, abort: AbortController) => void;
}

const engine = { id: 'test-engine', pid: process.pid, owner: 'test', claims: 'any' as const };

/** Queues the job (or takes a queued one) and runs it to its ending. */
export async function run(
  catalog: Catalog,
  request: JobRequestInput | Job,
  options: RunOptions = {},
): Promise<Job> {
  const queued = 'id' in request ? request : new JobQueue(catalog).enqueue(request);
  const job = claimJob(catalog, engine);
  if (job?.id !== queued.id) throw new Error(`test: claimed job ${job?.id}, wanted ${queued.id}`);
  const abort = new AbortController();
  const ending = await runJob({
    catalog,
    engineId: engine.id,
    job,
    abort,
    send: (name, payload) => options.onEvent?.(name, payload, abort),
  });
  endJob(catalog, engine.id, job.id, ending);
  return getJob(catalog, job.id);
}

/** As `run`, and the job must succeed. */
export async function runOk(catalog: Catalog, request: JobRequestInput): Promise<Record<string, unknown>> {
  const job = await run(catalog, request);
  if (job.state !== 'done') throw new Error(`${job.title}: ${job.state}: ${job.error}`);
  return job.result!;
}
