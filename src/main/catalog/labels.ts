/** Owns an image's class: changing it keeps the history and brings every score of the image in line. */
import { f32OfBlob } from './blobs.ts';
import { type Catalog, CatalogError, notFound } from './open.ts';

export type LabelSource = 'import' | 'generation' | 'person' | 'undo' | 'redo';

/**
 * Sets the class (null: none) of one image; call inside a transaction. The difficulty of each stored score is
 * 1 - p(new class), from the stored probabilities.
 */
export function setLabel(
  catalog: Catalog,
  imageId: number,
  classId: number | null,
  source: LabelSource,
): void {
  const image = catalog.get<{ dataset_id: number; class_id: number | null }>(
    'SELECT dataset_id, class_id FROM images WHERE id = ?',
    imageId,
  );
  if (!image) throw notFound('image', imageId);
  if (image.class_id === classId) return;
  if (classId !== null) {
    const home = catalog.value<number>('SELECT dataset_id FROM classes WHERE id = ?', classId);
    if (home !== image.dataset_id)
      throw new CatalogError('invalid', `class ${classId} does not belong to image ${imageId}'s dataset`);
  }
  catalog.run('UPDATE images SET class_id = ? WHERE id = ?', classId, imageId);
  recordLabel(catalog, imageId, image.class_id, classId, source);
  const scored = catalog.all<{ scorer_id: number; class_ids: string; probabilities: Uint8Array }>(
    `SELECT p.scorer_id, r.class_ids, p.probabilities FROM scores s
     JOIN score_probabilities p ON p.scorer_id = s.scorer_id AND p.image_id = s.image_id
     JOIN scorers r ON r.id = s.scorer_id WHERE s.image_id = ?`,
    imageId,
  );
  for (const row of scored) {
    const column = classId === null ? -1 : (JSON.parse(row.class_ids) as number[]).indexOf(classId);
    const difficulty = column < 0 ? null : Math.min(1, Math.max(0, 1 - f32OfBlob(row.probabilities)[column]));
    catalog.run(
      'UPDATE scores SET difficulty = ? WHERE scorer_id = ? AND image_id = ?',
      difficulty,
      row.scorer_id,
      imageId,
    );
  }
}

export function recordLabel(
  catalog: Catalog,
  imageId: number,
  from: number | null,
  to: number | null,
  source: LabelSource,
): void {
  catalog.run(
    `INSERT INTO label_history (image_id, at, from_class, to_class, source)
     VALUES (?, ?, (SELECT name FROM classes WHERE id = ?), (SELECT name FROM classes WHERE id = ?), ?)`,
    imageId,
    Date.now(),
    from,
    to,
    source,
  );
}
