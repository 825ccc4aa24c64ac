/** Owns taking images at their word, for tests of plans that never look at a file. */
import type { WorkImage } from '../../../src/main/catalog/index.ts';
import type { Originals, UsableImage } from '../../../src/main/jobs/originals.ts';

export const unchecked: Pick<Originals, 'check'> = {
  check: async <Image extends WorkImage>(images: readonly Image[]) => images as (Image & UsableImage)[],
};
