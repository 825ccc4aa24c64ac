/** Owns measuring images that a scorer has not judged yet, synthetic ones above all. */

import { gather } from '../../../core/difficulty/probe.ts';
import type { JobResult } from '../../../shared/jobs/index.ts';
import {
  addScores,
  currentScorerId,
  excludedImages,
  type WorkImage,
  workImages,
} from '../../catalog/index.ts';
import { atFirst } from '../at-first.ts';
import { featuresOf } from '../embedding.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { openJudge, scorerFor } from '../judge.ts';
import { finishMarking, markMeasured } from '../measured-png.ts';

const BATCH = 256;

export const rescoreBody: JobBody<'rescore'> = async (ctx) => {
  const { catalog, params, signal } = ctx;
  const scorerId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null) throw new Error('rescore: nothing is scored yet; score the dataset first');
  const scorer = scorerFor(catalog, params.datasetId, scorerId, 'rescore');
  const judge = await openJudge(catalog, scorer, ctx.runtime);
  await judge.close(); // only its arithmetic is needed; featuresOf opens the encoder where features are missing
  await finishMarking(ctx, scorer);
  const all = workImages(catalog, params.datasetId);
  const images = await ctx.originals.check(all);
  const made = (some: readonly WorkImage[]) => some.filter(({ origin }) => origin === 'synthetic').length;
  if (made(all) > 0 && made(images) === 0)
    throw new Error(
      `rescore: none of the ${made(all)} generated images is as it was made; put their files back, or generate again`,
    );
  const { images: seen, vectors, dim } = await featuresOf(ctx, scorer.modelId, images, judge.column);
  const ids = seen.map(({ id }) => id);
  const known = new Set(catalog.column<number>('SELECT image_id FROM scores WHERE scorer_id = ?', scorerId));
  const knownAtFirst = atFirst(ctx, () => known.size);
  const excluded = excludedImages(catalog, params.datasetId);
  const rows = [...ids.keys()].filter((row) => !known.has(ids[row]) && !excluded.has(ids[row]));
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
  return { scorerId, measured: known.size + rows.length - knownAtFirst, ...syntheticFigures(ctx, scorerId) };
};

/** How far the generated images came out as they were asked for. */
function syntheticFigures(
  ctx: JobContext<'rescore'>,
  scorerId: number,
): Omit<JobResult<'rescore'>, 'scorerId' | 'measured'> {
  const row = ctx.catalog.get<{
    n: number;
    agreement: number | null;
    measured: number | null;
    requested: number | null;
  }>(
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
