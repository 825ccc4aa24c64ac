/** Owns the persisted row of a job, how its result is read, its log and its training curve. */
import { z } from 'zod';
import { deviceName } from '../domain/settings.ts';
import { type JobKind, type JobResult, jobKind, jobResults } from './index.ts';
import { id } from './parts.ts';

/** queued -> running -> done | failed | cancelled; a cancelled or failed job can be queued again (resume). */
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

const row = z.object({
  id,
  kind: jobKind,
  datasetId: id.nullable(),
  title: z.string(),
  state: jobState,
  stage: z.string(), // what is being done now, for a person
  done: z.number(), // items, in the unit of `total`
  total: z.number().nullable(),
  /** Estimated seconds to the end; null while unknown. */
  secondsLeft: z.number().nullable(),
  error: z.string().nullable(),
  /** null until done. */
  result: z.record(z.string(), z.unknown()).nullable(),
  device: deviceName,
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  params: z.record(z.string(), z.unknown()),
});

/** Each field may be missing, and what reads it says so: another version of the program may have written the result. */
export type StoredResult<K extends JobKind> = Partial<JobResult<K>>;

export type Job<K extends JobKind = JobKind> = {
  [P in K]: Omit<z.infer<typeof row>, 'kind' | 'result'> & { kind: P; result: StoredResult<P> | null };
}[K];

/** Without the fields that do not fit; those that no schema knows stay, for whoever lists them all. */
export function storedResult<K extends JobKind>(kind: K, written: unknown): StoredResult<K> | null {
  if (typeof written !== 'object' || written === null) return null;
  const { shape }: z.ZodObject = jobResults[kind];
  const fits = ([name, value]: [string, unknown]) =>
    !Object.hasOwn(shape, name) || z.safeParse(shape[name], value).success;
  return Object.fromEntries(Object.entries(written).filter(fits)) as StoredResult<K>;
}

export const job = row.transform(
  (read) => ({ ...read, result: storedResult(read.kind, read.result) }) as Job,
);

export const isOfKind =
  <K extends JobKind>(kind: K) =>
  (one: Job): one is Extract<Job, { kind: K }> =>
    one.kind === kind;

export const jobLogLine = z.object({
  at: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
});
export type JobLogLine = z.infer<typeof jobLogLine>;

/** A point of the training curve. */
export const trainingPoint = z.object({
  /** Of a classifier: the epoch. */
  step: z.int(),
  /** null: no number came out; a gap in the curve. */
  loss: z.number().nullable(),
  /** Of a classifier: the loss on the images held out. */
  smoothedLoss: z.number().nullable(),
  /** Of a classifier: the share of the images held out that it gets right. */
  accuracy: z.number().min(0).max(1).nullish(),
});
export type TrainingPoint = z.infer<typeof trainingPoint>;
