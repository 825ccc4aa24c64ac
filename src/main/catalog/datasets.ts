/** Owns datasets, their classes and the files an import had to leave out. */
import type { Dataset, DatasetClass } from '../../shared/domain/dataset.ts';
import type { Scorer } from '../../shared/domain/scorer.ts';
import { importParams } from '../../shared/jobs/import.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { type Catalog, CatalogError, notFound } from './open.ts';

interface DatasetRow {
  id: number;
  name: string;
  root: string;
  source: string;
  current_scorer_id: number | null;
  created_at: number;
}

export function listDatasets(catalog: Catalog): Dataset[] {
  return catalog
    .all<DatasetRow>('SELECT * FROM datasets ORDER BY name COLLATE NOCASE, id')
    .map((row) => assemble(catalog, row));
}

/** Throws CatalogError 'not-found'. */
export function getDataset(catalog: Catalog, datasetId: number): Dataset {
  return assemble(catalog, datasetRow(catalog, datasetId));
}

export function findDataset(catalog: Catalog, name: string): Dataset | null {
  const row = catalog.get<DatasetRow>('SELECT * FROM datasets WHERE name = ?', name);
  return row ? assemble(catalog, row) : null;
}

function datasetRow(catalog: Catalog, datasetId: number): DatasetRow {
  const row = catalog.get<DatasetRow>('SELECT * FROM datasets WHERE id = ?', datasetId);
  if (!row) throw notFound('dataset', datasetId);
  return row;
}

function assemble(catalog: Catalog, row: DatasetRow): Dataset {
  const counts = catalog.all<{
    class_id: number | null;
    origin: 'real' | 'synthetic';
    present: number;
    n: number;
  }>(
    'SELECT class_id, origin, present, COUNT(*) AS n FROM images WHERE dataset_id = ? GROUP BY 1, 2, 3',
    row.id,
  );
  const count = (accept: (c: (typeof counts)[number]) => boolean) =>
    counts.reduce((sum, c) => (accept(c) ? sum + c.n : sum), 0);
  // By class once: there may be thousands of classes, and the list of datasets is asked for often.
  const ofClass = new Map<number | null, { real: number; synthetic: number }>();
  for (const { class_id, origin, present, n } of counts) {
    if (present === 0) continue;
    const own = ofClass.get(class_id) ?? { real: 0, synthetic: 0 };
    own[origin] += n;
    ofClass.set(class_id, own);
  }
  const classes = classesOf(catalog, row.id).map((c): DatasetClass => {
    const { real = 0, synthetic = 0 } = ofClass.get(c.id) ?? {};
    return { ...c, images: real, synthetic };
  });
  const scorers = listScorers(catalog, row.id);
  return {
    id: row.id,
    name: row.name,
    root: row.root,
    source: row.source,
    images: count((r) => r.origin === 'real' && r.present === 1),
    synthetic: count((r) => r.origin === 'synthetic' && r.present === 1),
    removed: count((r) => r.origin === 'real' && r.present === 0),
    skipped: catalog.value<number>('SELECT COUNT(*) FROM skipped_files WHERE dataset_id = ?', row.id) ?? 0,
    classes,
    scorers,
    currentScorerId: currentScorerId(catalog, row.id),
    hasProjection:
      catalog.value<number>('SELECT EXISTS (SELECT 1 FROM projections WHERE dataset_id = ?)', row.id) === 1,
    createdAt: row.created_at,
  };
}

/** The chosen scorer, else the newest; null while nothing is scored. */
export function currentScorerId(catalog: Catalog, datasetId: number): number | null {
  return (
    catalog.value<number | null>(
      `SELECT COALESCE(d.current_scorer_id, (SELECT MAX(s.id) FROM scorers s WHERE s.dataset_id = d.id))
       FROM datasets d WHERE d.id = ?`,
      datasetId,
    ) ?? null
  );
}

/** Newest first. */
export function listScorers(catalog: Catalog, datasetId: number): Scorer[] {
  return catalog.all<Scorer>(
    `SELECT id, dataset_id AS datasetId, name, method, model_name AS modelName, model_hash AS modelHash, temperature, accuracy,
       (SELECT COUNT(*) FROM scores WHERE scorer_id = scorers.id) AS scored, created_at AS createdAt
     FROM scorers WHERE dataset_id = ? ORDER BY id DESC`,
    datasetId,
  );
}

export function setScorer(catalog: Catalog, datasetId: number, scorerId: number): Dataset {
  catalog.write(() => {
    const known = catalog.value('SELECT 1 FROM scorers WHERE id = ? AND dataset_id = ?', scorerId, datasetId);
    if (!known) throw notFound('scorer', scorerId);
    catalog.run('UPDATE datasets SET current_scorer_id = ? WHERE id = ?', scorerId, datasetId);
  });
  return getDataset(catalog, datasetId);
}

