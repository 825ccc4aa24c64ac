/** Half precision: what f16 emission computes is what f32 emission computes, up to f16's own rounding. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vjp } from '../../../src/core/graph/backward.ts';
import { type EncodeOptions, encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { halfPrecision } from '../../../src/core/graph/precision.ts';
import { constant, input, numel, type Shape, type Value, weight } from '../../../src/core/graph/value.ts';
import { frozenSource, paramsOf } from '../../../src/core/nn/params.ts';
import { unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { numberToHalf } from '../../../src/main/files/float-formats.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import { openGraph, predictionPrecision } from '../../../src/main/runtime/open-graph.ts';
import { openSession, type Provider, type Tensor } from '../../../src/main/runtime/runtime.ts';
import { writeTinyDiffusion } from '../support/tiny-diffusion.ts';
import { examples } from './operator-examples.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const halfUlp = 2 ** -11;

const floats = (t: Tensor) => t.data as Float32Array;

async function outputsOf(
  outputs: Record<string, Value>,
  feeds: Record<string, Tensor>,
  options: EncodeOptions,
): Promise<Record<string, Tensor>> {
  // Opening runs ONNX Runtime's checker and its own inference of types and shapes.
  const session = await openSession(encodeGraph(outputs, options).bytes, cpu);
  const out = await session.run(feeds);
  await session.close();
  return out;
}

/** ||a - b|| / ||b|| */
function relativeError(a: Float32Array, b: Float32Array): number {
  const sum = (g: (i: number) => number) => b.reduce((s, _, i) => s + g(i) ** 2, 0);
  return Math.sqrt(sum((i) => a[i] - b[i]) / sum((i) => b[i]));
}

describe('every operator and its gradient', () => {
  it.each(Object.entries(examples))('%s', async (op, example) => {
    const rng = rngFromSeed(11, op);
    const draw = example.draw ?? (() => rng.normal());
    const x = example.shapes.map((shape, i) => input(`x${i}`, shape));
    // A product with one makes f16 of what comes in, so that what follows inputs goes along.
    const half = (v: Value) =>
      f.reshape(f.gemm(f.reshape(v, [numel(v.shape), 1]), constant([1], [1, 1])), v.shape);
    const y = example.build(...x.map(half));
    const ct = input('ct', y.shape);
    const gradients = vjp([y], [ct], x);
    const outputs = { y, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) };
    // Numbers that f16 holds exactly, so that rounding them does not move a comparison or a maximum.
    const feed = (v: Value, next: () => number): Tensor => ({
      dims: v.shape,
      data: Float32Array.from({ length: numel(v.shape) }, () => Math.round(next() * 64) / 64),
    });
    const feeds = {
      ...Object.fromEntries(x.map((v, i) => [`x${i}`, feed(v, () => draw(rng))])),
      ct: feed(ct, () => rng.normal()),
    };
    const wanted = await outputsOf(outputs, feeds, { precision: 'f32' });
    const got = await outputsOf(outputs, feeds, { precision: 'f16' });
    for (const name of Object.keys(outputs)) {
      const [a, b] = [floats(got[name]), floats(wanted[name])];
      const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
      a.forEach((v, i) => {
        expect(Math.abs(v - b[i]), `${name}[${i}]: ${v}, in f32 ${b[i]}`).toBeLessThan(
          12 * halfUlp * largest,
        );
      });
    }
  });
});

describe('stored weights', () => {
  const x = input('x', [3, 4]);
  const values = randn(16, rngFromSeed(3));
  const bytesOf: Record<string, Uint8Array> = {
    f32: new Uint8Array(values.buffer),
    f16: new Uint8Array(Uint16Array.from(values, numberToHalf).buffer),
    bf16: new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer),
  };
  // Twice the same weight: what has been cast is not cast again.
  const twice = (dtype: 'f32' | 'f16' | 'bf16') => {
    const stored = weight('w', [4, 4], dtype);
    const w = dtype === 'f32' ? stored : f.cast(stored, 'f32');
    return f.gemm(f.relu(f.gemm(x, w)), w);
  };
  const casts = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1').split('"\u0004Cast').length - 1;

  it.each([
    ['f16', 'f16', 2], // x and y
    ['f32', 'f16', 3], // and the weight
    ['bf16', 'f16', 3],
    ['f16', 'f32', 1], // the weight
    ['bf16', 'f32', 1],
    ['f32', 'f32', 0],
  ] as const)('in %s, computing in %s: %i casts', async (dtype, precision, count) => {
    const options = { precision, weights: () => ({ raw: bytesOf[dtype] }) };
    const y = twice(dtype);
    expect(casts(encodeGraph({ y }, options).bytes)).toBe(count);
    const feeds = { x: { dims: x.shape, data: randn(12, rngFromSeed(4)) } };
    const got = floats((await outputsOf({ y }, feeds, options)).y);
    const plain = floats((await outputsOf({ y }, feeds, { ...options, precision: 'f32' })).y);
    expect(relativeError(got, plain)).toBeLessThan(precision === 'f16' ? 4 * halfUlp : 1e-7);
  });
});

it('attention that its network wants upcast is computed in f32, its users in f16', () => {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => input(name, [1, 2, 4, 8]));
  const plan = (upcast: boolean) => {
    const attended = f.attention(q, k, v, undefined, { upcast });
    const used = f.relu(attended);
    const { computed } = halfPrecision([q, k, v, attended, used], () => undefined);
    return [computed(attended), computed(used)];
  };
  expect(plan(true)).toEqual(['f32', 'f16']);
  expect(plan(false)).toEqual(['f16', 'f16']);
});

describe('a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-precision-'));
  beforeAll(() => writeTinyDiffusion(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('predicts noise in f16 as in f32, between f32 borders', async () => {
    const { unet } = openDiffusionModel(folder);
    const shapes: Record<string, Shape> = { sample: [2, 4, 8, 8], timesteps: [2], context: [2, 6, 16] };
    const rng = rngFromSeed(5);
    const feeds: Record<string, Tensor> = {};
    for (const [name, dims] of Object.entries(shapes)) feeds[name] = { dims, data: randn(numel(dims), rng) };
    // Far out, where f16 could not hold the timestep to one part in a thousand.
    feeds.timesteps = { dims: [2], data: Float32Array.of(981.25, 3.5) };
    const noise = unet2dCondition(paramsOf(frozenSource(unet.table)), unet.config, {
      sample: input('sample', shapes.sample),
      timesteps: input('timesteps', shapes.timesteps),
      encoderHiddenStates: input('context', shapes.context),
    });
    const predict = async (precision: 'f16' | 'f32') => {
      const session = await openGraph({ noise }, cpu, unet, { precision });
      expect(session.inputs.map((i) => i.type)).toEqual(session.inputs.map(() => 'float32'));
      const out = await session.run(feeds);
      await session.close();
      return floats(out.noise);
    };
    const error = relativeError(await predict('f16'), await predict('f32'));
    expect(error).toBeLessThan(3e-3);
    expect(error).toBeGreaterThan(1e-5); // it did compute in f16
  });
});

it.each([
  ['cpu', true, 'f32'],
  ['cuda', true, 'f16'],
  ['webgpu', true, 'f16'],
  ['cuda', false, 'f32'],
] as [Provider, boolean, string][])(
  'on %s, with the setting %s, noise is predicted in %s',
  (provider, half, wanted) => {
    expect(predictionPrecision({ provider, threads: 0, halfPrecision: half })).toBe(wanted);
  },
);
