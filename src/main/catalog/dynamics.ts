/** Owns what a fitted classifier's folder says of its own training: its `dynamics.json`, joined with the images. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type DatasetMap, type DynamicsRow, dynamicsRow } from '../../shared/scorers.ts';
import { isWithin } from '../files/fs-names.ts';
import { readUserText } from '../files/user-file.ts';
import { getModelRow } from './models.ts';
import { type Catalog, CatalogError } from './open.ts';
import { getScorer } from './scores.ts';

const FILE = 'dynamics.json';
/** A million images with twenty epochs each. */
const MAX_BYTES = 512 * 1024 * 1024;

/** null: the model was not fitted here, or is gone. What was fitted here lies in the catalog's own folder. */
export function trainingDynamicsOf(catalog: Catalog, modelId: string): DynamicsRow[] | null {
  const model = catalog.value<number>("SELECT 1 FROM models WHERE 'model:' || id = ?", modelId)
    ? getModelRow(catalog, modelId)
    : null;
  const file = model && join(model.path, FILE);
  if (!file || !isWithin(catalog.dir, file) || !existsSync(file)) return null;
  try {
    return z.array(dynamicsRow).parse(JSON.parse(readUserText(file, { maxBytes: MAX_BYTES })));
  } catch (error) {
    throw new CatalogError(
      'invalid',
      `${file} cannot be read: ${(error as Error).message}; fit the classifier again`,
    );
  }
}

/** Images of the scorer's dataset that its classifier was fitted or measured on; null: it keeps no dynamics of any. */
export function datasetMapOf(catalog: Catalog, scorerId: number): DatasetMap | null {
  const scorer = getScorer(catalog, scorerId);
  const rows = scorer.method === 'classifier' ? trainingDynamicsOf(catalog, scorer.modelId) : null;
  if (!rows) return null;
  const classIndex = new Map(
    catalog
      .all<{ id: number; at: number | null }>(
        `SELECT i.id, c.class_index AS at FROM images i LEFT JOIN classes c ON c.id = i.class_id
         WHERE i.dataset_id = ? AND i.present = 1`,
        scorer.datasetId,
      )
      .map((row) => [row.id, row.at ?? -1]),
  );
  const shown = rows.filter((row) => classIndex.has(row.imageId));
  if (shown.length === 0) return null;
  return {
    modelName: scorer.modelName,
    ids: Uint32Array.from(shown, (row) => row.imageId),
    confidence: Float32Array.from(shown, (row) => row.confidence),
    variability: Float32Array.from(shown, (row) => row.variability),
    correctness: Float32Array.from(shown, (row) => row.correctness),
    forgetting: Uint16Array.from(shown, (row) => row.forgetting),
    classIndex: Int32Array.from(shown, (row) => classIndex.get(row.imageId)!),
    heldOut: Uint8Array.from(shown, (row) => (row.heldOut ? 1 : 0)),
  };
}
