/**
 * Owns the one rule by which folder names are taken for splits. A folder is a split
 *
 *   alone            where its name is a split word: train, Val, TEST (fields.ts lists them);
 *                    or a split word and words that say nothing else: training_set, train2017, validation-images
 *   by its siblings  where all names are alike but for the split word, and name two splits: seg_train, seg_test
 *
 * A name that merely holds such a word is none: "bullet_train", "train station", "test tube", "trainer". Whether the
 * folders beside it make it plain is for splitsAmong to say.
 */
import { type Split, splitOfWord } from '../fields.ts';

/** Words that say nothing of what a folder holds. */
const FILLERS = new Set(
  'set sets data dataset images image imgs img photos pictures pics split folder files'.split(' '),
);

/** 'seg_train2017' -> ['seg', 'train', '2017'] */
const wordsOf = (name: string): string[] => name.toLowerCase().match(/\p{L}+|\p{N}+/gu) ?? [];

/** Of a name with one split word: the split, and the other words. */
function partsOf(name: string): { split: Split; others: string[] } | null {
  const words = wordsOf(name);
  const at = words.flatMap((word, i) => (splitOfWord(word) === null ? [] : [i]));
  if (at.length !== 1) return null;
  return { split: splitOfWord(words[at[0]])!, others: words.filter((_, i) => i !== at[0]) };
}

/** By the name alone. */
export function splitOfName(name: string): Split | null {
  const parts = partsOf(name);
  if (parts === null) return null;
  const saysNothing = parts.others.every((word) => FILLERS.has(word) || /^\p{N}+$/u.test(word));
  return saysNothing ? parts.split : null;
}

/** Name -> split, for those of these siblings whose names say so. */
export function splitsOfNames(names: readonly string[]): Map<string, Split> {
  const splits = new Map<string, Split>();
  for (const name of names) {
    const split = splitOfName(name);
    if (split !== null) splits.set(name, split);
  }
  const alike = new Map<string, [string, Split][]>();
  for (const name of names) {
    const parts = partsOf(name);
    if (parts === null || parts.others.length === 0) continue;
    const key = parts.others.join(' ');
    alike.set(key, [...(alike.get(key) ?? []), [name, parts.split]]);
  }
  for (const group of alike.values())
    if (new Set(group.map(([, split]) => split)).size > 1)
      for (const [name, split] of group) splits.set(name, split);
  return splits;
}
