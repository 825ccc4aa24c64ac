/** Owns the persisted row of a job, its log and its training curve. */
import { z } from 'zod';
import { deviceName } from '../domain/settings.ts';
import { jobKind } from './index.ts';
import { id } from './parts.ts';

/** queued -> running -> done | failed | cancelled; a cancelled or failed job can be queued again (resume). */
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const job = z.object({
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
  /** The result's figures (for example { imported, skipped }); null until done. */
  result: z.record(z.string(), z.unknown()).nullable(),
  device: deviceName,
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  params: z.record(z.string(), z.unknown()),
});
export type Job = z.infer<typeof job>;

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
