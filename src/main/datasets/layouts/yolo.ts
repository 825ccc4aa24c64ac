/** Owns datasets of boxes as YOLO's tools lay them out: images/ beside labels/, with splits above or below. */
import type { Split } from '../fields.ts';
import { findWithin, type Layout, nowhere, type Outline, type Plan } from './layout.ts';
import { splitsOfNames } from './split-names.ts';

const named = (name: string, wanted: string): boolean => name.toLowerCase() === wanted;

/** Its folder "images", where there is a folder "labels" without images beside it. */
const imagesBesideLabels = ({ folders, empty }: Outline): Outline | null =>
  empty.some((name) => named(name, 'labels'))
    ? (folders.find(({ name }) => named(name, 'images')) ?? null)
    : null;

const WARNING =
  'YOLO layout: its labels are boxes, of which an image may have several. The images were imported without classes; import one class per image with a manifest, or crops of the boxes in class folders';

const plan = (splitOf: (folders: readonly string[]) => Split | null): Plan => ({
  place: (folders) => (folders.length === 0 ? nowhere : { label: null, split: splitOf(folders) }),
  aside: (folders) =>
    folders.some((name) => named(name, 'labels')) ? 'Files with boxes (YOLO labels)' : null,
  warnings: [WARNING],
});

function splitsOf({ folders }: Outline): ReadonlyMap<string, Split> | null {
  const splits = splitsOfNames(folders.map(({ name }) => name));
  return splits.size === folders.length ? splits : null;
}

export const yolo: Layout = {
  id: 'yolo',
  title: 'YOLO boxes',
  reads:
    'images/train/1.jpg beside labels/train/1.txt, or train/images beside train/labels: images get their split and no class, because boxes are not classes of images.',
  find: (root) =>
    findWithin(root, (folder) => {
      const images = imagesBesideLabels(folder);
      if (images) {
        const splits = splitsOf(images);
        return splits && plan(([, name]) => splits.get(name) ?? null);
      }
      const splits = splitsOf(folder);
      if (!splits || splits.size === 0 || !folder.folders.every(imagesBesideLabels)) return null;
      return plan(([name]) => splits.get(name) ?? null);
    }),
};
