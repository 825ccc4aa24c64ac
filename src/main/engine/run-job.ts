/** Owns one job from its claim to its ending: parameters, provider, body, and what a failure leaves behind. */
import type { EventName, EventPayload } from '../../shared/contract.ts';
import { type JobKind, jobParams } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { withoutRules } from '../../shared/rules.ts';
import {
  addLog,
  type Catalog,
  type Ending,
  heartbeat,
  OwnFault,
  ownFault,
  readSettings,
} from '../catalog/index.ts';
import { type JobBody, jobContext } from '../jobs/job-context.ts';
import { memoryAdvice } from '../runtime/out-of-memory.ts';
import { chooseProvider } from '../runtime/providers.ts';
import type { RuntimeOptions, Session } from '../runtime/runtime.ts';
import { bodies } from './bodies/index.ts';
import { spaceNeeded, tellSpace, writtenFolders } from './space-needed.ts';

const HEARTBEAT_MS = 700;

export interface Running {
  catalog: Catalog;
  engineId: string;
  /** Claimed by this engine. */
  job: Job;
  abort: AbortController;
  send: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
}

/** Why a job was stopped; tells a request to cancel from an engine that ends. */
export class Stopped extends Error {
  readonly cancelled: boolean;
  constructor(cancelled: boolean, why: string) {
    super(why);
    this.cancelled = cancelled;
  }
}

/** Never throws; the caller writes the ending into the row. */
export async function runJob({ catalog, engineId, job, abort, send }: Running): Promise<Ending> {
  const watch = setInterval(() => {
    const held = beat();
    if (held === 'cancel') abort.abort(new Stopped(true, 'cancelled'));
    if (held === 'lost') abort.abort(new Stopped(false, 'the job was taken from this engine'));
  }, HEARTBEAT_MS);
  /** A disk that is full for the moment ends no job that is not writing: whatever is to be stored will tell. */
  const beat = () => {
    try {
      return heartbeat(catalog, engineId, job.id);
    } catch (error) {
      if (error instanceof OwnFault) return 'held';
      throw error;
    }
  };
  const log = (level: 'warn' | 'error', text: string) => {
    try {
      catalog.insist(() => addLog(catalog, job.id, level, text));
    } catch {
      process.stderr.write(`job ${job.id}: ${text}\n`);
    }
  };
  const opened = new Set<Session>();
  const runtime: RuntimeOptions = { provider: 'cpu', threads: 0, opened };
  try {
    const entry = bodies[job.kind];
    const settings = readSettings(catalog);
    runtime.threads = settings.threads;
    runtime.lowMemory = settings.lowMemory;
    runtime.halfPrecision = settings.halfPrecision;
    // What an earlier version queued had fewer rules to keep.
    job.params = withoutRules(jobParams[job.kind]).parse(job.params);
    const device = job.device === 'auto' ? settings.device : job.device;
    if (entry.models) {
      runtime.provider = await chooseProvider(device);
      addLog(catalog, job.id, 'info', `runs on ${runtime.provider}`);
    }
    const ctx = jobContext<never>({ job, catalog, engineId, runtime, abort, send });
    tellSpace(ctx);
    const body = (await entry.load()) as JobBody<JobKind>;
    const result = await body(ctx);
    ctx.flush();
    return { state: 'done', result: { ...result, ...ctx.originals.figures() } };
  } catch (error) {
    const { reason } = abort.signal;
    if (abort.signal.aborted)
      return { state: reason instanceof Stopped && reason.cancelled ? 'cancelled' : 'queued' };
    const message = error instanceof Error ? error.message : String(error);
    // Looked at before the log may take the reserve.
    const fault = ownFault(error, writtenFolders(catalog, job), spaceNeeded(catalog, job.id));
    log('error', error instanceof Error && error.stack ? error.stack : message);
    return { state: 'failed', error: fault?.message ?? memoryAdvice(error, runtime, job.params) ?? message };
  } finally {
    clearInterval(watch);
    // A body that failed may have left gigabytes open, which the next job needs.
    for (const session of [...opened]) {
      await session.close().catch((error) => log('warn', String(error)));
    }
  }
}
