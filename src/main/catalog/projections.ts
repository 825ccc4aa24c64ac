/** Owns two-dimensional maps: packed ids and positions, joined with what the catalog knows when asked. */
import { requireFinite } from '../../core/finite.ts';
import type { ProjectionData } from '../../shared/domain/difficulty.ts';
import { blobOfF32, blobOfU32, f32OfBlob, u32OfBlob } from './blobs.ts';
import { currentScorerId } from './datasets.ts';
import { type Catalog, notFound } from './open.ts';

export interface NewProjection {
  datasetId: number;
  method: string;
  modelName: string;
  modelHash: string;
  params: Record<string, unknown>;
  ids: Uint32Array;
  /** f32[n,2] */
  positions: Float32Array;
  /** The job that makes it: the same job again returns the map that is there. */
  jobId?: number;
}

export function addProjection(catalog: Catalog, p: NewProjection): number {
  if (p.positions.length !== 2 * p.ids.length)
    throw new Error(
      `projection: ${p.positions.length} coordinates for ${p.ids.length} images, expected two each`,
    );
  requireFinite(
    p.positions,
    `projection: the ${p.method} map`,
    'Its features are too large: use another model.',
  );
  const made = catalog.value<number>('SELECT id FROM projections WHERE job_id = ?', p.jobId ?? null);
  if (made !== undefined) return made;
  return catalog.run(
    `INSERT INTO projections (dataset_id, method, model_name, model_hash, params, ids, positions, created_at, job_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    p.datasetId,
    p.method,
    p.modelName,
    p.modelHash,
    JSON.stringify(p.params),
    blobOfU32(p.ids),
    blobOfF32(p.positions),
    Date.now(),
    p.jobId ?? null,
  ).id;
}

/** The newest map; images that have gone since are left out. null where there is none. */
export function getProjection(catalog: Catalog, datasetId: number): ProjectionData | null {
  if (catalog.value('SELECT 1 FROM datasets WHERE id = ?', datasetId) === undefined)
    throw notFound('dataset', datasetId);
  const row = catalog.get<{
    id: number;
    method: string;
    model_name: string;
    ids: Uint8Array;
    positions: Uint8Array;
  }>(
    'SELECT id, method, model_name, ids, positions FROM projections WHERE dataset_id = ? ORDER BY id DESC LIMIT 1',
    datasetId,
  );
  if (!row) return null;
  const stored = u32OfBlob(row.ids);
  const places = f32OfBlob(row.positions);
  const facts = new Map(
    catalog
      .all<{ id: number; index: number; synthetic: number; difficulty: number | null }>(
        `SELECT i.id, COALESCE(c.class_index, -1) AS "index", i.origin = 'synthetic' AS synthetic, s.difficulty
         FROM images i LEFT JOIN classes c ON c.id = i.class_id
         LEFT JOIN scores s ON s.scorer_id = ? AND s.image_id = i.id
         WHERE i.dataset_id = ? AND i.present = 1`,
        currentScorerId(catalog, datasetId),
        datasetId,
      )
      .map((fact) => [fact.id, fact]),
  );
  const keep = Array.from(stored.keys()).filter((at) => facts.has(stored[at]));
  const n = keep.length;
  const data: ProjectionData = {
    projectionId: row.id,
    method: row.method,
    modelName: row.model_name,
    ids: new Uint32Array(n),
    positions: new Float32Array(2 * n),
    classIndex: new Int32Array(n),
    difficulty: new Float32Array(n),
    synthetic: new Uint8Array(n),
  };
  keep.forEach((at, i) => {
    const fact = facts.get(stored[at])!;
    data.ids[i] = stored[at];
    data.positions[2 * i] = places[2 * at];
    data.positions[2 * i + 1] = places[2 * at + 1];
    data.classIndex[i] = fact.index;
    data.difficulty[i] = fact.difficulty ?? Number.NaN;
    data.synthetic[i] = fact.synthetic;
  });
  return data;
}
