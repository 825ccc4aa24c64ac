/**
 * Each kind and form of adapter on small layers, against what LyCORIS's and PEFT's formulas give
 * (test/fixtures/adapters/make.py), and what a file must not have.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input, type Shape, type Value } from '../../../src/core/graph/value.ts';
import { kindName, withAdapters } from '../../../src/core/nn/adapters/lora-adapter.ts';
import { readLora } from '../../../src/core/nn/adapters/read-lora.ts';
import { conv, layerNorm, linear } from '../../../src/core/nn/layers.ts';
import { type ParameterSource, type Params, paramsOf } from '../../../src/core/nn/params.ts';
import { openSafetensors } from '../../../src/main/files/safetensors.ts';
import { readLoraFile } from '../../../src/main/models/lora-file.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = join(import.meta.dirname, '../../fixtures/adapters');
const expected = openSafetensors(join(folder, 'expected.safetensors'));
const cases = readdirSync(folder).flatMap((file) => /^(?!expected)(.+)\.safetensors$/.exec(file)?.[1] ?? []);

const q = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q';
const at = (name: string): Value => constant(expected.read(name), expected.tensors.get(name)!.shape);
const base: ParameterSource = {
  has: (name) => expected.tensors.has(`base.${name}`),
  parameter: (name) => at(`base.${name}`),
};

/** The layer as the U-Net builds it. */
function layerAt(p: Params, path: string, x: Value): Value {
  if (path.includes('conv')) return conv(p, x, 6, 3, { padding: 1 });
  if (path.includes('norm')) return layerNorm(p, x);
  return linear(p, x, path.includes('to_out') ? 8 : 6, path.includes('to_out'));
}

async function run(
  outputs: Record<string, Value>,
  feeds: Record<string, { dims: Shape; data: Float32Array }> = {},
) {
  const session = await openGraph(outputs, cpu);
  const out = await session.run(feeds);
  await session.close();
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]));
}

const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

describe('every kind of adapter gives what its library gives', () => {
  it.each(cases)('%s', async (name) => {
    const adapter = readLoraFile(join(folder, `${name}.safetensors`));
    const outputs: Record<string, Value> = {};
    for (const key of expected.tensors.keys()) {
      const [, of, strength, path] = /^(.+?)@([\d.]+) (.+)$/.exec(key) ?? [];
      if (of !== name) continue;
      const source = withAdapters(base, 'unet', [{ name, adapter, weight: Number(strength) }]);
      outputs[key] = layerAt(paramsOf(source).at(path), path, at(`input.${path}`));
    }
    expect(Object.keys(outputs).length).toBe(3 * adapter.unet.size);
    for (const [key, values] of Object.entries(await run(outputs))) {
      const want = expected.read(key);
      const largest = Math.max(...want.map(Math.abs));
      expect(furthest(values, want) / largest, key).toBeLessThan(2e-6);
    }
  });

  it('says which kind each layer is, and how strongly it is adapted', () => {
    const told = (name: string) => {
      const { unet } = readLoraFile(join(folder, `${name}.safetensors`));
      return [...unet.values()].map((layer) => [kindName(layer), layer.rank, layer.alpha, layer.scale]);
    };
    expect(told('lora')).toEqual([
      ['LoRA', 2, 3, 1.5],
      ['LoRA', 3, 1, 1 / 3],
      ['LoRA', 2, 4, 2],
    ]);
    expect(told('peft-rslora')).toEqual([
      ['LoRA', 2, 8, 8 / Math.SQRT2],
      ['LoRA', 3, 5, 5 / Math.sqrt(3)],
      ['LoRA', 2, 8, 8 / Math.SQRT2],
    ]);
    expect(told('lokr-whole')).toEqual([['LoKr', null, null, 1]]);
    expect(told('lokr-both')).toEqual([['LoKr', 2, 1, 0.5]]);
    expect(told('lokr-dora')).toEqual([['LoKr with DoRA', null, null, 1]]);
    expect(told('locon-mid')).toEqual([['LoCon with mid (Tucker)', 2, 3, 1.5]]);
    expect(told('dora-peft')[0]).toEqual(['DoRA', 2, 2, 1]);
    expect(told('norm')).toEqual([['norm', null, null, 1]]);
  });
});

describe('adapted weights', () => {
  it('add up, each to the weight of the model, whatever their order', async () => {
    const files = ['dora', 'loha', 'full', 'lora'].map((name) => ({
      name,
      adapter: readLoraFile(join(folder, `${name}.safetensors`)),
      weight: 1,
    }));
    const y = (adapters: typeof files) =>
      layerAt(paramsOf(withAdapters(base, 'unet', adapters)).at(q), q, at(`input.${q}`));
    const alone = files.map((file) => f.sub(y([file]), y([])));
    const sum = alone.reduce((total, change) => f.add(total, change), y([]));
    const out = await run({ all: y(files), reversed: y([...files].reverse()), sum });
    expect(furthest(out.all, out.sum)).toBeLessThan(1e-4);
    expect(furthest(out.all, out.reversed)).toBeLessThan(1e-4);
  });

  it('a bias of a pair and a difference to the bias add up', async () => {
    const ones = (...shape: number[]) => ({
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1),
    });
    const tensors = {
      'lora_A.weight': ones(1, 8),
      'lora_B.weight': ones(6, 1),
      'lora_B.bias': ones(6),
      alpha: ones(),
    };
    const all = Object.entries({ ...tensors, diff_b: ones(6) }).map(
      ([end, t]) => [`unet.${q}.${end}`, t] as const,
    );
    const adapter = readLora(new Map(all));
    const y = (weight: number) => {
      const source = withAdapters(base, 'unet', [{ name: 'biases', adapter, weight }]);
      return linear(paramsOf(source).at(q), constant(new Float32Array(8), [1, 8]), 6, false);
    };
    const out = await run({ half: y(0.5), off: y(0) });
    expect([...out.half, ...out.off]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('pass gradients to the weights that are trained', async () => {
    const adapter = readLoraFile(join(folder, 'dora.safetensors'));
    const weight = input('weight', [6, 8]);
    const trained: ParameterSource = { has: () => true, parameter: () => weight };
    const source = withAdapters(trained, 'unet', [{ name: 'dora', adapter, weight: 0.7 }]);
    const y = linear(paramsOf(source).at(q), at(`input.${q}`), 6, false);
    const loss = f.sumAll(f.mul(y, y));
    const [gradient] = backward(loss, [weight]);
    const data = expected.read(`base.${q}.weight`);
    const runAt = async (values: Float32Array) =>
      await run({ loss, gradient }, { weight: { dims: [6, 8], data: values } });
    const { gradient: analytic } = await runAt(data);
    for (const i of [0, 13, 47]) {
      const moved = (by: number) => data.map((v, j) => (j === i ? v + by : v));
      const [up, down] = [await runAt(moved(1e-2)), await runAt(moved(-1e-2))];
      const difference = (up.loss[0] - down.loss[0]) / 2e-2;
      expect(Math.abs(analytic[i] / difference - 1)).toBeLessThan(1e-2);
    }
  });
});
