/** Owns layouts with class folders on top, and images without any. */
import { displayName } from '../../files/fs-names.ts';
import { classNamer, isKohya } from './class-names.ts';
import {
  below,
  findWithin,
  isContainer,
  type Layout,
  nowhere,
  type Outline,
  type Plan,
  soleFolder,
} from './layout.ts';
import { splitsOfNames } from './split-names.ts';

const planOf = ({ folders }: Outline): Plan => {
  const label = classNamer(folders);
  return {
    place: ([name]) => (name === undefined ? nowhere : { label: label(name), split: null }),
    warnings: [],
  };
};

export const kohya: Layout = {
  id: 'kohya',
  title: 'kohya training folders',
  reads:
    '10_shs cat/1.png: the class is what follows the number, which is how often an epoch repeats the folder and is not used.',
  find: (root) =>
    findWithin(root, (folder) =>
      isKohya(folder.folders) ? { ...planOf(folder), unused: repeatsOf(folder) } : null,
    ),
};

const repeatsOf = ({ folders }: Outline) => ({
  what: 'Repeats of folders, which are a setting of training',
  names: folders.map(({ name }) => displayName(name)),
});

export const classFolders: Layout = {
  id: 'class',
  title: 'Class folders',
  reads:
    'cat/1.jpg, dog/deep/2.jpg: the class is the first folder; images beside the class folders get no class.',
  find(root) {
    const prefix: string[] = [];
    let folder = root;
    // A folder that holds everything and says nothing, or repeats the name of the one above it.
    for (let sole = soleFolder(folder); sole && saysNothing(sole, folder); sole = soleFolder(folder)) {
      prefix.push(sole.name);
      folder = sole;
    }
    if (folder.folders.length === 0) return null;
    const plan = below(prefix, planOf(folder));
    plan.warnings.push(...doubts(folder));
    return plan;
  },
};

const saysNothing = (sole: Outline, parent: Outline): boolean => {
  if (isContainer(sole.name)) return true;
  const same = (other: Outline | null) => other?.name.toLowerCase() === sole.name.toLowerCase();
  return sole.folders.length > 0 && (same(parent) || same(soleFolder(sole)));
};

function doubts({ images, folders }: Outline): string[] {
  const doubts: string[] = [];
  const splits = [...splitsOfNames(folders.map(({ name }) => name)).keys()];
  if (splits.length > 0)
    doubts.push(
      `${splits.map(displayName).join(', ')} ${splits.length === 1 ? 'looks like a split but lies' : 'look like splits but lie'} beside other folders with images: all were taken for classes`,
    );
  if (!images && folders.length === 1 && folders[0].folders.length > 0)
    doubts.push(
      `everything lies in one folder, ${displayName(folders[0].name)}, taken for the only class; if its folders are the classes, choose that folder instead`,
    );
  return doubts;
}

export const flat: Layout = {
  id: 'flat',
  title: 'Images without class folders',
  reads: '1.jpg, or images/1.jpg: no class, unless a metadata file names one.',
  find: () => ({ place: () => nowhere, warnings: [] }),
};
