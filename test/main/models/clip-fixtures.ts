/** Owns the folders of test/fixtures/clip: tiny CLIPs of both towers as transformers saves them (scripts/fixtures/clip.py). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { numbers, parameter } from './vision-fixtures.ts';

export interface ClipFixture {
  /** Side of the images. */
  size: number;
  texts: string[];
  /** Text files of the folder, as they are. */
  files: Record<string, string>;
  /** Shapes by name. */
  parameters: Record<string, number[]>;
  logitScale: number;
  /** Of unit length. */
  textEmbeds: number[][];
  imageEmbeds: number[][];
  logitsPerImage: number[][];
  /** Of the two images with the first two texts. */
  contrastiveLoss: number;
  /** Softmax of those: the zero-shot probabilities of the texts. */
  probabilities: number[][];
  clipScore: number[][];
}

const folder = join(import.meta.dirname, '../../fixtures/clip');

export const clipCases = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

export const readClipFixture = (name: string): ClipFixture =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

/** The bytes of the two images: u8[2,size,size,3]. */
export const clipImages = ({ size }: ClipFixture): Uint8Array =>
  Uint8Array.from(numbers('image', 2 * size * size * 3), (v) => (v + 1) * 128);

/** Writes the folder as the library would have. */
export function writeClipFixture(to: string, { files, parameters }: ClipFixture): string {
  mkdirSync(to, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(to, name), text);
  const index = files['model.safetensors.index.json'];
  const fileOf: Record<string, string> = index ? JSON.parse(index).weight_map : {};
  const stored = Object.entries(parameters).map(([name, shape]) => ({
    name,
    file: fileOf[name] ?? 'model.safetensors',
    tensor: { shape, data: parameter(name, shape) },
  }));
  for (const [file, own] of Map.groupBy(stored, (one) => one.file))
    writeSafetensors(join(to, file), Object.fromEntries(own.map(({ name, tensor }) => [name, tensor])));
  return to;
}
