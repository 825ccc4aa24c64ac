/** Owns the reading of images: the filtered order, rows for the screen, the inspector's facts, and files. */
import { existsSync } from 'node:fs';
import { BUCKET_BORDERS } from '../../core/difficulty/score.ts';
import type { ImageDetail, ImageFilter, ImageSort, ImageSummary } from '../../shared/domain/image.ts';
import type { Split } from '../../shared/domain/parts.ts';
import { resolveInRoot } from '../files/fs-names.ts';
import { currentScorerId } from './datasets.ts';
import { type Catalog, notFound, type Value } from './open.ts';
import { scoresOfImage } from './scores.ts';

const orders: Record<ImageSort, string> = {
  path: 'i.path, i.id',
  'difficulty-asc': 's.difficulty IS NULL, s.difficulty, i.id',
  'difficulty-desc': 's.difficulty IS NULL, s.difficulty DESC, i.id',
  newest: 'i.id DESC',
  margin: 's.margin IS NULL, s.margin, i.id', // least certain first
  entropy: 's.entropy IS NULL, s.entropy DESC, i.id', // least certain first
};

/** Filter -> SQL condition on `images i` and `scores s` (the current scorer's). */
function conditions(datasetId: number, filter: ImageFilter): { where: string; values: Value[] } {
  const parts = ['i.dataset_id = ?', 'i.present = 1'];
  const values: Value[] = [datasetId];
  const add = (sql: string, ...more: Value[]) => {
    parts.push(sql);
    values.push(...more);
  };
  if (filter.classIds) add('i.class_id IN (SELECT value FROM json_each(?))', JSON.stringify(filter.classIds));
  if (filter.origin) add('i.origin = ?', filter.origin);
  if (filter.split) add('i.split = ?', filter.split);
  if (filter.difficulty) add('s.difficulty BETWEEN ? AND ?', filter.difficulty.min, filter.difficulty.max);
  if (filter.bucket === 'easy') add('s.difficulty < ?', BUCKET_BORDERS.medium);
  if (filter.bucket === 'medium')
    add('s.difficulty >= ? AND s.difficulty < ?', BUCKET_BORDERS.medium, BUCKET_BORDERS.hard);
  if (filter.bucket === 'hard') add('s.difficulty >= ?', BUCKET_BORDERS.hard);
  if (filter.decision === 'none') add('NOT EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id)');
  else if (filter.decision)
    add('EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id AND r.decision = ?)', filter.decision);
  if (filter.acceptedOnly)
    add(
      "(i.origin = 'real' OR EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id AND r.decision = 'accept'))",
    );
  if (filter.withoutRejected)
    add("NOT EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id AND r.decision = 'reject')");
  if (filter.tag !== undefined)
    add('EXISTS (SELECT 1 FROM tags t WHERE t.image_id = i.id AND t.tag = ?)', filter.tag);
  if (filter.text) {
    const like = `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`;
    add(
      `(i.path LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM captions c WHERE c.id = i.caption_id AND c.text LIKE ? ESCAPE '\\'))`,
      like,
      like,
    );
  }
  if (filter.disagrees !== undefined) add(`s.predicted_class_id ${filter.disagrees ? '<>' : '='} i.class_id`);
  if (filter.jobId !== undefined)
    add('EXISTS (SELECT 1 FROM synthetic_samples g WHERE g.image_id = i.id AND g.job_id = ?)', filter.jobId);
  return { where: parts.join(' AND '), values };
}

/** All present images that the filter means, in order. The scorer is the dataset's current one unless given. */
export function imageIds(
  catalog: Catalog,
  datasetId: number,
  filter: ImageFilter,
  sort: ImageSort,
  scorerId: number | null = currentScorerId(catalog, datasetId),
): Uint32Array<ArrayBuffer> {
  const { where, values } = conditions(datasetId, filter);
  const needsScores = where.includes('s.') || orders[sort].includes('s.');
  const join = needsScores ? 'LEFT JOIN scores s ON s.scorer_id = ? AND s.image_id = i.id' : '';
  const ids = catalog.column<number>(
    `SELECT i.id FROM images i ${join} WHERE ${where} ORDER BY ${orders[sort]}`,
    ...(needsScores ? [scorerId] : []),
    ...values,
  );
  return Uint32Array.from(ids);
}

const SUMMARY = `
  SELECT i.id, i.path, i.class_id AS classId, c.name AS className, i.origin, i.width, i.height, s.difficulty,
    g.requested_difficulty AS requestedDifficulty, r.decision
  FROM images i
  LEFT JOIN classes c ON c.id = i.class_id
  LEFT JOIN synthetic_samples g ON g.image_id = i.id
  LEFT JOIN reviews r ON r.image_id = i.id
  LEFT JOIN scores s ON s.image_id = i.id AND s.scorer_id = (
    SELECT COALESCE(d.current_scorer_id, (SELECT MAX(x.id) FROM scorers x WHERE x.dataset_id = d.id))
    FROM datasets d WHERE d.id = i.dataset_id)`;

