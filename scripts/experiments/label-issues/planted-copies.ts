/**
 * Owns the experiment on duplicates: altered copies of some images go into a test folder, the originals lie in train,
 * and what the search finds of them, and beside them, is counted.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { permutation, rngFromSeed } from '../../../src/core/rng.ts';
import type { DuplicateCluster } from '../../../src/shared/issues.ts';
import { crux } from '../crux.ts';

const alterations: Record<string, (file: string) => Promise<Uint8Array>> = {
  'JPEG of quality 60': (file) => sharp(file).jpeg({ quality: 60 }).toBuffer(),
  'half the size': async (file) => {
    const { width } = await sharp(file).metadata();
    return await sharp(file)
      .resize(Math.round(width / 2))
      .png()
      .toBuffer();
  },
  'a tenth brighter': (file) => sharp(file).linear(1.1, 0).png().toBuffer(),
  '5 % cropped off each side': async (file) => {
    const { width, height } = await sharp(file).metadata();
    const [x, y] = [Math.round(0.05 * width), Math.round(0.05 * height)];
    const kept = { left: x, top: y, width: width - 2 * x, height: height - 2 * y };
    return await sharp(file).extract(kept).png().toBuffer();
  },
  mirrored: (file) => sharp(file).flop().png().toBuffer(),
};
export const alterationNames = ['same bytes', ...Object.keys(alterations)];

/** An image of a dataset folder: its file, and its name below a class folder. */
export interface Original {
  file: string;
  label: string;
  name: string;
}

export interface CopyRun {
  title: string;
  images: number;
  copies: number; // of each kind
  similarity: number;
  /** Share of copies in one group with their original, by kind of alteration. */
  found: Record<string, number>;
  /** Groups that hold different originals, or copies of different ones. */
  wrongGroups: number;
  /** All groups with a copy in test and something of train are marked as leaking. */
  leaksMarked: boolean;
}

/** Writes `folder`/copied with train and test, imports it as `copied` into the catalog, and searches it. */
export async function copyAndSearch(
  title: string,
  folder: string,
  originals: readonly Original[],
  model: string | null,
  perKind: number,
  seed: number,
): Promise<CopyRun> {
  const root = join(folder, 'copied');
  const put = (split: string, label: string) => {
    mkdirSync(join(root, split, label), { recursive: true });
    return join(root, split, label);
  };
  for (const { file, label, name } of originals) cpSync(file, join(put('train', label), name));
  const order = permutation(originals.length, rngFromSeed(seed, 'planted copies'));
  let at = 0;
  for (const [kind, name] of alterationNames.entries()) {
    for (let i = 0; i < perKind; i++) {
      const { file, label, name: own } = originals[order[at++]];
      const copy = join(put('test', label), `copy-${kind}-${own}`);
      if (name === 'same bytes') cpSync(file, copy);
      // The extension may lie about the format; what counts is what the bytes say.
      else writeFileSync(copy, await alterations[name](file));
    }
  }
  const catalog = join(folder, 'catalog');
  crux(catalog, ['import', root, '--name', 'copied']);
  const encoder = model ? ['--model', model] : [];
  crux(catalog, ['score', 'copied', ...encoder]);
  const answer = crux(catalog, ['issues', 'copied']) as {
    duplicates: DuplicateCluster[];
    similarity: number;
  };
  return { title, images: originals.length, copies: perKind, ...judge(answer, perKind) };
}

function judge(answer: { duplicates: DuplicateCluster[]; similarity: number }, perKind: number) {
  const found = Object.fromEntries(alterationNames.map((name) => [name, 0]));
  let wrongGroups = 0;
  let leaksMarked = true;
  for (const { images, leaks } of answer.duplicates) {
    const members = images.map(({ path }) => {
      const file = path.split('/').slice(1).join('/');
      const copy = /^(.*\/)copy-(\d+)-(.*)$/.exec(file);
      return copy ? { original: copy[1] + copy[3], kind: Number(copy[2]) } : { original: file, kind: null };
    });
    if (new Set(members.map((m) => m.original)).size > 1) wrongGroups++;
    for (const { original, kind } of members)
      if (kind !== null && members.some((m) => m.kind === null && m.original === original)) {
        found[alterationNames[kind]] += 1 / perKind;
        leaksMarked &&= leaks;
      }
  }
  return { similarity: answer.similarity, found, wrongGroups, leaksMarked };
}
