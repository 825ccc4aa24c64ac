/** Owns a catalog of any size: drawn by SQLite itself, without a file behind any image. */
import {
  addScorer,
  type Catalog,
  classesOf,
  ensureClasses,
  ensureDataset,
} from '../../src/main/catalog/index.ts';

/** A dataset "big" of `n` real images in two classes in turn; difficulties spread evenly over [0, 1). */
export function fillCatalog(catalog: Catalog, n: number): { datasetId: number; firstClassId: number } {
  const datasetId = ensureDataset(catalog, 'big', '/big', '/big');
  ensureClasses(catalog, datasetId, ['x', 'y']);
  const classIds = classesOf(catalog, datasetId).map(({ id }) => id);
  catalog.write(() => {
    catalog.run(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
       INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, created_at)
       SELECT ?, 'real', printf('c%d/%07d.jpg', i % 2, i), printf('%064d', i), 1, 4, 4, 'jpeg',
         CASE i % 2 WHEN 0 THEN ? ELSE ? END, 0 FROM n`,
      n,
      datasetId,
      classIds[0],
      classIds[1],
    );
    const scorerId = addScorer(
      catalog,
      {
        datasetId,
        name: 's',
        method: 'precomputed',
        modelId: '',
        modelName: '',
        modelHash: '',
        classIds,
        probes: null,
        params: {},
      },
      { imageIds: [], probabilities: new Float32Array() },
    );
    catalog.run(
      `INSERT INTO scores (scorer_id, image_id, difficulty, entropy, margin, predicted_class_id)
       SELECT ?, id, (id * 7919 % 10007) / 10007.0, 0.1, 0.2, class_id FROM images WHERE dataset_id = ?`,
      scorerId,
      datasetId,
    );
  });
  return { datasetId, firstClassId: classIds[0] };
}
