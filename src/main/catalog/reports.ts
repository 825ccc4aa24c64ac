/** Owns the finished reports of a dataset: which jobs made one, and reading the file that holds it. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { JobKind } from '../../shared/jobs/index.ts';
import { type Catalog, CatalogError, notFound } from './open.ts';

/** Kinds whose result names the file of a report, relative to the catalog. */
type ReportKind = Extract<JobKind, 'control' | 'hard-factors' | 'issues'>;

/** What mends a report that cannot be read. */
const again: Record<ReportKind, string> = {
  control: 'run the check again',
  'hard-factors': 'run the check again',
  issues: 'look for label issues again',
};

interface Finished {
  jobId: number;
  kind: ReportKind;
  finishedAt: number; // milliseconds since 1970, UTC
  file: string;
}

const select = `SELECT id AS jobId, kind, finished_at AS finishedAt, result ->> '$.file' AS file FROM jobs
  WHERE state = 'done' AND kind = ?`;

/** So many of the newest reports are listed. */
const listed = 100;

/** Newest first; a report that cannot be read is listed with the reason. */
export function listReports<T, Entry>(
  catalog: Catalog,
  datasetId: number,
  kind: ReportKind,
  schema: z.ZodType<T>,
  entryOf: (report: T) => Entry,
): ({ jobId: number; finishedAt: number } & (
  | { report: Entry; problem: null }
  | { report: null; problem: string }
))[] {
  return catalog
    .all<Finished>(`${select} AND dataset_id = ? ORDER BY id DESC LIMIT ?`, kind, datasetId, listed)
    .map((job) => {
      const { jobId, finishedAt } = job;
      try {
        return { jobId, finishedAt, report: entryOf(parse(catalog, job, schema)), problem: null };
      } catch (error) {
        return { jobId, finishedAt, report: null, problem: (error as Error).message };
      }
    });
}

/** The newest one; null: there is none. @throws CatalogError when its file is gone or of another form. */
export function newestReport<T>(
  catalog: Catalog,
  datasetId: number,
  kind: ReportKind,
  schema: z.ZodType<T>,
): { jobId: number; finishedAt: number; report: T } | null {
  const job = catalog.get<Finished>(`${select} AND dataset_id = ? ORDER BY id DESC LIMIT 1`, kind, datasetId);
  return job ? { jobId: job.jobId, finishedAt: job.finishedAt, report: parse(catalog, job, schema) } : null;
}

/** @throws CatalogError when this job has no report, or its file is gone or of another form. */
export function readReport<T>(catalog: Catalog, jobId: number, kind: ReportKind, schema: z.ZodType<T>) {
  const job = catalog.get<Finished>(`${select} AND id = ?`, kind, jobId);
  if (!job) throw notFound('report', jobId);
  return { jobId, finishedAt: job.finishedAt, report: parse(catalog, job, schema) };
}

function parse<T>(catalog: Catalog, { jobId, kind, file }: Finished, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(catalog.file(file), 'utf8'));
  } catch (error) {
    throw new CatalogError(
      'invalid',
      `the report of job ${jobId} (${file}) cannot be read: ${(error as Error).message}; ${again[kind]}`,
    );
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues;
  throw new CatalogError(
    'invalid',
    `the report of job ${jobId} (${file}) has another form, ${path.join('.')}: ${message}; ${again[kind]}`,
  );
}
