/**
 * Owns the export of filtered images as an ImageFolder with metadata.jsonl. The list of images is fixed at the
 * start and kept in the checkpoint, so that a resumed export adds the same images in the same order. Scores alone:
 * export-scores.ts.
 */
import { basename } from 'node:path';
import { classesOf, currentScorerId, exportedRow, imageIds, workImages } from '../../../catalog/index.ts';
import { type ExportWriter, openExport, resumeExport } from '../../../datasets/export-writer.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import { UnusableImage, type UsableImage } from '../../../jobs/originals.ts';
import { exportScores } from './export-scores.ts';

type Figures = Record<'images' | 'real' | 'synthetic', number>;

export const exportBody: JobBody<'export'> = async (ctx) => {
  const { format } = ctx.params;
  return format === 'imagefolder' ? await exportImages(ctx) : await exportScores(ctx, format);
};

const exportImages: JobBody<'export'> = async (ctx) => {
  const { catalog, params, signal, originals } = ctx;
  const id = `crux-${ctx.job.id}-${ctx.job.createdAt}`;
  let ids = ctx.readCheckpoint<Uint32Array>();
  let writer: ExportWriter | null = null;
  const resumed = await resumeExport(params.out, id); // also where the checkpoint is lost
  if (resumed.state === 'committed') {
    const { outDir, files, bytes } = resumed.summary;
    const counted = ctx.readCheckpoint<Figures>({
      name: 'figures',
      apart: 'how many images are real and how many synthetic is not known any more',
    });
    ctx.progress({ stage: 'finishing', done: files, total: files });
    return { out: outDir, ...(counted ?? { images: files }), bytes };
  }
  if (resumed.state === 'open') writer = resumed.writer;
  if (!ids) {
    // What a person rejected or excluded leaves only if just that is asked for.
    const withoutRejected = params.filter.decision !== 'reject';
    ids = imageIds(catalog, params.datasetId, { ...params.filter, withoutRejected }, 'path');
    if (ids.length === 0) throw new Error('export: no image fits the filter; widen it');
    ctx.writeCheckpoint(ids); // before anything is written beside OUT: a resume must know that it is one
  }
  const scorerId = currentScorerId(catalog, params.datasetId);
  const figures: Figures = { images: 0, real: 0, synthetic: 0 };
  try {
    const wanted = new Map(workImages(catalog, params.datasetId).map((image) => [image.id, image]));
    // In the order of the list; what has left the catalog meanwhile is in no export of it.
    const listed = Array.from(ids).flatMap((imageId) => wanted.get(imageId) ?? []);
    const images = await originals.check(listed);
    writer ??= await openExport(params.out, { id });
    ctx.progress({ stage: 'copying images', done: 0, total: images.length });
    for (const [at, image] of images.entries()) {
      signal.throwIfAborted();
      if (await place(ctx, writer, image, scorerId)) {
        figures.images++;
        figures[image.origin]++;
      }
      ctx.progress({ done: at + 1 });
    }
    if (figures.images === 0)
      throw new Error('export: no image is as it was imported; import the folder again');
    ctx.progress({ stage: 'finishing' });
    ctx.writeCheckpoint(figures, 'figures'); // for a resume after the commit, which looks at no image again
    const { outDir, bytes } = await writer.commit(
      classesOf(catalog, params.datasetId).map(({ name }) => name),
    );
    return { out: outDir, ...figures, bytes };
  } catch (error) {
    // A stopped job keeps what it copied for its resume; a failed one that nobody resumes leaves nothing visible.
    await writer?.suspend();
    throw error;
  }
};

/** Writes the very bytes that were compared with the catalog. @returns false where they are others by now. */
async function place(
  ctx: JobContext<'export'>,
  writer: ExportWriter,
  image: UsableImage,
  scorerId: number | null,
): Promise<boolean> {
  const row = exportedRow(ctx.catalog, image.id, scorerId);
  const made = row.provenance === null ? null : JSON.parse(row.provenance);
  let bytes: Uint8Array;
  try {
    bytes = await ctx.originals.read(image);
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error; // a full disk is no reason to leave images out
    ctx.log('warn', `${error.message} It is not in the export.`);
    return false;
  }
  await writer.add({
    label: row.label,
    split: row.split,
    name: basename(image.path),
    bytes,
    metadata: {
      ...(row.caption === null ? {} : { caption: row.caption }),
      origin: image.origin,
      difficulty: row.difficulty,
      requested_difficulty: row.requested,
      review: row.decision,
      seed: made?.seed ?? null,
      recipe: made?.recipe ?? null,
      source_path: image.path,
    },
  });
  return true;
}
