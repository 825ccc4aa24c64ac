/**
 * Owns the checks of low-rank adapters on a U-Net: the same matrices in each file layout of the folder must give
 * the same output, loss and gradients.
 */
import { join } from 'node:path';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import type { LowRankPair } from '../../../src/core/nn/adapters/lora-adapter.ts';
import { readLora } from '../../../src/core/nn/adapters/read-lora.ts';
import { type ParameterSource, paramsOf } from '../../../src/core/nn/params.ts';
import { unet2dCondition, unet2dConditionConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { openPart } from '../../../src/main/engine/models/stored-part.ts';
import { openSafetensors } from '../../../src/main/engine/safetensors.ts';
import type { OracleCase, OracleTensor } from '../case.ts';
import { type Check, compare, failure, same, type Tolerance } from '../compare.ts';
import {
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  feedsFrom,
  type GoldenOptions,
  partlyTrainable,
  scaled,
} from '../graph.ts';
import { gradientOf, UNET_WEIGHTS, unetInputs } from './unet.ts';

/** The files with the oracle's own numbers and texts; every other safetensors file is a layout of the adapter. */
const IO = 'io.safetensors';

export function loraCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const layouts = c.files().filter((file) => file.endsWith('.safetensors') && file !== IO);
  c.path('adapter_config.json');
  return { parts: layouts.map((file) => ({ name: file, run: () => checkLayout(c, file, options) })) };
}

async function checkLayout(c: OracleCase, file: string, options: GoldenOptions): Promise<Check[]> {
  const base = openPart(join(c.folder, '..'), 'U-Net', [UNET_WEIGHTS], unet2dConditionConfig);
  const given = inputsOf(c);
  const want = c.tensors(IO);
  const layers = readLayout(c.path(file));
  const { rank, alpha } = c.meta;

  const gradients = want.names().filter((name) => name.startsWith('grad.'));
  const baseNames = gradients.flatMap((name) => /^grad\.base\.(.+)$/.exec(name)?.[1] ?? []);
  const source = adapted(partlyTrainable(base.table, new Set(baseNames)), layers);
  const { leaves, feeds } = unetInputs(given);
  const out = unet2dCondition(paramsOf(source), base.config, leaves);
  const target = input('target', given.target.shape);
  const loss = f.mseLoss(out, target);

  /** What the oracle's gradient is of, and its factor: a layout may hold alpha / rank within `up`. */
  const of = (name: string): { value: Value; factor: number } => {
    const matrix = /^grad\.unet\.(.+)\.lora_(A|B)\.weight$/.exec(name);
    if (!matrix) return { value: gradientOf(name, leaves, source), factor: 1 };
    const [, path, which] = matrix;
    const layer = layers.get(path);
    const branch = source.branches.get(path);
    if (!layer || !branch) throw new Error(`${name}: the file adapts no such layer`);
    const stored = layer.alpha / layer.down.shape[0];
    return which === 'A'
      ? { value: branch.down, factor: 1 }
      : { value: branch.up, factor: stored === 0 ? 1 : alpha / rank / stored };
  };
  const wanted = gradients.map((name) => ({ name, ...of(name) }));
  const values = backward(
    loss,
    wanted.map((w) => w.value),
  );
  const outputs: Record<string, Value> = { out, loss };
  wanted.forEach(({ name, factor }, i) => {
    outputs[name] = factor === 1 ? values[i] : f.mul(values[i], factor);
  });
  const matrices: Feeds = {};
  for (const [path, { down, up }] of layers) {
    matrices[`${path}.down`] = feed(down);
    matrices[`${path}.up`] = feed(up);
  }
  const parameters = feedsFrom(base.file, source.inputs.keys());
  const all = { ...feeds, ...matrices, ...parameters, target: feed(given.target) };
  const got = await evaluate(options, outputs, all, base);

  const tolerance = (name: string): Tolerance => scaled(options, c.tolerance(name));
  const checks = Object.entries(got).map(([name, tensor]) => {
    if (!want.has(name)) return failure(name, 'io.safetensors has no such tensor');
    const shaped = tensor.shape.length === 0 ? { ...tensor, shape: [1] } : tensor;
    return compare(name, shaped, want.get(name), tolerance(name));
  });
  checks.push(same('adapted layers used', [source.branches.size], [layers.size]));
  return checks.map((check) => ({ ...check, check: `${file}: ${check.check}` }));
}

/** The U-Net's inputs: tensors of the case above, as the description names them. */
function inputsOf(c: OracleCase) {
  const file = openSafetensors(join(c.folder, '..', IO));
  try {
    const get = (name: string): OracleTensor => ({
      shape: file.tensors.get(name)!.shape,
      data: file.read(name),
    });
    const all = [...file.tensors.keys()].filter((name) => name.startsWith('encoder_hidden_states'));
    const named = all.filter((name) =>
      String(c.meta.inputs)
        .split(/[^\w]+/)
        .includes(name),
    );
    const states = all.length === 1 ? all : named;
    if (states.length !== 1)
      throw new Error(`meta.json: inputs names ${states.length} of ${all.join(', ')}, wanted one`);
    return {
      sample: get('sample'),
      timesteps: get('timesteps'),
      states: get(states[0]),
      target: get('target'),
    };
  } finally {
    file.close();
  }
}

/** `base` with the layers' branches as inputs `<path>.down` and `<path>.up`; `branches` collects those used. */
function adapted<Source extends ParameterSource>(base: Source, layers: ReadonlyMap<string, LowRankPair>) {
  const branches = new Map<string, { down: Value; up: Value; scale: number }>();
  return {
    ...base,
    branches,
    lowRank(path: string) {
      const layer = layers.get(path);
      if (!layer) return [];
      const branch = branches.get(path) ?? {
        down: input(`${path}.down`, layer.down.shape),
        up: input(`${path}.up`, layer.up.shape),
        scale: layer.alpha / layer.down.shape[0],
      };
      branches.set(path, branch);
      return [branch];
    },
  };
}

function readLayout(path: string): ReadonlyMap<string, LowRankPair> {
  const file = openSafetensors(path);
  try {
    const tensors = new Map(
      [...file.tensors].map(([name, { shape }]) => [name, { shape, data: file.read(name) }]),
    );
    return readLora(tensors, { metadata: file.metadata }).unet;
  } finally {
    file.close();
  }
}
