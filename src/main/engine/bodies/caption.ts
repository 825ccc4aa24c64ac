/** Owns captions made by rule: a template with the class name in it. */
import { addCaption } from '../../catalog/index.ts';
import type { JobBody } from '../job-context.ts';

const BATCH = 500;
/** Written or brought by a person, or the very prompt of a generated image: replaced only on request. */
const KEPT = new Set(['person', 'import', 'prompt']);
const PLACEHOLDER = '[CLS]';

export const captionBody: JobBody<'caption'> = async (ctx) => {
  const { catalog, params, signal } = ctx;
  if (params.method === 'model') {
    throw new Error(
      'caption: no captioning model is installed, and this version of Crux cannot run one yet; use --method template, or write captions by hand',
    );
  }
  const rows = catalog.all<{ id: number; name: string | null; text: string | null; source: string | null }>(
    `SELECT i.id, k.name, c.text, c.source FROM images i LEFT JOIN classes k ON k.id = i.class_id
     LEFT JOIN captions c ON c.id = i.caption_id WHERE i.dataset_id = ? AND i.present = 1 ORDER BY i.id`,
    params.datasetId,
  );
  const figures = { captioned: 0, unchanged: 0, kept: 0, unlabelled: 0 };
  const needsClass = params.template.includes(PLACEHOLDER);
  ctx.progress({ stage: 'writing captions', done: 0, total: rows.length });
  for (let at = 0; at < rows.length; at += BATCH) {
    signal.throwIfAborted();
    catalog.write(() => {
      for (const row of rows.slice(at, at + BATCH)) {
        const text = params.template.replaceAll(PLACEHOLDER, () => row.name ?? '');
        if (needsClass && row.name === null) figures.unlabelled++;
        else if (row.text === text) figures.unchanged++;
        else if (row.source !== null && KEPT.has(row.source) && !params.overwrite) figures.kept++;
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
};
