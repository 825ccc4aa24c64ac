/**
 * Owns the checks of low-rank adapters on a U-Net: the same matrices in each file layout of the folder must give
 * the same output and loss, and in one of them the gradients.
 */
import { join } from 'node:path';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Shape, type Value } from '../../../src/core/graph/value.ts';
import { withAdapters } from '../../../src/core/nn/adapters/lora-adapter.ts';
import { type LowRank, type ParameterSource, paramsOf } from '../../../src/core/nn/params.ts';
import { unet2dCondition, unet2dConditionConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { openSafetensors } from '../../../src/main/files/safetensors.ts';
import { readLoraFile } from '../../../src/main/models/lora-file.ts';
import { openWeights, readModelJson } from '../../../src/main/models/stored-part.ts';
import type { OracleCase, OracleTensor } from '../case.ts';
import { type Check, compare, failure, statement, type Tolerance } from '../compare.ts';
import {
  type CaseRun,
  evaluate,
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
  // Read, all are the same matrices: gradients from one say what they would say from each.
  const first = layouts.find((file) => namesGradients(c, file)) ?? layouts[0];
  return {
    parts: layouts.map((file) => ({
      name: file,
      run: () => checkLayout(c, file, file === first ? gradientNames(c) : [], options),
    })),
  };
}

const gradientNames = (c: OracleCase): string[] =>
  c
    .tensors(IO)
    .names()
    .filter((name) => name.startsWith('grad.'));

/** Whether the matrices have the names in this layout under which the oracle has their gradients. */
function namesGradients(c: OracleCase, file: string): boolean {
  const stored = openSafetensors(c.path(file));
  stored.close();
  return gradientNames(c).some((name) => stored.tensors.has(name.replace('grad.', '')));
}

async function checkLayout(
  c: OracleCase,
  file: string,
  gradients: readonly string[],
  options: GoldenOptions,
): Promise<Check[]> {
  const above = join(c.folder, '..');
  const config = unet2dConditionConfig(readModelJson(join(above, 'config.json'), "the U-Net's config"));
  const base = openWeights(join(above, UNET_WEIGHTS));
  const given = inputsOf(c);
  const want = c.tensors(IO);
  const adapter = readLoraFile(c.path(file));
  const { rank, alpha } = c.meta;

  const baseNames = gradients.flatMap((name) => /^grad\.base\.(.+)$/.exec(name)?.[1] ?? []);
  const plain = partlyTrainable(base.table, new Set(baseNames));
  const adapted = withAdapters(plain, 'unet', [{ name: file, adapter, weight: 1 }]);
  const source = noted(adapted);
  const { leaves, feeds } = unetInputs(given);
  const out = unet2dCondition(paramsOf(source), config, leaves);
  const target = input('target', given.target.shape);
  const loss = f.mseLoss(out, target);

  /** What the oracle's gradient is of, and its factor: a layout may hold alpha / rank within `up`. */
  const of = (name: string): { value: Value; factor: number } => {
    const matrix = /^grad\.unet\.(.+)\.lora_(A|B)\.weight$/.exec(name);
    if (!matrix) return { value: gradientOf(name, leaves, source), factor: 1 };
    const [, path, which] = matrix;
    const branch = source.branches.get(path);
    if (!branch) throw new Error(`${name}: the file adapts no such layer`);
    if (which === 'A') return { value: branch.down, factor: 1 };
    return { value: branch.up, factor: branch.scale === 0 ? 1 : alpha / rank / branch.scale };
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
  const parameters = feedsFrom(base.file, source.inputs.keys());
  const all = { ...feeds, ...parameters, target: feed(given.target) };
  const got = await evaluate(options, outputs, all, base);

  const tolerance = (name: string): Tolerance => scaled(options, c.tolerance(name));
  const checks = Object.entries(got).map(([name, tensor]) => {
    if (!want.has(name)) return failure(name, 'io.safetensors has no such tensor');
    const shaped = tensor.shape.length === 0 ? { ...tensor, shape: [1] } : tensor;
    return compare(name, shaped, want.get(name), tolerance(name));
  });
  checks.push(statement('every adapted layer is in the network', adapted.surplus()));
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

/** `base`, noting the branch that each adapted layer gets. */
function noted<Source extends ParameterSource>(base: Source) {
  const branches = new Map<string, LowRank>();
  return {
    ...base,
    branches,
    lowRank(path: string, weight: Shape) {
      const own = base.lowRank?.(path, weight) ?? [];
      for (const branch of own) branches.set(path, branch);
      return own;
    },
  };
}
