/** Owns scorers and what they measured: difficulty, entropy, margin and the probabilities behind them. */

import { scoreProbabilities } from '../../core/difficulty/score.ts';
import { firstNotFinite } from '../../core/finite.ts';
import type { ImageScore } from '../../shared/domain/image.ts';
import type { ScorerMethod } from '../../shared/domain/scorer.ts';
import { blobOfF32, f32OfBlob } from './blobs.ts';
import { type Catalog, notFound } from './open.ts';

export interface NewScorer {
  datasetId: number;
  name: string;
  method: ScorerMethod;
  modelId: string;
  modelName: string;
  modelHash: string;
  /** Class of each column of the probabilities. */
  classIds: number[];
  /** JSON headers and concatenated numbers of the stored probes; null: this scorer has none. */
  probes: { headers: unknown[]; data: Float32Array } | null;
  /** That the probabilities are brought to, those of new images too (core/metrics/temperature.ts). Absent: 1, none. */
  temperature?: number;
  params: Record<string, unknown>;
  /** The job that makes it: the same job again returns the scorer that is there. */
  jobId?: number;
}

export interface StoredScorer extends Omit<NewScorer, 'jobId'> {
  id: number;
  temperature: number;
}

export interface ScoredImages {
  /** Rows of the probabilities. */
  imageIds: readonly number[];
  /** f32[n,k], rows sum to 1. */
  probabilities: Float32Array;
}

