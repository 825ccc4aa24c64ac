/** Owns the demo dataset on disk: PNG scenes in class folders, and the drawn factors beside them. */
import type { DemoOptions } from './state.ts';

/** Ground truth of every scene, one JSON object a line; no image, so no import reads it. */
export const factorsFile = 'factors.jsonl';

export interface FactorLine {
  path: string; // relative to the dataset, with /
  label: string;
  seed: number;
  factors: Record<string, number>; // strength in [0,1]
}

export async function writeDemoDataset(
  _folder: string,
  _options: DemoOptions,
  _onProgress: (done: number, total: number) => void,
): Promise<{ images: number; classes: number }> {
  throw new Error('not yet');
}
