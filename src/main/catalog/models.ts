/** Owns the models that were added or trained; the built-in ones are no rows (models/registry.ts). */
import { isAbsolute } from 'node:path';
import type { ModelKind, OnnxClassifierSpec } from '../../shared/domain/model.ts';
import { type Catalog, notFound } from './open.ts';

export interface ModelRow {
  id: string; // 'model:<row>'
  name: string;
  kind: ModelKind;
  /** Absolute. */
  path: string;
  hash: string;
  datasetId: number | null;
  summary: string;
  /** OnnxClassifierSpec of a classifier; of a trained adapter, whatever its trainer stored. */
  spec: OnnxClassifierSpec | Record<string, unknown> | null;
  createdAt: number;
}

export interface NewModel {
  name: string;
  kind: ModelKind;
  /** Absolute, or relative to the catalog's folder (so that a catalog can be moved). */
  path: string;
  hash: string;
  datasetId?: number | null;
  summary: string;
  spec?: OnnxClassifierSpec | Record<string, unknown> | null;
}

type Row = {
  id: number;
  name: string;
  kind: ModelKind;
  path: string;
  hash: string;
  dataset_id: number | null;
  summary: string;
  spec: string | null;
  created_at: number;
};

const assemble = (catalog: Catalog, row: Row): ModelRow => ({
  id: `model:${row.id}`,
  name: row.name,
  kind: row.kind,
  path: isAbsolute(row.path) ? row.path : catalog.file(row.path),
  hash: row.hash,
  datasetId: row.dataset_id,
  summary: row.summary,
  spec: row.spec === null ? null : JSON.parse(row.spec),
  createdAt: row.created_at,
});

export const listModelRows = (catalog: Catalog): ModelRow[] =>
  catalog.all<Row>('SELECT * FROM models ORDER BY id').map((row) => assemble(catalog, row));

const numberOf = (id: string): number => {
  const match = /^model:([1-9][0-9]*)$/.exec(id);
  if (!match) throw notFound('model', id);
  return Number(match[1]);
};

/** id: 'model:<row>'. Throws CatalogError 'not-found'. */
export function getModelRow(catalog: Catalog, id: string): ModelRow {
  const row = catalog.get<Row>('SELECT * FROM models WHERE id = ?', numberOf(id));
  if (!row) throw notFound('model', id);
  return assemble(catalog, row);
}

/** Returns 'model:<row>'. What was trained into the same folder of the catalog before is the same model. */
export function addModelRow(catalog: Catalog, model: NewModel): string {
  const made = isAbsolute(model.path)
    ? undefined
    : catalog.value<number>('SELECT id FROM models WHERE path = ? AND hash = ?', model.path, model.hash);
  if (made !== undefined) return `model:${made}`;
  const { id } = catalog.run(
    'INSERT INTO models (name, kind, path, hash, dataset_id, summary, spec, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    model.name,
    model.kind,
    model.path,
    model.hash,
    model.datasetId ?? null,
    model.summary,
    model.spec ? JSON.stringify(model.spec) : null,
    Date.now(),
  );
  return `model:${id}`;
}

/** From the catalog only; the files stay. */
export function removeModelRow(catalog: Catalog, id: string): void {
  if (catalog.run('DELETE FROM models WHERE id = ?', numberOf(id)).changes === 0) throw notFound('model', id);
}
