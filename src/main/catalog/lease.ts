/**
 * Owns who runs a job: an engine takes a queued job with one conditional UPDATE and holds it as long as its
 * process lives. Works across processes on one machine; a dead engine's jobs go back to the queue.
 */
import { readFileSync } from 'node:fs';
import type { Job } from '../../shared/jobs/job.ts';
import { addLog, getJob } from './jobs.ts';
import type { Catalog } from './open.ts';

export interface Engine {
  /** Unique per engine process. */
  id: string;
  pid: number;
  /** Its supervisor: `app:<pid>:<random>` or `cli:<pid>:<random>`. */
  owner: string;
  /** any: jobs that nobody owns and its owner's. own: its owner's only. */
  claims: 'any' | 'own';
}

/** Deaths in a row without progress after which a job is given up: it would kill every engine. */
const MOST_CRASHES = 4;

/** A process that has not beaten for so long is gone, even if another process has its number now. */
const STALE_MS = 30 * 60_000;

/** Takes the oldest job that this engine may run; null where there is none. */
export function claimJob(catalog: Catalog, engine: Engine): Job | null {
  const now = Date.now();
  const mine = engine.claims === 'any' ? '(owner IS NULL OR owner = ?)' : 'owner = ?';
  const id = catalog.insist(() =>
    catalog.write(() =>
      catalog.value<number>(
        `UPDATE jobs SET state = 'running', engine = ?, engine_pid = ?, heartbeat_at = ?, stage = 'starting',
         started_at = COALESCE(started_at, ?), finished_at = NULL, error = NULL, seconds_left = NULL
       WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND ${mine} ORDER BY id LIMIT 1) AND state = 'queued'
       RETURNING id`,
        engine.id,
        engine.pid,
        now,
        now,
        engine.owner,
      ),
    ),
  );
  return id === undefined ? null : getJob(catalog, id);
}

/** Says that the engine lives. Tells whether it still holds the job and whether it is asked to stop. */
export function heartbeat(catalog: Catalog, engineId: string, jobId: number): 'held' | 'cancel' | 'lost' {
  const cancel = catalog.value<number>(
    "UPDATE jobs SET heartbeat_at = ? WHERE id = ? AND engine = ? AND state = 'running' RETURNING cancel_requested",
    Date.now(),
    jobId,
    engineId,
  );
  return cancel === undefined ? 'lost' : cancel === 1 ? 'cancel' : 'held';
}

/** Whether the job's row says that this engine runs it. */
export const holdsJob = (catalog: Catalog, engineId: string, jobId: number): boolean =>
  catalog.value<string>("SELECT engine FROM jobs WHERE id = ? AND state = 'running'", jobId) === engineId;

export interface JobProgress {
  stage: string;
  done: number;
  total: number | null;
  secondsLeft: number | null;
}

export function writeProgress(catalog: Catalog, engineId: string, jobId: number, p: JobProgress): boolean {
  return (
    catalog.run(
      "UPDATE jobs SET stage = ?, done = ?, total = ?, seconds_left = ?, heartbeat_at = ? WHERE id = ? AND engine = ? AND state = 'running'",
      p.stage,
      p.done,
      p.total,
      p.secondsLeft,
      Date.now(),
      jobId,
      engineId,
    ).changes === 1
  );
}

export type Ending =
  | { state: 'done'; result: Record<string, unknown> }
  | { state: 'failed'; error: string }
  | { state: 'cancelled' }
  | { state: 'queued' }; // handed back by an engine that was asked to end

/**
 * Ends a job that this engine holds; false where it no longer did. A job that is handed back although its cancelling was
 * asked for is cancelled: both may be asked at once, as by a signal to the whole process group.
 */
export function endJob(catalog: Catalog, engineId: string, jobId: number, ending: Ending): boolean {
  const end = (state: Ending['state'], which = '') =>
    catalog.run(
      `UPDATE jobs SET state = ?, result = ?, error = ?, stage = '', seconds_left = NULL, finished_at = ?,
         engine = NULL, engine_pid = NULL, cancel_requested = 0, crashes = 0, crash_done = -1,
         finish_requested = finish_requested * (? = 'queued')
       WHERE id = ? AND engine = ? AND state = 'running' ${which}`,
      state,
      ending.state === 'done' ? JSON.stringify(ending.result) : null,
      ending.state === 'failed' ? ending.error : null,
      state === 'queued' ? null : Date.now(),
      state,
      jobId,
      engineId,
    ).changes === 1;
  return catalog.insist(() => {
    if (ending.state !== 'queued') return end(ending.state);
    return end('queued', 'AND cancel_requested = 0') || end('cancelled');
  });
}

/** Frees the jobs of an engine that is known to have ended. Returns those whose state changed. */
export const releaseEngine = (catalog: Catalog, engineId: string, why: string): Job[] =>
  release(catalog, why, (held) => held.engine === engineId);

/** Frees the jobs of engines whose process is gone, and queued jobs whose owner is gone. */
export function releaseOrphans(catalog: Catalog): Job[] {
  const freed = release(
    catalog,
    'the engine ended',
    (held) => !isAlive(held.engine_pid) || Date.now() - held.heartbeat_at > STALE_MS,
  );
  const owners = catalog.column<string>(
    "SELECT DISTINCT owner FROM jobs WHERE state = 'queued' AND owner IS NOT NULL",
  );
  for (const owner of owners) {
    const pid = Number(owner.split(':')[1]);
    if (Number.isInteger(pid) && !isAlive(pid))
      catalog.run("UPDATE jobs SET owner = NULL WHERE state = 'queued' AND owner = ?", owner);
  }
  return freed;
}

interface Held {
  id: number;
  engine: string;
  engine_pid: number;
  heartbeat_at: number;
  done: number;
  crashes: number;
  crash_done: number;
  cancel_requested: number;
}

function release(catalog: Catalog, why: string, gone: (held: Held) => boolean): Job[] {
  const select = "SELECT * FROM jobs WHERE state = 'running'";
  if (!catalog.all<Held>(select).some(gone)) return [];
  return catalog.insist(() =>
    catalog.write(() =>
      catalog
        .all<Held>(select)
        .filter(gone)
        .map((held) => {
          const crashes = held.done > held.crash_done ? 1 : held.crashes + 1;
          const state = held.cancel_requested ? 'cancelled' : crashes > MOST_CRASHES ? 'failed' : 'queued';
          const error =
            state === 'failed'
              ? `the engine ended ${crashes} times at the same place (${why}); see the job's log, and resume it to try again`
              : null;
          catalog.run(
            `UPDATE jobs SET state = ?, error = ?, stage = '', seconds_left = NULL, finished_at = ?, engine = NULL,
             engine_pid = NULL, cancel_requested = 0, crashes = ?, crash_done = ? WHERE id = ?`,
            state,
            error,
            state === 'queued' ? null : Date.now(),
            crashes,
            held.done,
            held.id,
          );
          addLog(
            catalog,
            held.id,
            'warn',
            state === 'queued' ? `${why}; the job resumes` : `${why}; the job is ${state}`,
          );
          return getJob(catalog, held.id);
        }),
    ),
  );
}

/** Whether a process of this number runs (also one that is not ours to signal). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    // An ended process keeps its number until its parent asks; in a container nobody may ever ask.
    const facts = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return facts[facts.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false; // it ended between the two looks
  }
}
