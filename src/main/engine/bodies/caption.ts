/** Owns captions: by rule (a template with the class name in it) or by a captioning model that the user has. */
import {
  activeCaptions,
  addCaption,
  type Catalog,
  listModelRows,
  newestCaption,
  type WorkImage,
  workImages,
} from '../../catalog/index.ts';
import { preparedPixels } from '../../images/prepare.ts';
import { atFirst } from '../../jobs/at-first.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';
import { UnusableImage } from '../../jobs/originals.ts';
import { captionerWanted, openCaptioner } from '../../models/captioner.ts';
import { findModel } from '../../models/registry.ts';

const BATCH = 500;
/** Written or brought by a person, or the very prompt of a generated image: replaced only on request. */
const KEPT = new Set(['person', 'import', 'prompt']);
const PLACEHOLDER = '[CLS]';

interface Row extends WorkImage {
  /** The active caption; null: there is none. */
  text: string | null;
  source: string | null;
  /** Made by this job before it was stopped. */
  ours: boolean;
}

function rowsOf(catalog: Catalog, datasetId: number, newestAtFirst: number): Row[] {
  const captions = activeCaptions(catalog, datasetId);
  const captionOf = new Map(captions.map((c) => [c.id, c]));
  return workImages(catalog, datasetId).map((image) => {
    const caption = captionOf.get(image.id);
    const ours = caption !== undefined && caption.captionId > newestAtFirst;
    return { ...image, text: caption?.text ?? null, source: caption?.source ?? null, ours };
  });
}

export const captionBody: JobBody<'caption'> = async (ctx) => {
  const { catalog, params } = ctx;
  const newestAtFirst = atFirst(ctx, () => newestCaption(catalog));
  const rows = rowsOf(catalog, params.datasetId, newestAtFirst);
  return params.method === 'model' ? await byModel(ctx, rows) : await byTemplate(ctx, rows);
};

const kept = (row: Row, overwrite: boolean) => row.source !== null && KEPT.has(row.source) && !overwrite;

async function byTemplate(ctx: JobContext<'caption'>, rows: readonly Row[]) {
  const { catalog, params, signal } = ctx;
  const figures = { captioned: 0, unchanged: 0, kept: 0, unlabelled: 0 };
  const needsClass = params.template.includes(PLACEHOLDER);
  ctx.progress({ stage: 'writing captions', done: 0, total: rows.length });
  for (let at = 0; at < rows.length; at += BATCH) {
    signal.throwIfAborted();
    catalog.write(() => {
      for (const row of rows.slice(at, at + BATCH)) {
        const text = params.template.replaceAll(PLACEHOLDER, () => row.className ?? '');
        if (needsClass && row.className === null) figures.unlabelled++;
        else if (row.text === text) figures[row.ours ? 'captioned' : 'unchanged']++;
        else if (kept(row, params.overwrite)) figures.kept++;
        else {
          addCaption(catalog, row.id, text, 'template');
          figures.captioned++;
        }
      }
    });
    ctx.progress({ done: Math.min(rows.length, at + BATCH) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return figures;
}

/** One image after the other, each stored at once; captions that this model made before are not made again. */
async function byModel(ctx: JobContext<'caption'>, rows: readonly Row[]) {
  const { catalog, params, signal } = ctx;
  const newest = listModelRows(catalog).findLast((model) => model.kind === 'captioner');
  const modelId = params.modelId ?? newest?.id;
  if (!modelId) {
    throw new Error(
      `caption: there is no captioning model yet, which would describe each image in words; add ${captionerWanted} under Settings or with "crux models add", or use the template`,
    );
  }
  const model = findModel(catalog, modelId, 'captioner');
  const captioner = await openCaptioner(model.path, ctx.runtime);
  const figures = { captioned: 0, unchanged: 0, kept: 0 };
  const wanted = rows.filter((row) => {
    if (row.source === model.name) figures[row.ours ? 'captioned' : 'unchanged']++;
    else if (kept(row, params.overwrite)) figures.kept++;
    else return true;
    return false;
  });
  try {
    const usable = await ctx.originals.check(wanted);
    ctx.progress({ stage: 'describing images', done: 0, total: usable.length });
    for (const [i, row] of usable.entries()) {
      signal.throwIfAborted();
      try {
        const pixels = await preparedPixels(await ctx.originals.read(row), captioner.preprocessing);
        addCaption(catalog, row.id, await captioner.caption(pixels), model.name);
        figures.captioned++;
      } catch (error) {
        if (!(error instanceof UnusableImage)) throw error;
        ctx.log('warn', `${error.message} It gets no caption.`);
      }
      ctx.progress({ done: i + 1 });
    }
  } finally {
    await captioner.close();
  }
  return figures;
}
