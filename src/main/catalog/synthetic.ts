/** Owns generated images: a row with its full provenance, its class and its prompt as the first caption. */
import { type Provenance, provenance as schema } from '../../shared/domain/provenance.ts';
import { addCaption } from './captions.ts';
import { recordLabel } from './labels.ts';
import type { Catalog } from './open.ts';

export interface SyntheticImage {
  datasetId: number;
  classId: number;
  jobId: number;
  /** Position within the job: a resumed job asks which it has made. */
  index: number;
  /** From the catalog's folder, '/' between folders: synthetic/<dataset>/<file>.png; the file is there already. */
  path: string;
  hash: string;
  bytes: number;
  width: number;
  height: number;
  provenance: Provenance;
}

/** Adds one image in one transaction; the same job and index again returns the row that is there. */
export function addSynthetic(catalog: Catalog, image: SyntheticImage): number {
  const provenance = schema.parse(image.provenance);
  return catalog.write(() => {
    const known = catalog.value<number>(
      'SELECT image_id FROM synthetic_samples WHERE job_id = ? AND job_index = ?',
      image.jobId,
      image.index,
    );
    if (known !== undefined) return known;
    const { id } = catalog.run(
      `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, created_at)
       VALUES (?, 'synthetic', ?, ?, ?, ?, ?, 'png', ?, ?)`,
      image.datasetId,
      image.path,
      image.hash,
      image.bytes,
      image.width,
      image.height,
      image.classId,
      Date.now(),
    );
    catalog.run(
      'INSERT INTO synthetic_samples (image_id, job_id, job_index, requested_difficulty, provenance) VALUES (?, ?, ?, ?, ?)',
      id,
      image.jobId,
      image.index,
      provenance.requestedDifficulty,
      JSON.stringify(provenance),
    );
    recordLabel(catalog, id, null, image.classId, 'generation');
    if (provenance.prompt) addCaption(catalog, id, provenance.prompt, 'prompt');
    return id;
  });
}

/** Indices that a generation job has stored. */
export const madeIndices = (catalog: Catalog, jobId: number): Set<number> =>
  new Set(catalog.column<number>('SELECT job_index FROM synthetic_samples WHERE job_id = ?', jobId));

/** Over the present generated images that this scorer has judged. */
export const syntheticMeans = (catalog: Catalog, scorerId: number) =>
  catalog.get<{ n: number; agreement: number; measured: number; requested: number | null }>(
    `SELECT COUNT(*) AS n, AVG(s.predicted_class_id = i.class_id) AS agreement, AVG(s.difficulty) AS measured,
       AVG(g.requested_difficulty) AS requested
     FROM scores s JOIN images i ON i.id = s.image_id JOIN synthetic_samples g ON g.image_id = i.id
     WHERE s.scorer_id = ? AND i.present = 1`,
    scorerId,
  )!;

export interface MeasuredSynthetic {
  id: number;
  path: string;
  hash: string;
  difficulty: number;
  predicted: string;
}

/** Present generated images with this scorer's verdict. `unfinished`: those alone whose marking was stopped. */
export const measuredSynthetic = (
  catalog: Catalog,
  datasetId: number,
  scorerId: number,
  unfinished: boolean,
): MeasuredSynthetic[] =>
  catalog.all<MeasuredSynthetic>(
    `SELECT i.id, i.path, i.hash, s.difficulty, k.name AS predicted FROM images i
     JOIN scores s ON s.image_id = i.id AND s.scorer_id = ? JOIN classes k ON k.id = s.predicted_class_id
     WHERE i.dataset_id = ? AND i.origin = 'synthetic' AND i.present = 1 AND s.difficulty IS NOT NULL
       ${unfinished ? 'AND i.mtime_ms IS NULL' : ''} ORDER BY i.id`,
    scorerId,
    datasetId,
  );

/** The bytes that its file is about to have: it knows no time of it until it is looked at again. */
export const setMarked = (catalog: Catalog, imageId: number, hash: string, bytes: number): void =>
  void catalog.run(
    'UPDATE images SET hash = ?, bytes = ?, mtime_ms = NULL WHERE id = ?',
    hash,
    bytes,
    imageId,
  );
