/**
 * Owns one part of a model folder: its config and its weights, which stay in the .safetensors file they are in.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WeightBytes } from '../../../core/graph/emit.ts';
import type { StoredParameter } from '../../../core/nn/params.ts';
import { hashFile } from '../images/hash.ts';
import { openSafetensors } from '../safetensors.ts';

export interface StoredPart<Config> {
  folder: string;
  file: string;
  config: Config;
  table: ReadonlyMap<string, StoredParameter>;
  /** Where a weight's bytes lie, relative to `folder`. */
  locate(name: string): WeightBytes;
  hash(): Promise<string>;
}

/** Reads a JSON file of a model; the error names the file and what it is for. */
export function readModelJson<T>(file: string, what: string): T {
  if (!existsSync(file)) throw new Error(`${file} is missing: ${what}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${file} is not valid JSON (${(error as Error).message}): ${what}`);
  }
}

const storedTypes: Record<string, StoredParameter['dtype']> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

/** Opens `folder`/config.json and the first of `weightFiles` that exists. Nothing is converted or copied. */
export function openPart<Config>(
  folder: string,
  what: string,
  weightFiles: readonly string[],
): StoredPart<Config> {
  const config = readModelJson<Config>(join(folder, 'config.json'), `the ${what}'s config`);
  const name = weightFiles.find((w) => existsSync(join(folder, w)));
  if (!name) {
    throw new Error(`${folder}: no weights of the ${what}; wanted ${weightFiles.join(' or ')} (safetensors)`);
  }
  return { ...openWeights(join(folder, name)), config };
}

/** The weights of one .safetensors file, without a config. */
export function openWeights(path: string): Omit<StoredPart<null>, 'config'> {
  const folder = dirname(path);
  const stored = openSafetensors(path);
  const table = new Map<string, StoredParameter>();
  const places = new Map<string, { offset: number; length: number }>();
  for (const [tensor, t] of stored.tensors) {
    const dtype = storedTypes[t.dtype];
    if (!dtype) continue; // integer tables, such as position ids, are no parameters
    table.set(tensor, { shape: t.shape, dtype });
    places.set(tensor, { offset: t.offset, length: t.length });
  }
  stored.close();
  const location = path.slice(folder.length + 1);
  return {
    folder,
    file: path,
    table,
    locate(tensor) {
      const place = places.get(tensor);
      if (!place) throw new Error(`${path}: no tensor ${tensor}`);
      return { external: { location, ...place } };
    },
    hash: () => hashFile(path),
  };
}
