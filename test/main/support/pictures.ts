/** Owns small picture folders and a small ONNX classifier for job tests: colours stand for classes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input } from '../../../src/core/graph/value.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { encodePng } from '../../../src/main/images/png.ts';
import type { OnnxClassifierSpec } from '../../../src/shared/domain/model.ts';

export const colours = ['blue', 'green', 'red'] as const;
const channel: Record<string, number> = { red: 0, green: 1, blue: 2 };

/** A noisy picture whose strongest channel is the colour's; `strength` 0 is grey noise, 1 plain. */
export async function picture(colour: string, seed: number, strength = 0.5, side = 24): Promise<Uint8Array> {
  const rng = rngFromSeed(seed, colour);
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < pixels.length; i++) {
    const wanted = i % 3 === channel[colour] ? 1 : 0;
    pixels[i] = Math.round(255 * (strength * wanted + (1 - strength) * rng.uniform()));
  }
  return await encodePng(pixels, side, side);
}

/** folder/<colour>/<nn>.png for each colour. Files are the same for the same arguments. */
export async function makeFolder(folder: string, perClass: number, side = 24): Promise<string> {
  for (const colour of colours) {
    mkdirSync(join(folder, colour), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const bytes = await picture(colour, i, 0.05 + 0.4 * ((i % 10) / 10), side);
      writeFileSync(join(folder, colour, `${String(i).padStart(3, '0')}.png`), bytes);
    }
  }
  return folder;
}

export function put(file: string, content: Uint8Array | string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** Mean colour as features, ten times it as logits. One picture at a time, as many exported models are. */
export function writeClassifier(file: string): string {
  const image = input('image', [1, 3, 8, 8]);
  const features = f.reshape(f.mean(image, [2, 3]), [1, 3]);
  const { bytes } = encodeGraph({ features, logits: f.mul(features, 10) });
  put(file, bytes);
  return file;
}

export const classifierSpec: OnnxClassifierSpec = {
  input: 'image',
  layout: 'NCHW',
  width: 8,
  height: 8,
  channels: 3,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  resize: 'stretch',
  logits: 'logits',
  features: 'features',
  labels: ['red', 'green', 'blue'],
};
