/** Owns layouts with split folders on top: train/cat/1.jpg, and train/1.jpg where there are no classes. */

import { displayName } from '../../files/fs-names.ts';
import type { Split } from '../fields.ts';
import { classNamer } from './class-names.ts';
import {
  findWithin,
  isContainer,
  type Layout,
  nowhere,
  type Outline,
  type Plan,
  soleFolder,
} from './layout.ts';
import { splitsOfNames } from './split-names.ts';

/** One split folder. `skip`: levels below it that repeat its name or say nothing. */
interface SplitFolder {
  split: Split;
  skip: number;
  /** What lies below those levels. */
  inner: Outline;
}

interface Found {
  folders: Map<string, SplitFolder>;
  /** Folders beside the splits that are none. */
  others: string[];
  classes: boolean;
}

/** null where the siblings do not make it plain. */
function splitsIn(folder: Outline): Found | null {
  const splits = splitsOfNames(folder.folders.map(({ name }) => name));
  const others = folder.folders.filter(({ name }) => !splits.has(name));
  const tops = folder.folders.filter(({ name }) => splits.has(name));
  if (tops.length === 0 || (others.length > 0 && !plainBeside(tops, others, splits))) return null;
  const doubled = tops.map((top) => doubledIn(top));
  const allDoubled = doubled.every((inner) => inner !== null);
  const folders = new Map<string, SplitFolder>();
  for (const [i, top] of tops.entries()) {
    const strip = doubled[i] !== null && (allDoubled || doubled[i].folders.length > 0);
    const inner = strip ? doubled[i]! : top;
    folders.set(top.name, { split: splits.get(top.name)!, skip: strip ? 1 : 0, inner });
  }
  stripContainer([...folders.values()]);
  const classes = [...folders.values()].some(({ inner }) => inner.folders.length > 0);
  return { folders, others: others.map(({ name }) => name), classes };
}

/** train/ and test/ hold folders of the same names, and what lies beside them holds none of these: they are no classes. */
function plainBeside(tops: Outline[], others: Outline[], splits: ReadonlyMap<string, Split>): boolean {
  const inner = (top: Outline) => new Set((doubledIn(top) ?? top).folders.map(({ name }) => name));
  const shared = tops
    .flatMap((top) => [...inner(top)])
    .filter(
      (name) => new Set(tops.filter((t) => inner(t).has(name)).map((t) => splits.get(t.name))).size > 1,
    );
  return (
    shared.length > 0 && others.every((other) => !other.folders.some(({ name }) => shared.includes(name)))
  );
}

/** seg_train/seg_train: the folder within, of the same name. */
function doubledIn(top: Outline): Outline | null {
  const inner = soleFolder(top);
  return inner?.name.toLowerCase() === top.name.toLowerCase() ? inner : null;
}

/** train/images/cat, test/images/dog: a level of one name that says nothing. */
function stripContainer(folders: SplitFolder[]): void {
  const soles = folders.map(({ inner }) => soleFolder(inner));
  const names = new Set(soles.map((sole) => sole?.name));
  if (names.size !== 1 || !soles[0] || !isContainer(soles[0].name)) return;
  for (const [i, folder] of folders.entries()) {
    folder.inner = soles[i]!;
    folder.skip++;
  }
}

function planOf(found: Found): Plan {
  const label = classNamer([...found.folders.values()].flatMap(({ inner }) => inner.folders));
  return {
    place(folders) {
      const top = folders.length > 0 ? found.folders.get(folders[0]) : undefined;
      if (!top) return nowhere;
      const name = found.classes ? folders[1 + top.skip] : undefined;
      return { label: name === undefined ? null : label(name), split: top.split };
    },
    warnings:
      found.others.length > 0
        ? [
            `${found.others.map(displayName).join(', ')} beside the split folders: imported without a split and without a class`,
          ]
        : [],
  };
}

const finder = (classes: boolean) => (root: Outline) =>
  findWithin(root, (folder) => {
    const found = splitsIn(folder);
    return found && found.classes === classes ? planOf(found) : null;
  });

export const splitClass: Layout = {
  id: 'split/class',
  title: 'Split folders with class folders inside',
  reads:
    'train/cat/1.jpg: split words alone (train, val, test), with words that say nothing (training_set, train2017), or as the only difference of sibling names (seg_train, seg_test); a repeated folder (train/train/cat) counts once.',
  find: finder(true),
};

export const splitOnly: Layout = {
  id: 'split',
  title: 'Split folders without classes',
  reads: 'train/1.jpg: images get a split and no class.',
  find: finder(false),
};

export const classSplit: Layout = {
  id: 'class/split',
  title: 'Class folders with split folders inside',
  reads: 'cat/train/1.jpg, where every class folder holds nothing but split folders.',
  find: (root) =>
    findWithin(root, ({ folders }) => {
      if (folders.length < 2) return null;
      const splits = new Set<Split>();
      for (const { images, folders: inner } of folders) {
        const named = splitsOfNames(inner.map(({ name }) => name));
        if (images || inner.length === 0 || named.size !== inner.length) return null;
        for (const split of named.values()) splits.add(split);
      }
      if (splits.size < 2) return null;
      const splitsBelow = new Map(
        folders.map(({ name, folders: inner }) => [name, splitsOfNames(inner.map((f) => f.name))]),
      );
      return {
        place: ([name, split]) =>
          name === undefined ? nowhere : { label: name, split: splitsBelow.get(name)?.get(split) ?? null },
        warnings: [],
      };
    }),
};
