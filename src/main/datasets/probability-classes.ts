/**
 * Owns fitting the names that probabilities came by to the dataset's classes, in what an import says: names in other letter
 * case are the classes'; others are told, and scoring keeps the share of the dataset's classes.
 */

import { displayName } from '../files/fs-names.ts';
import { NO_SHARE, namesApart } from './class-probabilities.ts';
import type { FoundImage } from './found.ts';
import type { Tally } from './tally.ts';

/** Renames probabilities of `images`, and tells what does not fit. @returns whether an image's can be scored with. */
export function matchClasses(
  images: readonly FoundImage[],
  classes: readonly string[],
  tally: Tally,
): (image: FoundImage) => boolean {
  if (classes.length === 0) return () => true; // nobody knows yet
  const known = new Set(classes);
  const byLetters = classesByLetters(classes);
  const given = new Set<string>();
  for (const image of images) {
    const { probabilities } = image;
    if (!probabilities || Array.isArray(probabilities)) continue;
    const fitted: Record<string, number> = {};
    for (const [name, p] of Object.entries(probabilities)) {
      const match = known.has(name) ? name : byLetters.get(name.toLowerCase());
      const taken = match === undefined || (match !== name && (match in probabilities || match in fitted));
      const fit = taken ? name : match;
      if (fit !== name)
        tally.used('Probabilities by names in other letter case', displayName(`${name} for ${fit}`));
      fitted[fit] = p;
      given.add(fit);
    }
    image.probabilities = fitted;
  }
  const apart = namesApart(classes, given);
  if (apart === null)
    for (const name of given) if (!known.has(name)) tally.unused(OTHER_CLASSES, displayName(name));
  return ({ relativePath, probabilities = {} }) => {
    const share = Object.entries(probabilities).some(([name, p]) => p > 0 && known.has(name));
    if (apart !== null) tally.unused(apart, displayName(relativePath));
    else if (!share) tally.unused(NO_SHARE, displayName(relativePath));
    return apart === null && share;
  };
}

const OTHER_CLASSES =
  'Classes with probabilities that the dataset does not have (scores bring the others to a sum of 1)';

/** Without those that differ by letter case alone. */
function classesByLetters(classes: readonly string[]): ReadonlyMap<string, string | undefined> {
  const byLetters = new Map<string, string | undefined>();
  for (const name of classes) {
    const letters = name.toLowerCase();
    byLetters.set(letters, byLetters.has(letters) ? undefined : name);
  }
  return byLetters;
}
