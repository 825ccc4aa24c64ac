/** Owns what a report on difficulty is about where the person leaves it open: which model, and by which scorer. */
import type { ModelEntry } from '../../../shared/domain.ts';
import { type Catalog, listScorers } from '../../catalog/index.ts';
import { readAdapter } from '../diffusion/adapter-file.ts';
import type { JobContext } from '../job-context.ts';
import { findModel, newestAdapter } from '../models/registry.ts';

interface Subject {
  adapterId: string;
  /** The one that the adapter's difficulties are of, unless another was asked for. */
  scorerId: number;
}

/** Decided once: a resumed job stays with what was the newest when it began. @throws where there is none. */
export function subjectOf(ctx: JobContext<'control'> | JobContext<'hard-factors'>): Subject {
  const subject = ctx.readCheckpoint<Subject>() ?? choose(ctx);
  ctx.writeCheckpoint<Subject>(subject);
  return subject;
}

function choose({ catalog, params, job }: JobContext<'control'> | JobContext<'hard-factors'>): Subject {
  const entry = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const scorerId = params.scorerId ?? scorerTrainedWith(catalog, params.datasetId, entry, job.kind);
  return { adapterId: entry.id, scorerId };
}

/** The newest scorer that is named and made like the one in the adapter's file: of several alike, scores are alike. */
function scorerTrainedWith(catalog: Catalog, datasetId: number, { name, path }: ModelEntry, job: string) {
  const { scorer } = readAdapter(path).config;
  const alike = listScorers(catalog, datasetId).filter(
    (s) => s.name === scorer.name && s.modelHash === scorer.modelHash,
  );
  if (alike.length === 0)
    throw new Error(
      `${job}: ${name} was trained with the scorer ${scorer.name}, which this dataset does not have any more; score again with it, or say which scorer to measure by`,
    );
  return Math.max(...alike.map((s) => s.id));
}
