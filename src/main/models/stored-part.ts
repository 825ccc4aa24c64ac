/**
 * Owns one part of a model folder: its config and its weights, which stay in the .safetensors files they are in.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { WeightBytes } from '../../core/graph/emit.ts';
import type { StoredParameter } from '../../core/nn/params.ts';
import { hashFile } from '../files/hash.ts';
import { combinedHash } from '../files/hash-folder.ts';
import { openSafetensors, openShardedSafetensors } from '../files/safetensors.ts';
import { readJson } from '../files/user-json.ts';
import { folderForm, sentence } from '../files/what-it-is.ts';
import { withinFile } from '../files/within-file.ts';

export interface StoredPart<Config> {
  folder: string;
  /** The weights' file, or the index of their shards. */
  file: string;
  config: Config;
  table: ReadonlyMap<string, StoredParameter>;
  /** Names in the file that are no parameters: integer tables, and empty tensors, which some files use as marks. */
  others: readonly string[];
  /** What the file's header says of itself; of shards, nothing. */
  metadata: Readonly<Record<string, string>>;
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
  ['F8_E4M3', 'f8e4m3'],
  ['F8_E5M2', 'f8e5m2'],
]);

const isIndex = (path: string): boolean => /\.safetensors\.index(\.[\w-]+)?\.json$/.test(path);

/**
 * The file of a part's weights, or the index of its shards, as the libraries that write such folders name them: `stem`,
 * and where the weights are a variant (fp16, bf16, non_ema, or any other) its name. The full weights go first, then half
 * precision; those of before the averaging (non_ema) go last. Null where there is none.
 */
function findWeights(folder: string, stem: string): string | null {
  const variantOf = new Map<string, string>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const inName = name.startsWith(`${stem}.`) ? name.slice(stem.length) : '';
    const found =
      /^(?:\.(?<whole>[\w-]+))?\.safetensors$/.exec(inName) ??
      /^\.safetensors\.index(?:\.(?<index>[\w-]+))?\.json$/.exec(inName);
    const variant = found && (found.groups?.whole ?? found.groups?.index ?? '');
    // A shard is found by its index.
    if (variant !== null && !/-\d+-of-\d+$/.test(variant)) variantOf.set(name, variant);
  }
  const order = ['', 'fp32', 'fp16', 'bf16'];
  const rank = (variant: string) => {
    const at = order.indexOf(variant);
    return variant === 'non_ema' ? order.length + 1 : at < 0 ? order.length : at;
  };
  const names = [...variantOf.keys()].sort(
    (a, b) => rank(variantOf.get(a)!) - rank(variantOf.get(b)!) || (a < b ? -1 : 1),
  );
  return names.length > 0 ? join(folder, names[0]) : null;
}

/**
 * Opens `folder`/config.json and the weights named `stem`. Nothing is converted or copied.
 * @param configOf reads the config; @throws what is not computed here.
 */
export function openPart<Config>(
  folder: string,
  what: string,
  stem: string,
  configOf: (json: unknown) => Config,
): StoredPart<Config> {
  const config = readConfig(join(folder, 'config.json'), what, configOf);
  const file = findWeights(folder, stem);
  if (!file) {
    const form = folderForm(readdirSync(folder));
    throw new Error(
      `${folder}: ${form ? sentence(form) : `no weights of the ${what}`}; expected ${stem}.safetensors, a variant of it (${stem}.fp16.safetensors), or the index of its shards`,
    );
  }
  return { ...openWeights(file), config };
}

/** Names that CLIP's towers have below the name of the model around them. */
const inTower = /^(embeddings|encoder|final_layer_norm|pre_layrnorm|post_layernorm)\./;

/**
 * A CLIP tower with its names below `prefix` ("text_model."), whichever way the file has them: transformers 5 saves a
 * tower alone without it.
 */
export function underPrefix<Config>(part: StoredPart<Config>, prefix: string): StoredPart<Config> {
  if ([...part.table.keys()].some((name) => name.startsWith(prefix))) return part;
  const bare = new Map(
    [...part.table.keys()].map((name) => [inTower.test(name) ? prefix + name : name, name]),
  );
  return {
    ...part,
    table: new Map([...bare].map(([name, stored]) => [name, part.table.get(stored)!])),
    locate: (name) => part.locate(bare.get(name) ?? name),
  };
}

/** A part with its names without `prefix`. */
export function withoutPrefix<Config>(part: StoredPart<Config>, prefix: string): StoredPart<Config> {
  const stored = new Map(
    [...part.table.keys()].map((name) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, name]),
  );
  return {
    ...part,
    table: new Map([...stored].map(([bare, name]) => [bare, part.table.get(name)!])),
    locate: (bare) => part.locate(stored.get(bare) ?? bare),
  };
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

/**
 * The weights of one .safetensors file, or of the shards of an index, without a config. Links are followed to where the
 * bytes lie (model caches and shared disks are made of them): ONNX Runtime reads no weights through one.
 */
export function openWeights(path: string): Omit<StoredPart<null>, 'config'> {
  const stored = openTensors(path);
  stored.close();
  const scales = [...stored.tensors.keys()].find((name) =>
    /(^|\.)(scaled_fp8|scale_weight|weight_scale)$/.test(name),
  );
  if (scales) {
    throw new Error(
      `${path}: its weights are scaled 8-bit numbers (${scales}), which are not read; use the model in F16, BF16 or plain F8`,
    );
  }
  // Tables of a training's schedule may be: vectors, which no network reads.
  const double = [...stored.tensors].find(([, { dtype, shape }]) => dtype === 'F64' && shape.length > 1);
  if (double) {
    throw new Error(
      `${path}: weights are F64 (${double[0]}); Crux reads F32, F16, BF16 and 8-bit floats; save them in F32`,
    );
  }
  const table = new Map<string, StoredParameter>();
  for (const [tensor, { dtype: name, shape }] of stored.tensors) {
    const dtype = storedTypes.get(name);
    // Integer tables, such as position ids, are no parameters, and what is empty is none either.
    if (dtype && !shape.includes(0)) table.set(tensor, { shape, dtype });
  }
  const files = [...new Set([...stored.tensors.values()].map(({ file }) => file))].sort();
  const real = new Map(files.map((file) => [file, realpathSync(file)]));
  const folder = commonFolder([...real.values()], dirname(path));
  return {
    folder,
    file: path,
    table,
    others: [...stored.tensors.keys()].filter((name) => !table.has(name)),
    metadata: stored.metadata,
    locate(tensor) {
      const place = stored.tensors.get(tensor);
      if (!place || !table.has(tensor)) throw new Error(`${path}: no tensor ${tensor}`);
      const { file, offset, length } = place;
      const location = relative(folder, real.get(file)!).split(sep).join('/');
      return { external: { location, offset, length } };
    },
    hash: async () =>
      files.length === 1 ? await hashFile(files[0]) : combinedHash(await Promise.all(files.map(hashFile))),
  };
}

/** The deepest folder that all `files` are in. */
function commonFolder(files: readonly string[], fallback: string): string {
  if (files.length === 0) return fallback;
  return files.map(dirname).reduce((common, folder) => {
    let at = common;
    while (relative(at, folder).startsWith('..') && dirname(at) !== at) at = dirname(at);
    return at;
  });
}
