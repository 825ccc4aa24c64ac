/** Owns measuring images that a scorer has not judged yet, synthetic ones above all. */

import { gather } from '../../../../core/difficulty/probe.ts';
import type { JobResult } from '../../../../shared/jobs/index.ts';
import {
  addScores,
  currentScorerId,
  excludedImages,
  scoredImages,
  syntheticMeans,
  type WorkImage,
  workImages,
} from '../../../catalog/index.ts';
import { atFirst } from '../../../jobs/at-first.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import { featuresOf } from '../../../scorers/embedding.ts';
import { openJudge, scorerFor } from '../../../scorers/judge.ts';
import { finishMarking, markMeasured } from './measured-png.ts';

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
  const known = scoredImages(catalog, scorerId);
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
  const row = syntheticMeans(ctx.catalog, scorerId);
  if (row.n === 0) return { synthetic: 0 };
  return {
    synthetic: row.n,
    agreement: row.agreement,
    meanMeasuredDifficulty: row.measured,
    meanRequestedDifficulty: row.requested,
  };
}
