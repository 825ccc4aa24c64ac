/** Owns what a job's body gets: its parameters, and every effect it may have on the world outside its files. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EventName, EventPayload } from '../../shared/contract.ts';
import { sameStage } from '../../shared/job-stage.ts';
import type { JobKind, JobParams, JobResult } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import {
  addLog,
  addTrainingPoint,
  type Catalog,
  finishRequested,
  getJob,
  type JobProgress,
  writeProgress,
} from '../catalog/index.ts';
import { type GenerationReading, readGeneration, writeGeneration } from '../files/sealed-file.ts';
import type { RuntimeOptions } from '../runtime/runtime.ts';
import { type Originals, openOriginals } from './originals.ts';
import { RateEstimate } from './progress.ts';

export interface JobContext<K extends JobKind = JobKind> {
  job: Job;
  params: JobParams<K>;
  catalog: Catalog;
  /** Provider that was chosen and probed, and the thread setting. */
  runtime: RuntimeOptions;
  /** Aborted when the job shall stop: look at it between items, finish nothing half, call `throwIfAborted`. */
  signal: AbortSignal;
  /** Call as often as you like: written and sent a few times a second. `total` null: unknown. */
  progress(change: { stage?: string; done?: number; total?: number | null }): void;
  log(level: 'info' | 'warn' | 'error', text: string): void;
  /** Whether a person has asked the job to end now with what it has. */
  finishRequested(): boolean;
  /** This job's own folder in the catalog, for checkpoints. */
  jobDir: string;
  /**
   * What `writeCheckpoint` stored last, also by an engine that was killed since; the one before it where that is
   * damaged, which the log tells; null where there is none.
   */
  readCheckpoint<T>(options?: CheckpointReading<T>): T | null;
  /**
   * Stores it whole and for good, beside the one before. Rows that were written earlier outlast a power cut wherever the
   * checkpoint does. Anything that can be structured-cloned: typed arrays, maps.
   */
  writeCheckpoint<T>(value: T, name?: string): void;
  /** The only way to the files of images. */
  originals: Originals;
  /** Sends an event to windows and terminals; training points are stored as well. */
  emit<N extends EventName>(name: N, payload: EventPayload<N>): void;
}

export interface CheckpointReading<T> {
  /** Of a checkpoint besides the job's main one. */
  name?: string;
  /** Nothing else in the job's folder depends on it: where it is lost, the rest is still of use, and the log says this. */
  apart?: string;
  /** Throws where a checkpoint cannot be used, because a file that it names is not whole. */
  check?: GenerationReading<T>['check'];
}

/** Returns the result. Throws to fail; throws the signal's reason (or anything) when aborted. */
export type JobBody<K extends JobKind> = (ctx: JobContext<K>) => Promise<JobResult<K>>;

const THROTTLE_MS = 200;
const mainCheckpoint = 'checkpoint';

export interface ContextParts {
  job: Job;
  catalog: Catalog;
  engineId: string;
  runtime: RuntimeOptions;
  abort: AbortController;
  send: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
}

export function jobContext<K extends JobKind>(parts: ContextParts): JobContext<K> & { flush(): void } {
  const { job, catalog, engineId, abort, send } = parts;
  const jobDir = catalog.jobDir(job.id);
  const checkpoint = (name = mainCheckpoint) => join(jobDir, `${name}.bin`);
  const log: JobContext['log'] = (level, text) => addLog(catalog, job.id, level, text);
  const rate = new RateEstimate();
  const now: JobProgress = { stage: job.stage, done: job.done, total: job.total, secondsLeft: null };
  let writtenAt = 0;

  const flush = () => {
    writtenAt = performance.now();
    if (!writeProgress(catalog, engineId, job.id, now)) {
      abort.abort(new Error(`job ${job.id} is no longer this engine's`));
      return;
    }
    send('job.updated', getJob(catalog, job.id));
  };

  const context: Omit<JobContext<K>, 'originals'> = {
    job,
    params: job.params as JobParams<K>,
    catalog,
    runtime: parts.runtime,
    signal: abort.signal,
    finishRequested: () => finishRequested(catalog, job.id),
    jobDir,
    progress(change) {
      const newStage = change.stage !== undefined && !sameStage(change.stage, now.stage);
      if (newStage) rate.reset();
      Object.assign(now, change);
      const at = performance.now();
      if (!newStage && at - writtenAt < THROTTLE_MS) return;
      now.secondsLeft = rate.secondsLeft(at, now.done, now.total);
      flush();
    },
    log,
    readCheckpoint<T>({ name, apart, check }: CheckpointReading<T> = {}) {
      let damaged = false;
      const onDamaged = (text: string) => {
        damaged = true;
        log('warn', text);
      };
      const value = readGeneration<T>(checkpoint(name), { check, onDamaged });
      if (!damaged) return value;
      log(
        'warn',
        value !== null
          ? 'resumes from the checkpoint before it'
          : (apart ?? 'no checkpoint is left: starts again'),
      );
      if (value === null && !apart) rmSync(jobDir, { recursive: true });
      return value;
    },
    writeCheckpoint(value, name) {
      catalog.flush();
      writeGeneration(checkpoint(name), value);
    },
    emit(name, payload) {
      if (name === 'training.point') {
        const { point } = payload as EventPayload<'training.point'>;
        addTrainingPoint(catalog, job.id, point);
      }
      send(name, payload);
    },
  };
  const originals = openOriginals(context);
  return {
    ...context,
    // A job that goes on from here counts the images that it left out before.
    writeCheckpoint(value, name) {
      originals.keep();
      context.writeCheckpoint(value, name);
    },
    originals,
    flush,
  };
}

/** A finished job's checkpoints are of no more use. */
export function removeJobDir(catalog: Catalog, jobId: number): void {
  rmSync(catalog.jobDir(jobId), { recursive: true, force: true });
}
