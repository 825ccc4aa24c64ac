/** Owns two scorers of one dataset side by side, on the real images that both have judged. */
import { type Agreement, compareScorers } from '../../core/difficulty/compare-scorers.ts';
import type { AgreementFigures, CorrelationFigure, ScorerComparison } from '../../shared/scorers.ts';
import { classesOf, listScorers } from './datasets.ts';
import { type Catalog, CatalogError, notFound } from './open.ts';
import { excludedImages } from './review.ts';
import { calibrationBasis } from './scorer-calibration.ts';
import { getScorer } from './scores.ts';

interface Pair {
  id: number;
  path: string;
  classId: number;
  a: number;
  b: number;
  predictedA: number;
  predictedB: number;
}

export interface ComparisonOptions {
  /** How many disagreements to list. */
  largest: number;
  /** Leave out images that either is known to have learned from. */
  onlyUnseen?: boolean;
}

/**
 * The figures of all images that both judged, or of those that neither learned from. Throws CatalogError: 'not-found' where the dataset has no such scorer,
 * 'invalid' where both are the same or no image has a difficulty by both.
 */
export function scorerComparison(
  catalog: Catalog,
  datasetId: number,
  aId: number,
  bId: number,
  { largest, onlyUnseen = false }: ComparisonOptions,
): ScorerComparison {
  const scorers = listScorers(catalog, datasetId);
  const [a, b] = [aId, bId].map((id) => {
    const found = scorers.find((scorer) => scorer.id === id);
    if (!found) throw notFound('scorer', id);
    return found;
  });
  if (aId === bId)
    throw new CatalogError('invalid', `scorer ${aId} would be compared with itself; choose two`);
  const excluded = excludedImages(catalog, datasetId);
  const judged = catalog
    .all<Pair>(
      `SELECT i.id, i.path, i.class_id AS classId, a.difficulty AS a, b.difficulty AS b,
         a.predicted_class_id AS predictedA, b.predicted_class_id AS predictedB
       FROM scores a JOIN scores b ON b.image_id = a.image_id JOIN images i ON i.id = a.image_id
       WHERE a.scorer_id = ? AND b.scorer_id = ? AND a.difficulty IS NOT NULL AND b.difficulty IS NOT NULL
         AND i.origin = 'real' AND i.present = 1 AND i.class_id IS NOT NULL ORDER BY i.id`,
      aId,
      bId,
    )
    .filter((pair) => !excluded.has(pair.id));
  if (judged.length === 0)
    throw new CatalogError(
      'invalid',
      `scorers ${aId} (${a.name}) and ${bId} (${b.name}) have judged no image in common; score the dataset again with one of them`,
    );
  const learned = [a, b].map((scorer) => learnedBy(catalog, scorer.id, judged));
  const unseen = judged.filter((pair) => !learned.some((of) => of?.has(pair.id)));
  if (onlyUnseen && unseen.length === 0)
    throw new CatalogError(
      'invalid',
      `scorers ${aId} (${a.name}) and ${bId} (${b.name}): at least one of them had learned from every image; compare them on all images`,
    );
  const pairs = onlyUnseen ? unseen : judged;
  const classes = classesOf(catalog, datasetId);
  const place = new Map(classes.map((c, at) => [c.id, at]));
  const nameOf = new Map(classes.map((c) => [c.id, c.name]));
  const found = compareScorers(
    pairs.map((pair) => pair.a),
    pairs.map((pair) => pair.b),
    pairs.map((pair) => place.get(pair.classId)!),
    classes.length,
    largest,
  );
  return {
    a,
    b,
    learnedA: learned[0]?.size ?? null,
    learnedB: learned[1]?.size ?? null,
    unseen: unseen.length,
    onlyUnseen,
    overall: figures(found),
    buckets: found.buckets,
    kappa: orNull(found.kappa),
    meanDifference: found.meanDifference,
    meanAbsoluteDifference: found.meanAbsoluteDifference,
    classes: found.classes.flatMap((of, at) =>
      of.n > 0 ? [{ classId: classes[at].id, className: classes[at].name, ...figures(of) }] : [],
    ),
    points: {
      ids: Uint32Array.from(pairs, (pair) => pair.id),
      a: Float32Array.from(pairs, (pair) => pair.a),
      b: Float32Array.from(pairs, (pair) => pair.b),
      classIndex: Int32Array.from(pairs, (pair) => place.get(pair.classId)!),
    },
    disagreements: found.disagreements.map((row) => {
      const { id, path, classId, predictedA, predictedB, ...of } = pairs[row];
      const [className, ofA, ofB] = [classId, predictedA, predictedB].map((c) => nameOf.get(c) ?? '');
      return { imageId: id, path, className, a: of.a, b: of.b, predictedA: ofA, predictedB: ofB };
    }),
  };
}

/** Which of these images taught the scorer; null: not recorded. */
function learnedBy(catalog: Catalog, scorerId: number, judged: readonly Pair[]): Set<number> | null {
  const { basis, learned } = calibrationBasis(catalog, getScorer(catalog, scorerId));
  if (basis === 'unknown') return null;
  const ids = judged.map((pair) => pair.id);
  return new Set(basis === 'in-sample' ? ids : ids.filter((id) => learned.has(id)));
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

const interval = (value: number, { low, high }: { low: number; high: number }): CorrelationFigure => ({
  value: orNull(value),
  low: orNull(low),
  high: orNull(high),
});

const figures = (of: Agreement): AgreementFigures => ({
  images: of.n,
  spearman: interval(of.spearman.rho, of.spearman),
  kendall: interval(of.kendall.tau, of.kendall),
  sameBucket: orNull(of.sameBucket),
});
