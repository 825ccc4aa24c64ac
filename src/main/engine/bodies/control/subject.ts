/** Owns what a report on difficulty is about: which model at which levels of which classes, and by which scorer. */
import { type Catalog, listScorers } from '../../../catalog/index.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { type AdapterConfig, readAdapter } from '../../../models/diffusion/adapter-file.ts';
import { baseOfAdapter, findModel, newestAdapter } from '../../../models/registry.ts';
import { namesOf } from './plan.ts';

type Context = JobContext<'control'> | JobContext<'hard-factors'>;

/** What the person left open, decided once: a resumed job stays with what was the newest when it began. */
interface Chosen {
  adapterId: string;
  scorerId: number;
}

/** The model is read once. @throws where there is none, or its scorer is gone. */
export function openSubject(ctx: Context) {
  const { catalog, params, job } = ctx;
  const chosen = ctx.readCheckpoint<Chosen>();
  const adapterId = chosen?.adapterId ?? params.adapterId;
  const entry = adapterId
    ? findModel(catalog, adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const { config, adapter } = readAdapter(entry.path);
  const scorerId =
    chosen?.scorerId ??
    params.scorerId ??
    scorerTrainedWith(catalog, params.datasetId, config, `${job.kind}: ${entry.name}`);
  ctx.writeCheckpoint<Chosen>({ adapterId: entry.id, scorerId });
  return {
    entry,
    adapter,
    /** Classes that it was trained on. */
    trained: config.classes,
    base: baseOfAdapter(catalog, entry.name, config),
    /** In rising order. */
    levels: [...new Set(params.levels)].sort((a, b) => a - b),
    names: namesOf(ctx, config.classes),
    scorerId,
  };
}

/** The newest scorer that is named and made like the one in the adapter's file: of several alike, scores are alike. */
function scorerTrainedWith(
  catalog: Catalog,
  datasetId: number,
  { scorer }: AdapterConfig,
  adapter: string,
): number {
  const alike = listScorers(catalog, datasetId).filter(
    (s) => s.name === scorer.name && s.modelHash === scorer.modelHash,
  );
  if (alike.length === 0)
    throw new Error(
      `${adapter} was trained with the scorer ${scorer.name}, which this dataset does not have any more; score again with it, or say which scorer to measure by`,
    );
  return Math.max(...alike.map((s) => s.id));
}