/** From the catalog only: the analyst's files stay; thumbnails may serve other datasets and stay too. */
export function removeDataset(catalog: Catalog, datasetId: number): void {
  catalog.write(() => {
    datasetRow(catalog, datasetId);
    const busy = catalog.value<number>(
      "SELECT id FROM jobs WHERE dataset_id = ? AND state IN ('queued', 'running')",
      datasetId,
    );
    if (busy !== undefined) {
      throw new CatalogError('conflict', `dataset ${datasetId} is in use by job ${busy}; cancel it first`);
    }
    catalog.run('DELETE FROM datasets WHERE id = ?', datasetId);
  });
}

/** The dataset of this name; null: there is none. A name belongs to one source and one root. @throws CatalogError */
export function knownDataset(catalog: Catalog, name: string, root: string, source: string): number | null {
  const row = catalog.get<DatasetRow>('SELECT * FROM datasets WHERE name = ?', name);
  if (!row) return null;
  if (row.source !== source)
    throw new CatalogError(
      'conflict',
      `dataset ${name} was imported from ${row.source}, not ${source}; choose another name, or remove it first`,
    );
  if (row.root !== root)
    throw new CatalogError(
      'conflict',
      `the paths of dataset ${name} start from ${row.root}, not ${root}; import it with that root, or choose another name`,
    );
  return row.id;
}

/** The dataset of this name, made if need be. @throws as knownDataset. */
export const ensureDataset = (catalog: Catalog, name: string, root: string, source: string): number =>
  catalog.write(
    () =>
      knownDataset(catalog, name, root, source) ??
      catalog.run(
        'INSERT INTO datasets (name, root, source, created_at) VALUES (?, ?, ?, ?)',
        name,
        root,
        source,
        Date.now(),
      ).id,
  );

/** Forgets a dataset that got no image. */
export const dropEmptyDataset = (catalog: Catalog, datasetId: number): boolean =>
  catalog.run(
    'DELETE FROM datasets WHERE id = ? AND NOT EXISTS (SELECT 1 FROM images WHERE dataset_id = datasets.id)',
    datasetId,
  ).changes > 0;

export interface MovedImage {
  id: number;
  path: string;
  mtimeMs: number;
}

/** Gives a dataset a new root; real images that are not among these are marked as missing. All or nothing. */
export function moveDataset(
  catalog: Catalog,
  datasetId: number,
  { root, source, images }: { root: string; source: string; images: readonly MovedImage[] },
): void {
  catalog.write(() => {
    catalog.run('UPDATE datasets SET root = ?, source = ? WHERE id = ?', root, source, datasetId);
    catalog.run("UPDATE images SET present = 0 WHERE dataset_id = ? AND origin = 'real'", datasetId);
    // Two images may change places: paths are unique at every moment.
    for (const { id } of images) catalog.run("UPDATE images SET path = '/moving/' || id WHERE id = ?", id);
    for (const { id, path, mtimeMs } of images)
      catalog.run('UPDATE images SET path = ?, mtime_ms = ?, present = 1 WHERE id = ?', path, mtimeMs, id);
  });
}

/** What importing it again takes: where from, and the options of its last import. */
export function importAgainParams(catalog: Catalog, datasetId: number): JobParams<'import'> {
  const { name, root, source } = datasetRow(catalog, datasetId);
  const params = catalog.value<string>(
    "SELECT params FROM jobs WHERE dataset_id = ? AND kind = 'import' AND state = 'done' ORDER BY id DESC LIMIT 1",
    datasetId,
  );
  const options = importParams.safeParse(JSON.parse(params ?? '{}'));
  return importParams.parse({ ...options.data, source, name, root: source === root ? null : root });
}

/** Class names in index order. */
export function classesOf(
  catalog: Catalog,
  datasetId: number,
): { id: number; name: string; index: number }[] {
  return catalog.all(
    'SELECT id, name, class_index AS "index" FROM classes WHERE dataset_id = ? ORDER BY class_index',
    datasetId,
  );
}

/** Class name -> id, missing ones appended in the order given. */
export function ensureClasses(
  catalog: Catalog,
  datasetId: number,
  names: readonly string[],
): Map<string, number> {
  return catalog.write(() => {
    const known = new Map(classesOf(catalog, datasetId).map((c) => [c.name, c.id]));
    let next = known.size;
    for (const name of names) {
      if (known.has(name)) continue;
      const { id } = catalog.run(
        'INSERT INTO classes (dataset_id, name, class_index) VALUES (?, ?, ?)',
        datasetId,
        name,
        next++,
      );
      known.set(name, id);
    }
    return known;
  });
}

export function listSkipped(catalog: Catalog, datasetId: number, offset: number, limit: number) {
  datasetRow(catalog, datasetId);
  return {
    total: catalog.value<number>('SELECT COUNT(*) FROM skipped_files WHERE dataset_id = ?', datasetId) ?? 0,
    items: catalog.all<{ path: string; reason: string }>(
      'SELECT path, reason FROM skipped_files WHERE dataset_id = ? ORDER BY path, id LIMIT ? OFFSET ?',
      datasetId,
      limit,
      offset,
    ),
  };
}

/** Its folder, and what it was imported from. */
export const placeOf = (catalog: Catalog, datasetId: number): { root: string; source: string } =>
  catalog.get<{ root: string; source: string }>('SELECT root, source FROM datasets WHERE id = ?', datasetId)!;
