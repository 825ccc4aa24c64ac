/** Owns feature vectors: one set per dataset and model, one vector per image. */
import { firstNotFinite } from '../../core/finite.ts';
import { blobOfF32, f32OfBlob } from './blobs.ts';
import { type Catalog, CatalogError } from './open.ts';

export interface EmbeddingSet {
  id: number;
  modelId: string;
  modelName: string;
  modelHash: string;
  dim: number;
}

const COLUMNS = 'id, model_id AS modelId, model_name AS modelName, model_hash AS modelHash, dim';

export const findEmbeddingSet = (
  catalog: Catalog,
  datasetId: number,
  modelHash: string,
): EmbeddingSet | undefined =>
  catalog.get<EmbeddingSet>(
    `SELECT ${COLUMNS} FROM embedding_sets WHERE dataset_id = ? AND model_hash = ?`,
    datasetId,
    modelHash,
  );

/** Whether there are features of a model under another hash: of other weights, or of images prepared in another way. */
export const hasOtherEmbeddings = (
  catalog: Catalog,
  datasetId: number,
  modelId: string,
  modelHash: string,
): boolean =>
  catalog.get(
    'SELECT 1 FROM embedding_sets WHERE dataset_id = ? AND model_id = ? AND model_hash <> ? LIMIT 1',
    datasetId,
    modelId,
    modelHash,
  ) !== undefined;

export function ensureEmbeddingSet(
  catalog: Catalog,
  datasetId: number,
  model: { id: string; name: string; hash: string; dim: number },
): EmbeddingSet {
  return catalog.write(() => {
    const known = findEmbeddingSet(catalog, datasetId, model.hash);
    if (known) return known;
    const { id } = catalog.run(
      'INSERT INTO embedding_sets (dataset_id, model_id, model_name, model_hash, dim, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      datasetId,
      model.id,
      model.name,
      model.hash,
      model.dim,
      Date.now(),
    );
    return { id, modelId: model.id, modelName: model.name, modelHash: model.hash, dim: model.dim };
  });
}

export const countEmbeddings = (catalog: Catalog, { id }: Pick<EmbeddingSet, 'id'>): number =>
  catalog.value<number>('SELECT COUNT(*) FROM embeddings WHERE set_id = ?', id)!;

/** features: f32[n,dim]; logits: f32[n,labels] or null. One transaction. @throws rather than store what is not finite. */
export function addEmbeddings(
  catalog: Catalog,
  set: EmbeddingSet,
  imageIds: readonly number[],
  features: Float32Array,
  logits: Float32Array | null,
): void {
  const width = logits ? logits.length / imageIds.length : 0;
  for (const values of [features, logits ?? new Float32Array()]) {
    const bad = firstNotFinite(values);
    if (bad >= 0) {
      const row = Math.floor((bad * imageIds.length) / values.length);
      throw new Error(
        `embeddings: ${set.modelName} gives ${values[bad]} for image ${imageIds[row]}; use another model`,
      );
    }
  }
  catalog.write(() => {
    imageIds.forEach((imageId, i) => {
      catalog.run(
        'INSERT OR REPLACE INTO embeddings (set_id, image_id, vector, logits) VALUES (?, ?, ?, ?)',
        set.id,
        imageId,
        blobOfF32(features.slice(i * set.dim, (i + 1) * set.dim)),
        logits ? blobOfF32(logits.slice(i * width, (i + 1) * width)) : null,
      );
    });
  });
}

/** Ids of present images without a vector in this set, ascending. */
export const imagesWithoutEmbedding = (catalog: Catalog, datasetId: number, setId: number): number[] =>
  catalog.column<number>(
    `SELECT id FROM images WHERE dataset_id = ? AND present = 1
       AND NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.set_id = ? AND e.image_id = images.id) ORDER BY id`,
    datasetId,
    setId,
  );

export interface LoadedEmbeddings {
  ids: Uint32Array<ArrayBuffer>;
  /** f32[n,dim], rows in the order of ids. */
  vectors: Float32Array<ArrayBuffer>;
  dim: number;
}

/** Vectors of present images, ascending by id; `which` picks the stored column. */
export function loadEmbeddings(
  catalog: Catalog,
  set: EmbeddingSet,
  options: { origin?: 'real' | 'synthetic'; which?: 'vector' | 'logits' } = {},
): LoadedEmbeddings {
  const which = options.which ?? 'vector';
  const from = `FROM embeddings e JOIN images i ON i.id = e.image_id
     WHERE e.set_id = ? AND i.present = 1 AND e.${which} IS NOT NULL ${options.origin ? 'AND i.origin = ?' : ''}`;
  const values = options.origin ? [set.id, options.origin] : [set.id];
  // One by one: all rows at once would hold every vector twice.
  const { n, bytes } = catalog.get<{ n: number; bytes: number | null }>(
    `SELECT COUNT(*) AS n, MAX(LENGTH(e.${which})) AS bytes ${from}`,
    ...values,
  )!;
  const dim = bytes === null ? set.dim : bytes / 4;
  const vectors = new Float32Array(n * dim);
  const ids = new Uint32Array(n);
  let at = 0;
  const broken: number[] = [];
  const rows = catalog.statement(`SELECT i.id, e.${which} AS blob ${from} ORDER BY i.id`).iterate(...values);
  for (const row of rows as Iterable<{ id: number; blob: Uint8Array }>) {
    const vector = f32OfBlob(row.blob);
    if (vector.length !== dim || at === n)
      throw new Error(
        `embeddings: image ${row.id} has ${vector.length} numbers, expected ${dim}; embed it again`,
      );
    if (firstNotFinite(vector) >= 0) broken.push(row.id);
    vectors.set(vector, at * dim);
    ids[at++] = row.id;
  }
  if (broken.length > 0) {
    // Of an earlier version, which stored what came: they are recomputed where they are missing.
    const { changes } = catalog.run(
      'DELETE FROM embeddings WHERE set_id = ? AND image_id IN (SELECT value FROM json_each(?))',
      set.id,
      JSON.stringify(broken),
    );
    throw new CatalogError(
      'invalid',
      `the stored features of ${changes} images by ${set.modelName} were not finite (earlier versions stored such) and were removed; run the job again, which recomputes them`,
    );
  }
  // Another program may have taken images away between count and read.
  return { ids: ids.subarray(0, at), vectors: vectors.subarray(0, at * dim), dim };
}

/** Takes away everything that was derived from an image's old bytes. */
export function forgetDerived(catalog: Catalog, imageId: number): void {
  catalog.run('DELETE FROM embeddings WHERE image_id = ?', imageId);
  catalog.run('DELETE FROM scores WHERE image_id = ?', imageId);
}
