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