/** A scorer with all its scores in one transaction: it is visible whole or not at all. Returns its id. */
export function addScorer(catalog: Catalog, scorer: NewScorer, scored: ScoredImages): number {
  return catalog.write(() => {
    const made = catalog.value<number>('SELECT id FROM scorers WHERE job_id = ?', scorer.jobId ?? null);
    if (made !== undefined) return made;
    const { id } = catalog.run(
      `INSERT INTO scorers (dataset_id, name, method, model_id, model_name, model_hash, class_ids, probes, probe_data, temperature, params, created_at, job_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      scorer.datasetId,
      scorer.name,
      scorer.method,
      scorer.modelId,
      scorer.modelName,
      scorer.modelHash,
      JSON.stringify(scorer.classIds),
      scorer.probes ? JSON.stringify(scorer.probes.headers) : null,
      scorer.probes ? blobOfF32(scorer.probes.data) : null,
      scorer.temperature ?? 1,
      JSON.stringify(scorer.params),
      Date.now(),
      scorer.jobId ?? null,
    );
    addScores(catalog, id, scored);
    catalog.run('UPDATE scorers SET accuracy = ? WHERE id = ?', accuracy(catalog, id), id);
    // What was just computed is what a person wants to see; an older choice stays one click away.
    catalog.run('UPDATE datasets SET current_scorer_id = NULL WHERE id = ?', scorer.datasetId);
    return id;
  });
}

/** Adds or replaces scores of these images; difficulty follows each image's class as it is now. @throws for NaN. */
export function addScores(
  catalog: Catalog,
  scorerId: number,
  { imageIds, probabilities }: ScoredImages,
): void {
  const { classIds } = getScorer(catalog, scorerId);
  const k = classIds.length;
  const n = imageIds.length;
  const bad = firstNotFinite(probabilities);
  if (bad >= 0) {
    const path = catalog.value<string>('SELECT path FROM images WHERE id = ?', imageIds[Math.floor(bad / k)]);
    throw new Error(
      `scores: the probabilities of ${path} hold ${probabilities[bad]}, expected numbers from 0 to 1; its features are too large to tell apart: score with another model`,
    );
  }
  catalog.write(() => {
    const column = new Map(classIds.map((id, at) => [id, at]));
    const labels = imageIds.map((id) => {
      const classId = catalog.value<number | null>('SELECT class_id FROM images WHERE id = ?', id);
      return classId == null ? -1 : (column.get(classId) ?? -1);
    });
    const scores = scoreProbabilities(probabilities, n, k, labels);
    for (let i = 0; i < n; i++) {
      catalog.run(
        `INSERT INTO scores (scorer_id, image_id, difficulty, entropy, margin, predicted_class_id) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET difficulty = excluded.difficulty, entropy = excluded.entropy,
           margin = excluded.margin, predicted_class_id = excluded.predicted_class_id`,
        scorerId,
        imageIds[i],
        Number.isNaN(scores.difficulty[i]) ? null : scores.difficulty[i],
        scores.entropy[i],
        Math.min(1, Math.max(0, scores.margin[i])),
        classIds[scores.predicted[i]],
      );
      catalog.run(
        `INSERT INTO score_probabilities (scorer_id, image_id, probabilities) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET probabilities = excluded.probabilities`,
        scorerId,
        imageIds[i],
        blobOfF32(probabilities.slice(i * k, (i + 1) * k)),
      );
    }
  });
}

/** Share of scored, labelled real images whose most probable class is the label; null where there are none. */
function accuracy(catalog: Catalog, scorerId: number): number | null {
  return (
    catalog.value<number | null>(
      `SELECT AVG(s.predicted_class_id = i.class_id) FROM scores s JOIN images i ON i.id = s.image_id
       WHERE s.scorer_id = ? AND i.origin = 'real' AND i.class_id IS NOT NULL`,
      scorerId,
    ) ?? null
  );
}

/** Throws CatalogError 'not-found'. */
export function getScorer(catalog: Catalog, scorerId: number): StoredScorer {
  const row = catalog.get<{
    id: number;
    dataset_id: number;
    name: string;
    method: ScorerMethod;
    model_id: string;
    model_name: string;
    model_hash: string;
    class_ids: string;
    probes: string | null;
    probe_data: Uint8Array | null;
    temperature: number;
    params: string;
  }>('SELECT * FROM scorers WHERE id = ?', scorerId);
  if (!row) throw notFound('scorer', scorerId);
  return {
    id: row.id,
    datasetId: row.dataset_id,
    name: row.name,
    method: row.method,
    modelId: row.model_id,
    modelName: row.model_name,
    modelHash: row.model_hash,
    classIds: JSON.parse(row.class_ids),
    probes:
      row.probes && row.probe_data
        ? { headers: JSON.parse(row.probes), data: f32OfBlob(row.probe_data) }
        : null,
    temperature: row.temperature,
    params: JSON.parse(row.params),
  };
}

/** Every score that has a difficulty, newest scorer first, with the five most probable classes. */
export function scoresOfImage(catalog: Catalog, imageId: number): ImageScore[] {
  const rows = catalog.all<Omit<ImageScore, 'top'> & { class_ids: string; probabilities: Uint8Array }>(
    `SELECT s.scorer_id AS scorerId, r.name AS scorerName, s.difficulty, s.entropy, s.margin,
       c.name AS predictedClass, r.class_ids, p.probabilities
     FROM scores s JOIN scorers r ON r.id = s.scorer_id
     JOIN score_probabilities p ON p.scorer_id = s.scorer_id AND p.image_id = s.image_id
     JOIN classes c ON c.id = s.predicted_class_id
     WHERE s.image_id = ? AND s.difficulty IS NOT NULL ORDER BY s.scorer_id DESC`,
    imageId,
  );
  return rows.map(({ class_ids, probabilities, ...score }) => {
    const classIds = JSON.parse(class_ids) as number[];
    const p = f32OfBlob(probabilities);
    const best = [...p.keys()].sort((a, b) => p[b] - p[a] || a - b).slice(0, 5);
    const name = (classId: number) =>
      catalog.value<string>('SELECT name FROM classes WHERE id = ?', classId) ?? '';
    return {
      ...score,
      top: best.map((at) => ({
        className: name(classIds[at]),
        probability: Math.min(1, Math.max(0, p[at])),
      })),
    };
  });
}

/** Present images with a difficulty by this scorer, in the order of ids. */
export interface DifficultyRow {
  imageId: number;
  classId: number;
  origin: 'real' | 'synthetic';
  difficulty: number;
  agrees: number; // 1: the most probable class is the label
}

export function difficultyRows(
  catalog: Catalog,
  scorerId: number,
  origin?: 'real' | 'synthetic',
): DifficultyRow[] {
  return catalog.all<DifficultyRow>(
    `SELECT i.id AS imageId, i.class_id AS classId, i.origin, s.difficulty, s.predicted_class_id = i.class_id AS agrees
     FROM scores s JOIN images i ON i.id = s.image_id
     WHERE s.scorer_id = ? AND s.difficulty IS NOT NULL AND i.present = 1 AND i.class_id IS NOT NULL
       ${origin ? 'AND i.origin = ?' : ''} ORDER BY i.id`,
    ...(origin ? [scorerId, origin] : [scorerId]),
  );
}

/** Probabilities of images under one scorer, f32[k] each, where there are any. */
export function probabilitiesOf(catalog: Catalog, scorerId: number): Map<number, Float32Array> {
  const rows = catalog.all<{ image_id: number; probabilities: Uint8Array }>(
    'SELECT image_id, probabilities FROM score_probabilities WHERE scorer_id = ?',
    scorerId,
  );
  return new Map(rows.map((row) => [row.image_id, f32OfBlob(row.probabilities)]));
}

export const scoredImages = (catalog: Catalog, scorerId: number): Set<number> =>
  new Set(catalog.column<number>('SELECT image_id FROM scores WHERE scorer_id = ?', scorerId));
