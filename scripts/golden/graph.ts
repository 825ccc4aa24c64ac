/** Owns the running of the product's graphs for the cases: compile, feed, compare with the oracle's tensors. */
import { input, type Value } from '../../src/core/graph/value.ts';
import { frozenSource, type ParameterSource } from '../../src/core/nn/params.ts';
import { openSafetensors } from '../../src/main/files/safetensors.ts';
import { openWeights, type StoredPart } from '../../src/main/models/stored-part.ts';
import { openGraph } from '../../src/main/runtime/open-graph.ts';
import type { RuntimeOptions, Tensor } from '../../src/main/runtime/runtime.ts';
import type { OracleCase, OracleTensor, OracleTensors } from './case.ts';
import { type Check, compare, failure, type Tolerance } from './compare.ts';

export interface GoldenOptions {
  runtime: RuntimeOptions;
  /** Tolerances are multiplied by it: 1 on the CPU, more where a provider computes otherwise. */
  toleranceFactor: number;
}

/** Some checks of a case that stand or fall together, and what they are called. */
export interface Part {
  name: string;
  run(): Promise<Check[]>;
}

export interface CaseRun {
  parts: Part[];
  close?(): Promise<void>;
}

export type Feeds = Record<string, Tensor>;

export const feed = (t: OracleTensor): Tensor => ({ dims: t.shape, data: t.data });

/** Integers, which oracle files hold as whole float32 numbers. @throws where one is not whole. */
export function feedIntegers(t: OracleTensor): Tensor {
  return { dims: t.shape, data: BigInt64Array.from(t.data, (v) => BigInt(v)) };
}

/** The first `n` rows. */
export function firstRows(t: OracleTensor, n: number): OracleTensor {
  const rows = t.shape[0];
  if (n > rows) throw new Error(`${rows} rows, wanted ${n}`);
  return { shape: [n, ...t.shape.slice(1)], data: t.data.subarray(0, (t.data.length / rows) * n) };
}

/** Compiles and runs once. Feeds may hold more than the graph uses. */
export async function evaluate(
  options: GoldenOptions,
  outputs: Record<string, Value>,
  feeds: Feeds,
  weights?: Pick<StoredPart<null>, 'locate' | 'folder'>,
): Promise<Record<string, OracleTensor>> {
  const session = await openGraph(outputs, options.runtime, weights);
  try {
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, t]) => [
        name,
        { shape: [...t.dims], data: t.data as Float32Array },
      ]),
    );
  } finally {
    await session.close();
  }
}

/** Compares each result with the tensor of its name, by the tolerances of the case's meta.json. */
export function against(
  options: GoldenOptions,
  c: OracleCase,
  io: OracleTensors,
): (got: Record<string, OracleTensor>) => Check[] {
  return (got) =>
    Object.entries(got).map(([name, tensor]) => {
      if (!c.hasTolerance(name)) return failure(name, 'meta.json has no tolerance for it');
      return compare(name, scalarAs(tensor, io.get(name)), io.get(name), scaled(options, c.tolerance(name)));
    });
}

/** A scalar loss is [] in a graph and [1] in the files. */
const scalarAs = (got: OracleTensor, want: OracleTensor): OracleTensor =>
  got.shape.length === 0 && `${want.shape}` === '1' ? { ...got, shape: [1] } : got;

export function scaled(options: GoldenOptions, t: Tolerance): Tolerance {
  const times = (bound: number | null | undefined) =>
    bound == null ? bound : bound * options.toleranceFactor;
  return options.toleranceFactor === 1 ? t : { ...t, max_abs: times(t.max_abs), rel_l2: times(t.rel_l2) };
}

/**
 * Parameters of a stored file: those `wanted` are graph inputs, so that they have gradients, and all others stay in
 * the file as initializers. `inputs` collects the former, `asked` what the network used at all.
 */
export function partlyTrainable(
  table: StoredPart<null>['table'],
  wanted: ReadonlySet<string>,
): ParameterSource & { inputs: Map<string, Value>; asked: Set<string> } {
  const frozen = frozenSource(table);
  const inputs = new Map<string, Value>();
  return {
    inputs,
    asked: frozen.asked,
    has: (name) => frozen.has(name),
    parameter(name, shape) {
      const stored = frozen.parameter(name, shape);
      if (!wanted.has(name)) return stored;
      const value = inputs.get(name) ?? input(name, shape);
      inputs.set(name, value);
      return value;
    },
  };
}

/** Values of some tensors of a weights file, to feed them. */
export function feedsFrom(file: string, names: Iterable<string>): Feeds {
  const stored = openSafetensors(file);
  const feeds: Feeds = {};
  for (const name of names) feeds[name] = { dims: stored.tensors.get(name)!.shape, data: stored.read(name) };
  stored.close();
  return feeds;
}

/** The weights and config of a case that is a single network, by the product's reading of its config. */
export function openNetwork<Config>(
  c: OracleCase,
  file: string,
  configOf: (json: unknown) => Config,
  folder = '',
) {
  const at = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  return { config: configOf(c.json(at('config.json'))), weights: openWeights(c.path(at(file))) };
}

/** Names of the file that the network did not ask for. */
export const leftOver = (table: ReadonlyMap<string, unknown>, asked: ReadonlySet<string>): string[] =>
  [...table.keys()].filter((name) => !asked.has(name));
