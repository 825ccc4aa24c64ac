/** Owns the table of job kinds: the command line's options, the app's forms and the engine's bodies derive from it. */
import { z } from 'zod';
import { captionParams, captionResult } from './caption.ts';
import { controlParams, controlResult } from './control.ts';
import { embedParams, embedResult } from './embed.ts';
import { exportParams, exportResult } from './export.ts';
import { fitParams, fitResult } from './fit.ts';
import { generateParams, generateResult } from './generate.ts';
import { hardFactorsParams, hardFactorsResult } from './hard-factors.ts';
import { importParams, importResult } from './import.ts';
import { issuesParams, issuesResult } from './issues.ts';
import { projectParams, projectResult } from './project.ts';
import { relinkParams, relinkResult } from './relink.ts';
import { rescoreParams, rescoreResult } from './rescore.ts';
import { scoreParams, scoreResult } from './score.ts';
import { trainParams, trainResult } from './train.ts';

export const jobParams = {
  import: importParams,
  relink: relinkParams,
  embed: embedParams,
  score: scoreParams,
  fit: fitParams,
  project: projectParams,
  train: trainParams,
  generate: generateParams,
  control: controlParams,
  'hard-factors': hardFactorsParams,
  issues: issuesParams,
  rescore: rescoreParams,
  caption: captionParams,
  export: exportParams,
} as const;

export type JobKind = keyof typeof jobParams;

export const jobKind = z.enum(Object.keys(jobParams) as [JobKind, ...JobKind[]]);

export type JobParams<K extends JobKind> = z.infer<(typeof jobParams)[K]>;

/** What a job leaves as its result when it is done. */
export const jobResults = {
  import: importResult,
  relink: relinkResult,
  embed: embedResult,
  score: scoreResult,
  fit: fitResult,
  project: projectResult,
  train: trainResult,
  generate: generateResult,
  control: controlResult,
  'hard-factors': hardFactorsResult,
  issues: issuesResult,
  rescore: rescoreResult,
  caption: captionResult,
  export: exportResult,
} as const satisfies Record<JobKind, z.ZodObject>;

export type JobResult<K extends JobKind> = z.infer<(typeof jobResults)[K]>;

export const jobRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import'), params: importParams }),
  z.object({ kind: z.literal('relink'), params: relinkParams }),
  z.object({ kind: z.literal('embed'), params: embedParams }),
  z.object({ kind: z.literal('score'), params: scoreParams }),
  z.object({ kind: z.literal('fit'), params: fitParams }),
  z.object({ kind: z.literal('project'), params: projectParams }),
  z.object({ kind: z.literal('train'), params: trainParams }),
  z.object({ kind: z.literal('generate'), params: generateParams }),
  z.object({ kind: z.literal('control'), params: controlParams }),
  z.object({ kind: z.literal('hard-factors'), params: hardFactorsParams }),
  z.object({ kind: z.literal('issues'), params: issuesParams }),
  z.object({ kind: z.literal('rescore'), params: rescoreParams }),
  z.object({ kind: z.literal('caption'), params: captionParams }),
  z.object({ kind: z.literal('export'), params: exportParams }),
]);

/** Kinds that can be told to end now and keep what they have. */
export const finishable: readonly JobKind[] = ['train', 'fit'];

export type JobRequest = z.infer<typeof jobRequest>;

/** What a caller writes: fields with defaults may be absent. */
export type JobRequestInput<K extends JobKind = JobKind> = Extract<z.input<typeof jobRequest>, { kind: K }>;
