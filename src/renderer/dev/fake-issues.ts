/** Owns made-up label issues and duplicates. Never part of the product. */
import type { ImageDetail } from '../../shared/domain/image.ts';
import { type CheckState, confirmedLabelTag, type IssuesView } from '../../shared/issues.ts';
import { classNames, scorer } from './fake-data.ts';

/** The real images at these places are suspected: their labels were those of the next class when they were found. */
const suspects = [3, 14, 25, 36, 47];
/** Pairs of places that show the same picture; the first pair lies across train and test. */
const pairs = [
  [5, 15],
  [8, 9],
];

const given = new WeakMap<ImageDetail, number>();

export function issuesOf(images: readonly ImageDetail[]): IssuesView {
  const real = images.filter(({ origin }) => origin === 'real');
  const shown = suspects.flatMap((place) => real[place] ?? []);
  for (const image of shown) if (!given.has(image)) given.set(image, image.classId!);
  const stateOf = (image: ImageDetail): CheckState => {
    if (image.decision === 'reject') return 'excluded';
    if (image.classId !== given.get(image)) return 'changed';
    return image.tags.includes(confirmedLabelTag) ? 'confirmed' : 'open';
  };
  return {
    datasetId: 1,
    jobId: 3,
    finishedAt: Date.UTC(2026, 10, 20, 9, 40),
    scorer: { id: scorer.id, name: scorer.name, method: scorer.method },
    encoder: { name: scorer.modelName, hash: scorer.modelHash },
    similarity: 0.9951,
    images: real.length,
    noise: 0.021,
    hard: 37,
    confirmed: 0,
    issues: shown.map((image, rank) => {
      const own = given.get(image)!;
      const suggestedClassId = (own % classNames.length) + 1;
      const selfConfidence = 0.01 + 0.02 * rank;
      const suggestedProbability = 0.95 - 0.1 * rank;
      return {
        imageId: image.id,
        path: image.path,
        given: classNames[own - 1],
        givenClassId: own,
        suggested: classNames[suggestedClassId - 1],
        suggestedClassId,
        selfConfidence,
        suggestedProbability,
        difficulty: 1 - selfConfidence,
        normalisedMargin: (selfConfidence - suggestedProbability + 1) / 2,
        logOdds: Math.log(suggestedProbability / selfConfidence),
        state: stateOf(image),
        className: image.className,
      };
    }),
    pairs: [{ given: classNames[3], suggested: classNames[4], count: 6 }],
    duplicates: pairs.flatMap((pair, at) => {
      const both = pair.flatMap((place) => real[place] ?? []);
      if (both.length < 2) return [];
      return [
        {
          kind: at === 0 ? ('exact' as const) : ('near' as const),
          leaks: at === 0,
          labelsDiffer: both[0].classId !== both[1].classId,
          images: both.map((image, i) => ({
            imageId: image.id,
            path: image.path,
            className: image.className,
            split: i === 0 ? ('train' as const) : at === 0 ? ('test' as const) : ('train' as const),
            similarity: at === 0 ? 1 : 0.9968,
            excluded: image.decision === 'reject',
          })),
        },
      ];
    }),
  };
}
