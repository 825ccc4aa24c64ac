/**
 * Owns the folders of test/fixtures/vision: tiny image networks as timm, transformers and torchvision save them. Their
 * weights are made here by the rule of scripts/fixtures/vision.py.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numel } from '../../../src/core/graph/value.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';

export interface VisionFixture {
  library: string;
  /** Side of the pictures. */
  size: number;
  /** JSON files of the folder. */
  files: Record<string, Record<string, unknown>>;
  /** By name: type and shape. */
  parameters: Record<string, [dtype: string, shape: number[]]>;
  /** Of two pictures. */
  features: number[][];
  logits: number[][] | null;
}

const folder = join(import.meta.dirname, '../../fixtures/vision');

export const visionCases = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

export const readFixture = (name: string): VisionFixture =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

/** Numbers in [-1,1): a hash of the name (FNV-1a), and of each place (the last steps of MurmurHash3). */
export function numbers(name: string, count: number): number[] {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return Array.from({ length: count }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b9) + seed) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    return (x >>> 8) / 2 ** 23 - 1;
  });
}

/** Of the usual size for its place: vectors around one, biases and means around zero, matrices by their inputs. */
export function parameter(name: string, shape: readonly number[]): Float32Array {
  const scale = Math.sqrt(3 / numel(shape.slice(1)));
  return Float32Array.from(numbers(name, numel(shape)), (v) => {
    if (shape.length >= 2) return scale * v;
    return /(bias|running_mean)$/.test(name) ? 0.3 * v : 1 + 0.3 * v;
  });
}

/** Writes the folder as the library would have. */
export function writeFixture(to: string, { files, parameters }: VisionFixture): string {
  mkdirSync(to, { recursive: true });
  for (const [name, json] of Object.entries(files)) writeFileSync(join(to, name), JSON.stringify(json));
  const weights = Object.entries(parameters).flatMap(([name, [dtype, shape]]) =>
    dtype === 'F32' ? [[name, { shape, data: parameter(name, shape) }] as const] : [],
  );
  writeSafetensors(join(to, 'model.safetensors'), Object.fromEntries(weights));
  return to;
}
