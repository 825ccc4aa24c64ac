/** Owns which body runs which kind of job. Loaded on demand: an import needs no model code. */
import type { JobKind } from '../../../shared/jobs/index.ts';
import type { JobBody } from '../../jobs/job-context.ts';

type Bodies = { [K in JobKind]: { models: boolean; load: () => Promise<JobBody<K>> } };

/** models: whether the body runs networks, so that a provider must be chosen before it starts. */
export const bodies: Bodies = {
  import: { models: false, load: async () => (await import('./import.ts')).importBody },
  relink: { models: false, load: async () => (await import('./relink.ts')).relinkBody },
  embed: { models: true, load: async () => (await import('./embed.ts')).embedBody },
  score: { models: true, load: async () => (await import('./score.ts')).scoreBody },
  fit: { models: true, load: async () => (await import('./fit/fit.ts')).fitBody },
  project: { models: true, load: async () => (await import('./project.ts')).projectBody },
  train: { models: true, load: async () => (await import('./train/train.ts')).train },
  generate: { models: true, load: async () => (await import('./generate/generate.ts')).generate },
  control: { models: true, load: async () => (await import('./control/control.ts')).controlBody },
  'hard-factors': {
    models: true,
    load: async () => (await import('./hard-factors.ts')).hardFactorsBody,
  },
  issues: { models: true, load: async () => (await import('./issues/issues.ts')).issuesBody },
  rescore: { models: true, load: async () => (await import('./rescore/rescore.ts')).rescoreBody },
  caption: { models: true, load: async () => (await import('./caption.ts')).captionBody },
  export: { models: false, load: async () => (await import('./export/export.ts')).exportBody },
};
