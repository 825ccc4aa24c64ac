/** Owns what an export of scores says of each image, whatever its format. */

import { f32OfBlob } from '../../catalog/blobs.ts';
import type { Catalog, StoredScorer } from '../../catalog/index.ts';

export interface ScoreRow {
  path: string;
  label: string | null;
  split: string | null;
  origin: 'real' | 'synthetic';
  /** 1 - p(label); null: the image has no label, or one that the scorer does not know. */
  difficulty: number | null;
  prediction: string;
  /** f32[k], in the order of the scorer's classes; they sum to 1. */
  probabilities: Float32Array;
}

/** In the order of `ids`; those that the scorer has not judged are left out. */
export function* scoreRows(
  catalog: Catalog,
  scorer: StoredScorer,
  ids: Uint32Array,
): Generator<ScoreRow, void, void> {
  for (const id of ids) {
    const row = catalog.get<Omit<ScoreRow, 'probabilities'> & { probabilities: Uint8Array }>(
      `SELECT i.path, k.name AS label, i.split, i.origin, s.difficulty, c.name AS prediction, p.probabilities
       FROM images i JOIN scores s ON s.image_id = i.id AND s.scorer_id = ?
       JOIN score_probabilities p ON p.image_id = i.id AND p.scorer_id = s.scorer_id
       JOIN classes c ON c.id = s.predicted_class_id LEFT JOIN classes k ON k.id = i.class_id WHERE i.id = ?`,
      scorer.id,
      id,
    );
    if (row) yield { ...row, probabilities: f32OfBlob(row.probabilities) };
  }
}
