/** Owns the demo dataset on disk: PNG scenes in class folders, and the drawn factors beside them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderScene, sceneClasses } from '../../core/scenes/scenes.ts';
import { encodePng } from '../../main/images/png.ts';
import { writeTold } from '../write-told.ts';
import type { DemoOptions } from './state.ts';

/** Ground truth of every scene, one JSON object a line; no image, so no import reads it. */
export const factorsFile = 'factors.jsonl';

export interface FactorLine {
  path: string; // relative to the dataset, with /
  label: string;
  seed: number;
  factors: Record<string, number>; // strength in [0,1]
}

/** Far from the seeds that the built-in models were trained on: the demo shows them pictures they never saw. */
const firstSeed = 1_500_000_000;

/** Draws what is not there yet (a stopped demo goes on). The same options give the same bytes. */
export async function writeDemoDataset(
  folder: string,
  { perClass, size, seed }: DemoOptions,
  onProgress: (done: number, total: number) => void,
): Promise<{ images: number; classes: number }> {
  const total = perClass * sceneClasses.length;
  const lines: string[] = [];
  for (const [classIndex, label] of sceneClasses.entries()) {
    for (let i = 0; i < perClass; i++) {
      const path = `${label}/${String(i + 1).padStart(4, '0')}.png`;
      const scene = renderScene({
        classIndex,
        seed: firstSeed + seed * 20_000 + i,
        size,
        distribution: 'demo',
      });
      const file = join(folder, path);
      if (!existsSync(file)) {
        const png = await encodePng(scene.pixels, size, size, {});
        writeTold(file, png);
      }
      const line: FactorLine = {
        path,
        label,
        seed: firstSeed + seed * 20_000 + i,
        factors: rounded(scene.factors),
      };
      lines.push(JSON.stringify(line));
      onProgress(lines.length, total);
    }
  }
  writeTold(join(folder, factorsFile), `${lines.join('\n')}\n`);
  return { images: total, classes: sceneClasses.length };
}

/** Every line of `factors.jsonl`, by path. */
export function readFactors(folder: string): Map<string, FactorLine> {
  const rows = readFileSync(join(folder, factorsFile), 'utf8').trim().split('\n');
  return new Map(
    rows.map((text) => {
      const line = JSON.parse(text) as FactorLine;
      return [line.path, line];
    }),
  );
}

const rounded = (factors: Record<string, number>) =>
  Object.fromEntries(Object.entries(factors).map(([name, v]) => [name, Math.round(v * 1e4) / 1e4]));
