/** Opening a graph over stored weights: low memory reads them in place, and computes the same numbers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { input, numel, type Shape } from '../../../src/core/graph/value.ts';
import { conv, linear } from '../../../src/core/nn/layers.ts';
import { frozenSource, paramsOf } from '../../../src/core/nn/params.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { openWeights } from '../../../src/main/models/stored-part.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-open-graph-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shapes: Record<string, Shape> = {
  'conv.weight': [8, 4, 3, 3],
  'conv.bias': [8],
  'linear.weight': [5, 6],
  'linear.bias': [5],
};
const x = input('x', [2, 4, 6, 6]);

function stored(half: boolean) {
  const rng = rngFromSeed(1, 'weights');
  const file = join(folder, `${half ? 'half' : 'single'}.safetensors`);
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const data = randn(numel(shape), rng).map((v) => v / 10);
    return [name, { shape, data, ...(half && { dtype: 'F16' as const }) }] as const;
  });
  writeSafetensors(file, Object.fromEntries(tensors), {});
  const weights = openWeights(file);
  const p = paramsOf(frozenSource(weights.table));
  const y = linear(p.at('linear'), f.silu(conv(p.at('conv'), x, 8, 3, { padding: 1 })), 5);
  return { weights, y };
}

test.each([false, true])('low memory computes what the usual way does, weights in f16: %s', async (half) => {
  const { weights, y } = stored(half);
  const feeds = { x: { dims: x.shape, data: randn(numel(x.shape), rngFromSeed(2)) } };
  const results: Float32Array[] = [];
  for (const lowMemory of [false, true]) {
    const session = await openGraph({ y }, { provider: 'cpu', threads: 1, lowMemory }, weights);
    expect(session.inputNames).toEqual(['x']); // weights with defaults are not asked for
    for (let i = 0; i < 2; i++) results.push((await session.run(feeds)).y.data as Float32Array);
    await session.close();
  }
  const [usual] = results;
  for (const other of results) {
    other.forEach((v, i) => {
      expect(Math.abs(v - usual[i])).toBeLessThan(1e-5);
    });
  }
});
