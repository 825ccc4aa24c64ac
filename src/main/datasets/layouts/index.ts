/** Owns the one table of layouts: the first that fits is how a folder is read. docs/formats.md is written from it. */
import { classFolders, flat, kohya } from './classes.ts';
import { hubCache } from './hub-cache.ts';
import type { Layout, Outline, Plan } from './layout.ts';
import { classSplit, splitClass, splitOnly } from './splits.ts';
import { yolo } from './yolo.ts';

const insideOf: Layout[] = [yolo, kohya, splitClass, splitOnly, classSplit, classFolders, flat];

/** Read beside any of the others. */
const besides: Layout[] = [
  {
    id: 'metadata',
    title: 'Hugging Face ImageFolder metadata',
    reads:
      'metadata.jsonl, metadata.csv or metadata.parquet in any folder: file_name (from that folder on), and label, split, caption (text, prompt) and probabilities where there; class names of numbers come from README.md, dataset_infos.json or the Parquet file.',
  },
  {
    id: 'sidecars',
    title: 'Caption files',
    reads:
      '1.txt or 1.caption beside 1.jpg: its first line is the caption; files of numbers (boxes) are not used.',
  },
];

export const layouts: readonly Layout[] = [
  hubCache((root) => planIn(insideOf, root).plan),
  ...insideOf,
  ...besides,
];

export const findLayout = (root: Outline): { layout: Layout; plan: Plan } => planIn(layouts, root);

function planIn(table: readonly Layout[], root: Outline): { layout: Layout; plan: Plan } {
  for (const layout of table) {
    const plan = layout.find?.(root);
    if (plan) return { layout, plan };
  }
  throw new Error('layouts: none fits, not even images without class folders');
}
