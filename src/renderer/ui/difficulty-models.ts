/** Owns which difficulty models a dataset's images can be made with. */
import type { ModelEntry } from '../../shared/domain/model.ts';

export const newestFirst = (a: ModelEntry, b: ModelEntry): number => b.createdAt - a.createdAt;

/** Those that were trained on it, the newest first, then those that were added from elsewhere. */
export function difficultyModels(models: readonly ModelEntry[], datasetId: number): ModelEntry[] {
  const usable = models.filter((m) => m.kind === 'difficulty-adapter' && m.usable).sort(newestFirst);
  return [...usable.filter((m) => m.datasetId === datasetId), ...usable.filter((m) => m.datasetId === null)];
}
