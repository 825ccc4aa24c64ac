/**
 * Owns one part of a model folder: its config and its weights, which stay in the .safetensors files they are in.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WeightBytes } from '../../../core/graph/emit.ts';
import type { StoredParameter } from '../../../core/nn/params.ts';
import { hashFile } from '../images/hash.ts';
import { openSafetensors, openShardedSafetensors, refusePickle } from '../safetensors.ts';
import { readJson } from '../user-json.ts';
import { withinFile } from '../within-file.ts';
import { combinedHash } from './hash-folder.ts';

export interface StoredPart<Config> {
  folder: string;
  /** The weights' file, or the index of their shards. */
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
    return readJson(file) as T;
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${what}`, { cause: error });
  }
}

const storedTypes = new Map<string, StoredParameter['dtype']>([
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
]);

/**
 * The files that a part's weights may be in: whole or in shards (their index), in full or in the half-precision
 * variant, as the libraries that write such folders name them.
 */
export const weightFiles = (stem: string): string[] => [
  `${stem}.safetensors`,
  `${stem}.safetensors.index.json`,
  `${stem}.fp16.safetensors`,
  `${stem}.safetensors.index.fp16.json`,
];

const isIndex = (path: string): boolean => /\.index(\.fp16)?\.json$/.test(path);

/**
 * Opens `folder`/config.json and the first of `names` that exists. Nothing is converted or copied.
 * @param configOf reads the config; @throws what is not computed here.
 */
export function openPart<Config>(
  folder: string,
  what: string,
  names: readonly string[],
  configOf: (json: unknown) => Config,
): StoredPart<Config> {
  const config = readConfig(join(folder, 'config.json'), what, configOf);
  const name = names.find((candidate) => existsSync(join(folder, candidate)));
  if (!name) {
    const pickle = names
      .map((candidate) => join(folder, candidate.replace(/\.safetensors$/, '.bin')))
      .find((file) => file.endsWith('.bin') && existsSync(file));
    if (pickle) refusePickle(pickle);
    throw new Error(`${folder}: no weights of the ${what}; wanted ${names.join(' or ')} (safetensors)`);
  }
  return { ...openWeights(join(folder, name)), config };
}

/** @throws naming the file, and the field that `configOf` does not take. */
export function readConfig<Config>(file: string, what: string, configOf: (json: unknown) => Config): Config {
  const json = readModelJson<unknown>(file, `the ${what}'s config`);
  return withinFile(file, () => configOf(json));
}

const openTensors = (path: string) => (isIndex(path) ? openShardedSafetensors(path) : openSafetensors(path));

/** The values of some weights in f32, read anew. */
export function readTensors(
  { file }: Pick<StoredPart<unknown>, 'file'>,
  names: readonly string[],
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const stored = openTensors(file);
  try {
    return new Map(
      names.map((name) => [name, { shape: stored.tensors.get(name)!.shape, data: stored.read(name) }]),
    );
  } finally {
    stored.close();
  }
}

/** The weights of one .safetensors file, or of the shards of an index, without a config. */
export function openWeights(path: string): Omit<StoredPart<null>, 'config'> {
  const folder = dirname(path);
  const stored = openTensors(path);
  stored.close();
  const table = new Map<string, StoredParameter>();
  for (const [tensor, { dtype: name, shape }] of stored.tensors) {
    const dtype = storedTypes.get(name);
    // Integer tables, such as position ids, are no parameters, and what is empty is none either.
    if (dtype && !shape.includes(0)) table.set(tensor, { shape, dtype });
  }
  const files = [...new Set([...stored.tensors.values()].map(({ file }) => file))].sort();
  return {
    folder,
    file: path,
    table,
    locate(tensor) {
      const place = stored.tensors.get(tensor);
      if (!place || !table.has(tensor)) throw new Error(`${path}: no tensor ${tensor}`);
      const { file, offset, length } = place;
      return { external: { location: file.slice(folder.length + 1), offset, length } };
    },
    hash: async () =>
      files.length === 1 ? await hashFile(files[0]) : combinedHash(await Promise.all(files.map(hashFile))),
  };
}
