/**
 * Owns the export of filtered images as an ImageFolder with metadata.jsonl. The list of images is fixed at the
 * start and kept in the checkpoint, so that a resumed export adds the same images in the same order.
 */
import { basename } from 'node:path';
import { currentScorerId, imageIds } from '../../catalog/index.ts';
import { reasonOf } from '../images/decode.ts';
import { type ExportItem, type ExportWriter, openExport, resumeExport } from '../images/export-writer.ts';
import { resolveInRoot } from '../images/fs-names.ts';
import type { JobBody, JobContext } from '../job-context.ts';

interface Row {
  id: number;
  path: string;
  origin: 'real' | 'synthetic';
  label: string | null;
  split: 'train' | 'val' | 'test' | null;
  caption: string | null;
  difficulty: number | null;
  requested: number | null;
  provenance: string | null;
  decision: string | null;
}

export const exportBody: JobBody<'export'> = async (ctx) => {
  const { catalog, params, signal } = ctx;
  const id = `crux-${ctx.job.id}-${ctx.job.createdAt}`;
  let ids = ctx.readCheckpoint<Uint32Array>();
  let writer: ExportWriter | null = null;
  const resumed = await resumeExport(params.out, id); // also where the checkpoint is lost
  if (resumed.state === 'committed') return { out: resumed.summary.outDir, images: resumed.summary.files };
  if (resumed.state === 'open') writer = resumed.writer;
  if (!ids) {
    // What a person rejected or excluded leaves only if just that is asked for.
    const withoutRejected = params.filter.decision !== 'reject';
    ids = imageIds(catalog, params.datasetId, { ...params.filter, withoutRejected }, 'path');
    if (ids.length === 0) throw new Error('export: no image fits the filter; widen it');
    ctx.writeCheckpoint(ids); // before anything is written beside OUT: a resume must know that it is one
  }
  writer ??= await openExport(params.out, { id });
  const root = catalog.value<string>('SELECT root FROM datasets WHERE id = ?', params.datasetId)!;
  const scorerId = currentScorerId(catalog, params.datasetId);
  const figures = { images: 0, real: 0, synthetic: 0, missing: 0 };
  ctx.progress({ stage: 'copying images', done: 0, total: ids.length });
  try {
    for (const [at, imageId] of ids.entries()) {
      signal.throwIfAborted();
      const row = readRow(ctx, imageId, scorerId);
      if (row) await place(ctx, writer, row, root, figures);
      else figures.missing++;
      ctx.progress({ done: at + 1 });
    }
    ctx.progress({ stage: 'finishing' });
    const { outDir, bytes } = await writer.commit();
    return { out: outDir, ...figures, bytes };
  } catch (error) {
    // A stopped job keeps what it copied for its resume; a failed one that nobody resumes leaves nothing visible.
    await writer.suspend();
    throw error;
  }
};

function readRow(ctx: JobContext<'export'>, imageId: number, scorerId: number | null): Row | undefined {
  return ctx.catalog.get<Row>(
    `SELECT i.id, i.path, i.origin, k.name AS label, i.split, c.text AS caption, s.difficulty,
       g.requested_difficulty AS requested, g.provenance, r.decision
     FROM images i LEFT JOIN classes k ON k.id = i.class_id LEFT JOIN captions c ON c.id = i.caption_id
     LEFT JOIN scores s ON s.scorer_id = ? AND s.image_id = i.id
     LEFT JOIN synthetic_samples g ON g.image_id = i.id LEFT JOIN reviews r ON r.image_id = i.id WHERE i.id = ?`,
    scorerId,
    imageId,
  );
}

async function place(
  ctx: JobContext<'export'>,
  writer: ExportWriter,
  row: Row,
  root: string,
  figures: { images: number; real: number; synthetic: number; missing: number },
): Promise<void> {
  const made = row.provenance === null ? null : JSON.parse(row.provenance);
  const item: ExportItem = {
    label: row.label,
    split: row.split,
    name: basename(row.path),
    source: { file: row.origin === 'real' ? resolveInRoot(root, row.path) : ctx.catalog.file(row.path) },
    metadata: {
      ...(row.caption === null ? {} : { caption: row.caption }),
      origin: row.origin,
      difficulty: row.difficulty,
      requested_difficulty: row.requested,
      review: row.decision,
      seed: made?.seed ?? null,
      recipe: made?.recipe ?? null,
      source_path: row.path,
    },
  };
  try {
    await writer.add(item);
    figures.images++;
    figures[row.origin]++;
  } catch (error) {
    const reason = reasonOf(error); // a full disk is no reason to leave images out
    figures.missing++;
    ctx.log('warn', `${row.path}: ${reason}; it is not in the export`);
  }
}