/** In the order of `ids`; ids that are no longer there are left out. */
export function imagesByIds(catalog: Catalog, ids: readonly number[]): ImageSummary[] {
  const rows = catalog.all<ImageSummary>(
    `${SUMMARY} WHERE i.id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Throws CatalogError 'not-found'. */
export function imageDetail(catalog: Catalog, id: number): ImageDetail {
  const [summary] = imagesByIds(catalog, [id]);
  if (!summary) throw notFound('image', id);
  const more = catalog.get<{
    datasetId: number;
    hash: string;
    bytes: number;
    format: string;
    split: ImageDetail['split'];
    present: number;
    caption: string | null;
    captionSource: string | null;
    provenance: string | null;
  }>(
    `SELECT i.dataset_id AS datasetId, i.hash, i.bytes, i.format, i.split, i.present, c.text AS caption,
       c.source AS captionSource, g.provenance
     FROM images i LEFT JOIN captions c ON c.id = i.caption_id
     LEFT JOIN synthetic_samples g ON g.image_id = i.id WHERE i.id = ?`,
    id,
  )!;
  return {
    ...summary,
    ...more,
    present: more.present === 1,
    provenance: more.provenance === null ? null : JSON.parse(more.provenance),
    tags: catalog.column<string>('SELECT tag FROM tags WHERE image_id = ? ORDER BY tag', id),
    scores: scoresOfImage(catalog, id),
    labelHistory: catalog.all(
      'SELECT at, from_class AS "from", to_class AS "to", source FROM label_history WHERE image_id = ? ORDER BY id',
      id,
    ),
  };
}

/** Absolute file of an image, in the form of files/fs-names.ts; null where there is no such row. */
export function imageFile(catalog: Catalog, id: number): string | null {
  const row = catalog.get<{ path: string; origin: string; root: string }>(
    'SELECT i.path, i.origin, d.root FROM images i JOIN datasets d ON d.id = i.dataset_id WHERE i.id = ?',
    id,
  );
  if (!row) return null;
  return row.origin === 'real' ? resolveInRoot(row.root, row.path) : catalog.file(row.path);
}

/** Where the small picture lies: for a generated image that has no thumbnail, the image itself. null: no such row. */
export function thumbnailFile(catalog: Catalog, id: number): string | null {
  const row = catalog.get<{ hash: string; origin: string; path: string }>(
    'SELECT hash, origin, path FROM images WHERE id = ?',
    id,
  );
  if (!row) return null;
  const thumbnail = catalog.thumbnail(row.hash);
  return row.origin === 'synthetic' && !existsSync(thumbnail) ? catalog.file(row.path) : thumbnail;
}

/**
 * What jobs read: one row per present image of a dataset, in the order of ids. It has no path on the disk: its bytes come
 * from jobs/originals.ts, which looks whether they are still those that the catalog knows.
 */
export interface WorkImage {
  id: number;
  path: string;
  origin: 'real' | 'synthetic';
  hash: string;
  classId: number | null;
  className: string | null;
  split: Split | null;
  /** Of the file when it was imported. */
  bytes: number;
  /** null: not known, as of a file that was written here. */
  mtimeMs: number | null;
}

/** @throws where there is no such dataset. */
export function requireDataset(catalog: Catalog, datasetId: number): void {
  if (catalog.value('SELECT 1 FROM datasets WHERE id = ?', datasetId) === undefined)
    throw notFound('dataset', datasetId);
}

export function workImages(catalog: Catalog, datasetId: number, origin?: 'real' | 'synthetic'): WorkImage[] {
  requireDataset(catalog, datasetId);
  return catalog.all<WorkImage>(
    `SELECT i.id, i.path, i.origin, i.hash, i.class_id AS classId, c.name AS className, i.split, i.bytes,
       i.mtime_ms AS mtimeMs
     FROM images i LEFT JOIN classes c ON c.id = i.class_id
     WHERE i.dataset_id = ? AND i.present = 1 ${origin ? 'AND i.origin = ?' : ''} ORDER BY i.id`,
    ...(origin ? [datasetId, origin] : [datasetId]),
  );
}

export const datasetsOf = (catalog: Catalog, ids: readonly number[]): number[] =>
  catalog.column<number>(
    'SELECT DISTINCT dataset_id FROM images WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(ids),
  );

/** Bytes of the files of these images together. */
export const bytesOfImages = (catalog: Catalog, ids: ArrayLike<number>): number =>
  catalog.value<number>(
    'SELECT SUM(bytes) FROM images WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(Array.from(ids)),
  ) ?? 0;

export const presentImages = (catalog: Catalog, datasetId: number): number =>
  catalog.value<number>('SELECT COUNT(*) FROM images WHERE dataset_id = ? AND present = 1', datasetId) ?? 0;
