/**
 * Owns which images are learned from, and what generation reads of them: the real, labelled, present images that no
 * split keeps away and nobody excluded (rejected).
 */
import type { Catalog } from './open.ts';

const TRAINING = `i.dataset_id = ? AND i.origin = 'real' AND i.present = 1 AND i.class_id IS NOT NULL
  AND (i.split IS NULL OR i.split = 'train')
  AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id AND r.decision = 'reject')`;

/** Ids of the training images. */
export const trainingIds = (catalog: Catalog, datasetId: number): Set<number> =>
  new Set(catalog.column<number>(`SELECT i.id FROM images i WHERE ${TRAINING}`, datasetId));

/** Training images of each class id; a class without any is absent. */
export function trainingCounts(catalog: Catalog, datasetId: number): Map<number, number> {
  const rows = catalog.all<{ classId: number; n: number }>(
    `SELECT i.class_id AS classId, COUNT(*) AS n FROM images i WHERE ${TRAINING} GROUP BY i.class_id`,
    datasetId,
  );
  return new Map(rows.map(({ classId, n }) => [classId, n]));
}

/** Difficulties of the training images that this scorer judged, in the order of image ids. */
export const trainingDifficulties = (
  catalog: Catalog,
  datasetId: number,
  scorerId: number,
): { classId: number; difficulty: number }[] =>
  catalog.all(
    `SELECT i.class_id AS classId, s.difficulty FROM images i JOIN scores s ON s.image_id = i.id
     WHERE ${TRAINING} AND s.scorer_id = ? AND s.difficulty IS NOT NULL ORDER BY i.id`,
    datasetId,
    scorerId,
  );

/** The active captions of the training images, in the order of image ids. */
export const trainingCaptions = (
  catalog: Catalog,
  datasetId: number,
): { id: number; path: string; hash: string; classId: number; text: string }[] =>
  catalog.all(
    `SELECT i.id, i.path, i.hash, i.class_id AS classId, c.text FROM images i JOIN captions c ON c.id = i.caption_id
     WHERE ${TRAINING} AND c.text <> '' ORDER BY i.id`,
    datasetId,
  );
