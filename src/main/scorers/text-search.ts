/** Owns finding images by a text: their stored features, in the order of their cosines with it. */
import { imageTextCosines } from '../../core/metrics/clip-score.ts';
import type { FoundImages, ImageSearch } from '../../shared/domain/image.ts';
import {
  type Catalog,
  findEmbeddingSet,
  loadEmbeddings,
  presentImages,
  requireDataset,
} from '../catalog/index.ts';
import { textTowerOf } from '../models/encoder.ts';
import { openEncoder } from '../models/open-encoder.ts';

/** No file of an image is read. */
export async function imagesLike(
  catalog: Catalog,
  { datasetId, modelId, text, count }: ImageSearch,
): Promise<FoundImages> {
  const encoder = await openEncoder(catalog, modelId, { provider: 'cpu', threads: 1 });
  try {
    const tower = textTowerOf(encoder, 'Text search');
    requireDataset(catalog, datasetId);
    const total = presentImages(catalog, datasetId);
    const set = findEmbeddingSet(catalog, datasetId, encoder.hash);
    const stored = set && loadEmbeddings(catalog, set);
    if (!stored || stored.ids.length === 0) return { ids: [], cosines: [], missing: total };
    const { ids, vectors, dim } = stored;
    const cosines = imageTextCosines(vectors, await tower.embed([text]), dim);
    const order = [...ids.keys()].sort((a, b) => cosines[b] - cosines[a] || ids[a] - ids[b]).slice(0, count);
    return {
      ids: order.map((at) => ids[at]),
      // Four digits tell more than a cosine means; the answer crosses as text.
      cosines: order.map((at) => Math.round(cosines[at] * 1e4) / 1e4),
      missing: Math.max(0, total - ids.length),
    };
  } finally {
    await encoder.close();
  }
}
