/** Owns what an export asks of each image: what goes beside its file, and what a file of scores says of it. */
import { f32OfBlob } from './blobs.ts';
import type { Catalog } from './open.ts';
import type { StoredScorer } from './scores.ts';

export interface ExportedRow {
  label: string | null;
  split: 'train' | 'val' | 'test' | null;
  caption: string | null;
  difficulty: number | null;
  requested: number | null;
  provenance: string | null;
  decision: string | null;
}

/** @param scorerId whose difficulty; null: none. */
export const exportedRow = (catalog: Catalog, imageId: number, scorerId: number | null): ExportedRow =>
  catalog.get<ExportedRow>(
    `SELECT k.name AS label, i.split, c.text AS caption, s.difficulty,
       g.requested_difficulty AS requested, g.provenance, r.decision
     FROM images i LEFT JOIN classes k ON k.id = i.class_id LEFT JOIN captions c ON c.id = i.caption_id
     LEFT JOIN scores s ON s.scorer_id = ? AND s.image_id = i.id
     LEFT JOIN synthetic_samples g ON g.image_id = i.id LEFT JOIN reviews r ON r.image_id = i.id WHERE i.id = ?`,
    scorerId,
    imageId,
  )!;

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
