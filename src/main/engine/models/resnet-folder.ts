/**
 * Owns writing a residual classifier as a folder: config.json (network, picture size, class names), model.safetensors,
 * and the training dynamics. The built-in encoder is such a folder without dynamics; vision-folder.ts opens them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingDynamics } from '../../../core/difficulty/dynamics.ts';
import type { ResnetConfig } from '../../../core/nn/resnet.ts';
import { writeSafetensors } from '../safetensors.ts';

export interface ResnetFile extends ResnetConfig {
  /** Side of the square pictures, in pixels. */
  image_size: number;
  /** Class names, in the order of the logits. */
  labels: string[];
}

export type ResnetWeights = Map<string, { shape: readonly number[]; data: Float32Array }>;

export async function writeResnet(
  folder: string,
  o: {
    config: ResnetFile;
    weights: ResnetWeights;
    dynamics: TrainingDynamics;
    /** One for each row of the dynamics. */
    imageIds: readonly number[];
    /** Rows that only measured: nothing was learned from them. */
    heldOut: readonly number[];
  },
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(o.weights), { format: 'pt' });
  json('config.json', { _class_name: 'CruxResnet', ...o.config });
  const { dynamics: d } = o;
  const heldOut = new Set(o.heldOut);
  json(
    'dynamics.json',
    o.imageIds.map((imageId, i) => ({
      imageId,
      confidence: d.confidence[i],
      variability: d.variability[i],
      correctness: d.correctness[i],
      forgetting: d.forgetting[i],
      heldOut: heldOut.has(i),
    })),
  );
}
