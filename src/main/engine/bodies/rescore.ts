/** Owns measuring images that a scorer has not judged yet, synthetic ones above all. */

import { gather } from '../../../core/difficulty/probe.ts';
import {
  addScores,
  classesOf,
  currentScorerId,
  getScorer,
  loadEmbeddings,
  type StoredScorer,
} from '../../catalog/index.ts';
import { labelColumns, softmaxOfColumns } from '../class-probabilities.ts';
import { embedMissing } from '../embedding.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { markMeasured } from '../measured-png.ts';
import { openEncoder } from '../models/registry.ts';
import { meanProbabilities, restoreProbes } from '../probe-store.ts';

const BATCH = 256;

export const rescoreBody: JobBody<'rescore'> = async (ctx) => {
  const { catalog, params, signal } = ctx;
  const scorerId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null) throw new Error('rescore: nothing is scored yet; score the dataset first');
  const scorer = getScorer(catalog, scorerId);
  if (scorer.datasetId !== params.datasetId)
    throw new Error(`rescore: scorer ${scorerId} belongs to another dataset; choose one of this dataset`);
  if (scorer.method === 'precomputed')
    throw new Error(
      'rescore: given probabilities cannot measure new images; score with a probe or a classifier first',
    );

  const judge = await judgeOf(ctx, scorer);
  const { set } = await embedMissing(ctx, params.datasetId, scorer.modelId);
  if (set.modelHash !== scorer.modelHash)
    throw new Error(`rescore: ${scorer.modelName} has changed since it scored; score the dataset again`);
  const { ids, vectors, dim } = loadEmbeddings(catalog, set, { which: judge.column });
  const known = new Set(catalog.column<number>('SELECT image_id FROM scores WHERE scorer_id = ?', scorerId));
  const rows = Array.from(ids.keys()).filter((row) => !known.has(ids[row]));
  ctx.progress({ stage: 'measuring difficulty', done: 0, total: rows.length });
  for (let at = 0; at < rows.length; at += BATCH) {
    signal.throwIfAborted();
    const some = rows.slice(at, at + BATCH);
    const probabilities = judge.probabilities(gather(vectors, dim, some), some.length, dim);
    addScores(catalog, scorerId, { imageIds: some.map((row) => ids[row]), probabilities });
    ctx.progress({ done: at + some.length });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await markMeasured(ctx, scorer);
  return { scorerId, measured: rows.length, ...syntheticFigures(ctx, scorerId) };
};

interface Judge {
  column: 'vector' | 'logits';
  /** x: f32[n,dim] of that column -> f32[n,k] */
  probabilities(x: Float32Array, n: number, dim: number): Float32Array;
}

async function judgeOf(ctx: JobContext<'rescore'>, scorer: StoredScorer): Promise<Judge> {
  if (scorer.probes) {
    const probes = restoreProbes(scorer.probes);
    return { column: 'vector', probabilities: (x, n) => meanProbabilities(probes, x, n) };
  }
  const encoder = await openEncoder(ctx.catalog, scorer.modelId, ctx.runtime);
  await encoder.close();
  const nameOf = new Map(classesOf(ctx.catalog, scorer.datasetId).map((c) => [c.id, c.name]));
  const columns = labelColumns(
    scorer.classIds.map((id) => nameOf.get(id) ?? ''),
    encoder.labels,
    encoder.name,
  );
  return { column: 'logits', probabilities: (x, n, dim) => softmaxOfColumns(x, n, dim, columns) };
}

/** How far the generated images came out as they were asked for. */
function syntheticFigures(ctx: JobContext<'rescore'>, scorerId: number): Record<string, unknown> {
  const row = ctx.catalog.get<{ n: number; agreement: number; measured: number; requested: number | null }>(
    `SELECT COUNT(*) AS n, AVG(s.predicted_class_id = i.class_id) AS agreement, AVG(s.difficulty) AS measured,
       AVG(g.requested_difficulty) AS requested
     FROM scores s JOIN images i ON i.id = s.image_id JOIN synthetic_samples g ON g.image_id = i.id
     WHERE s.scorer_id = ? AND i.present = 1`,
    scorerId,
  )!;
  if (row.n === 0) return { synthetic: 0 };
  return {
    synthetic: row.n,
    agreement: row.agreement,
    meanMeasuredDifficulty: row.measured,
    meanRequestedDifficulty: row.requested,
  };
}
