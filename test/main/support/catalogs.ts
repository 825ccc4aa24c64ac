/** Owns what catalog tests start from: a fresh catalog in a temporary folder, and rows to look for. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';

const open: c.Catalog[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const catalog of open.splice(0)) catalog.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'crux-test-')));
  folders.push(folder);
  return folder;
}

export function tempCatalog(folder = tempFolder()): c.Catalog {
  const catalog = c.openCatalog(folder);
  open.push(catalog);
  return catalog;
}

/** A dataset with these classes; real images are added by `addImage`. */
export function makeDataset(catalog: c.Catalog, classNames: readonly string[], name = 'set') {
  const datasetId = c.ensureDataset(catalog, name, '/photos', '/photos');
  const classes = c.ensureClasses(catalog, datasetId, classNames);
  return { datasetId, classes };
}

export function addImage(
  catalog: c.Catalog,
  datasetId: number,
  path: string,
  classId: number | null,
  more: { split?: string; origin?: string } = {},
): number {
  return catalog.run(
    `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, split, created_at)
     VALUES (?, ?, ?, ?, 10, 4, 3, 'png', ?, ?, 0)`,
    datasetId,
    more.origin ?? 'real',
    path,
    `hash of ${path}`,
    classId,
    more.split ?? null,
  ).id;
}

/** A scorer over all classes of the dataset; `rows`: image id -> probabilities in class order. */
export function addProbabilities(
  catalog: c.Catalog,
  datasetId: number,
  rows: ReadonlyMap<number, readonly number[]>,
  name = 'scorer',
): number {
  const classIds = c.classesOf(catalog, datasetId).map((k) => k.id);
  return c.addScorer(
    catalog,
    {
      datasetId,
      name,
      method: 'precomputed',
      modelId: '',
      modelName: 'test',
      modelHash: '',
      classIds,
      probes: null,
      params: {},
    },
    { imageIds: [...rows.keys()], probabilities: Float32Array.from([...rows.values()].flat()) },
  );
}
