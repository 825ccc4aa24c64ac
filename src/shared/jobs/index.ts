/** Owns the table of job kinds: the command line's options, the app's forms and the engine's bodies derive from it. */
import { z } from 'zod';
import { captionParams } from './caption.ts';
import { controlParams } from './control.ts';
import { embedParams } from './embed.ts';
import { exportParams } from './export.ts';
import { fitParams } from './fit.ts';
import { generateParams } from './generate.ts';
import { hardFactorsParams } from './hard-factors.ts';
import { importParams } from './import.ts';
import { issuesParams } from './issues.ts';
import { projectParams } from './project.ts';
import { relinkParams } from './relink.ts';
import { rescoreParams } from './rescore.ts';
import { scoreParams } from './score.ts';
import { trainParams } from './train.ts';

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
export type JobRequestInput = z.input<typeof jobRequest>;
