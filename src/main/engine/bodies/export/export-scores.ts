/**
 * Owns the export of a scorer's judgement as one file, which other tools read and an import takes back: class
 * probabilities, difficulty and most probable class of each image. The catalog keeps the probabilities of every scorer.
 */
import { existsSync } from 'node:fs';
import type { ScoreFormat } from '../../../../shared/jobs/export.ts';
import { classesOf, currentScorerId, imageIds, type ScoreRow, scoreRows } from '../../../catalog/index.ts';
import { npzOfScores } from '../../../datasets/score-files/npz.ts';
import { csvOfScores, jsonlOfScores } from '../../../datasets/score-files/text.ts';
import { writeWholeFrom } from '../../../files/write-whole.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { scorerOfDataset } from '../../../scorers/judge.ts';

const formats: Record<
  ScoreFormat,
  (classes: string[], rows: AsyncIterable<ScoreRow>) => AsyncIterable<Uint8Array>
> = { csv: csvOfScores, jsonl: jsonlOfScores, npz: npzOfScores };

/** The thread is given back to the event loop after so much work. */
const SLICE_MS = 40;

export async function exportScores(ctx: JobContext<'export'>, format: ScoreFormat) {
  const { catalog, params, log } = ctx;
  const scorerId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null)
    throw new Error('export: the dataset has no scores yet; score it first (crux score DATASET)');
  const scorer = scorerOfDataset(catalog, params.datasetId, scorerId, 'export');
  // A resumed job may meet the file that it wrote itself.
  if (existsSync(params.out) && !params.overwrite && ctx.readCheckpoint() === null)
    throw new Error(`export: ${params.out} exists; choose another name, or allow overwriting (--force)`);
  ctx.writeCheckpoint({ out: params.out });
  const ids = imageIds(catalog, params.datasetId, params.filter, 'path', scorerId);
  if (ids.length === 0) throw new Error('export: no image fits the filter; widen it');
  const nameOf = new Map(classesOf(catalog, params.datasetId).map(({ id, name }) => [id, name]));
  const classes = scorer.classIds.map((id) => nameOf.get(id)!);
  ctx.progress({ stage: 'writing scores', done: 0, total: ids.length });
  const figures = { images: 0, real: 0, synthetic: 0 };
  async function* counted(): AsyncGenerator<ScoreRow, void, void> {
    let since = performance.now();
    for (const row of scoreRows(catalog, scorer, ids)) {
      ctx.signal.throwIfAborted();
      figures.images++;
      figures[row.origin]++;
      ctx.progress({ done: figures.images });
      yield row;
      if (performance.now() - since < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    if (figures.images === 0)
      throw new Error(`export: ${scorer.name} has judged none of these images; choose another scorer`);
  }
  const bytes = await writeWholeFrom(params.out, formats[format](classes, counted()));
  const without = ids.length - figures.images;
  if (without > 0)
    log(
      'warn',
      `${without} ${without === 1 ? 'image has' : 'images have'} no score by ${scorer.name} and ${without === 1 ? 'is' : 'are'} not in the file`,
    );
  return { out: params.out, ...figures, classes: classes.length, withoutScore: without, bytes };
}
