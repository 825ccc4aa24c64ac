/**
 * Owns job rows. Every change of state is one conditional UPDATE, so that two engines cannot hold one job and a
 * late message cannot revive an ended one.
 */
import type { DeviceName } from '../../shared/domain/settings.ts';
import type { JobKind } from '../../shared/jobs/index.ts';
import { type Job, type JobState, storedResult, type TrainingPoint } from '../../shared/jobs/job.ts';
import { type Catalog, notFound } from './open.ts';

type Row = {
  id: number;
  kind: JobKind;
  dataset_id: number | null;
  title: string;
  state: JobState;
  stage: string;
  done: number;
  total: number | null;
  seconds_left: number | null;
  error: string | null;
  result: string | null;
  device: DeviceName;
  params: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
};

const assemble = (row: Row): Job =>
  ({
    id: row.id,
    kind: row.kind,
    datasetId: row.dataset_id,
    title: row.title,
    state: row.state,
    stage: row.stage,
    done: row.done,
    total: row.total,
    secondsLeft: row.seconds_left,
    error: row.error,
    result: row.result === null ? null : storedResult(row.kind, JSON.parse(row.result)),
    device: row.device,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    params: JSON.parse(row.params),
  }) as Job;

export interface NewJob {
  kind: JobKind;
  datasetId: number | null;
  title: string;
  device: DeviceName;
  params: Record<string, unknown>;
  owner: string | null;
}

export function addJob(catalog: Catalog, job: NewJob): Job {
  const { id } = catalog.run(
    "INSERT INTO jobs (kind, dataset_id, title, state, device, params, owner, created_at) VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
    job.kind,
    job.datasetId,
    job.title,
    job.device,
    JSON.stringify(job.params),
    job.owner,
    Date.now(),
  );
  return getJob(catalog, id);
}

export function findJob(catalog: Catalog, jobId: number): Job | null {
  const row = catalog.get<Row>('SELECT * FROM jobs WHERE id = ?', jobId);
  return row ? assemble(row) : null;
}

/** Throws CatalogError 'not-found'. */
export function getJob(catalog: Catalog, jobId: number): Job {
  const job = findJob(catalog, jobId);
  if (!job) throw notFound('job', jobId);
  return job;
}

/** Newest first. */
export const listJobs = (catalog: Catalog, limit: number): Job[] =>
  catalog.all<Row>('SELECT * FROM jobs ORDER BY id DESC LIMIT ?', limit).map(assemble);

export const setJobDataset = (catalog: Catalog, jobId: number, datasetId: number): void =>
  void catalog.run('UPDATE jobs SET dataset_id = ? WHERE id = ?', datasetId, jobId);

export function addLog(
  catalog: Catalog,
  jobId: number,
  level: 'info' | 'warn' | 'error',
  text: string,
): void {
  catalog.run(
    'INSERT INTO job_logs (job_id, at, level, text) VALUES (?, ?, ?, ?)',
    jobId,
    Date.now(),
    level,
    text.slice(0, 10_000),
  );
}

/** In order; of a very long log the newest 10,000 lines. */
export const listLog = (catalog: Catalog, jobId: number) =>
  catalog
    .all<{ at: number; level: 'info' | 'warn' | 'error'; text: string }>(
      'SELECT at, level, text FROM job_logs WHERE job_id = ? ORDER BY id DESC LIMIT 10000',
      jobId,
    )
    .reverse();

/** A step that is repeated after a resume replaces its earlier point. */
export function addTrainingPoint(catalog: Catalog, jobId: number, point: TrainingPoint): void {
  catalog.run(
    'INSERT OR REPLACE INTO training_points (job_id, step, loss, smoothed_loss, accuracy) VALUES (?, ?, ?, ?, ?)',
    jobId,
    point.step,
    ...[point.loss, point.smoothedLoss, point.accuracy].map((figure) =>
      Number.isFinite(figure) ? figure! : null,
    ),
  );
}

/** More of them no chart can show; a classifier's training has as many epochs at most. */
const mostPoints = 10_000;

/** In order; of a very long training every second, third, ... step, and the last. */
export function listTrainingPoints(catalog: Catalog, jobId: number): TrainingPoint[] {
  const { points, last } = catalog.get<{ points: number; last: number | null }>(
    'SELECT count(*) AS points, max(step) AS last FROM training_points WHERE job_id = ?',
    jobId,
  )!;
  return catalog
    .all<TrainingPoint & { accuracy: number | null }>(
      `SELECT step, loss, smoothed_loss AS smoothedLoss, accuracy FROM training_points
       WHERE job_id = ? AND (? - step) % ? = 0 ORDER BY step`,
      ...[jobId, last, Math.max(1, Math.ceil(points / mostPoints))],
    )
    .map(({ accuracy, ...point }) => (accuracy === null ? point : { ...point, accuracy }));
}

/** A queued job is cancelled at once; of a running one it is asked for. Inside `write`. */
export function cancelJob(catalog: Catalog, jobId: number): void {
  catalog.run(
    "UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE id = ? AND state = 'queued'",
    Date.now(),
    jobId,
  );
  catalog.run("UPDATE jobs SET cancel_requested = 1 WHERE id = ? AND state = 'running'", jobId);
}

/** In line once more, as if it had not been started: what it has finished is in its folder. */
export const queueAgain = (catalog: Catalog, jobId: number, owner: string | null): void =>
  void catalog.run(
    `UPDATE jobs SET state = 'queued', owner = ?, error = NULL, cancel_requested = 0, finish_requested = 0, crashes = 0,
       crash_done = -1, started_at = NULL, finished_at = NULL WHERE id = ?`,
    owner,
    jobId,
  );

export const requestFinish = (catalog: Catalog, jobId: number): void =>
  void catalog.run(
    "UPDATE jobs SET finish_requested = 1 WHERE id = ? AND state IN ('queued', 'running')",
    jobId,
  );

export const finishRequested = (catalog: Catalog, jobId: number): boolean =>
  catalog.value<number>('SELECT finish_requested FROM jobs WHERE id = ?', jobId) === 1;
