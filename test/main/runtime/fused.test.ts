/** Fused kernels compute what the plain form of their entry does, on the CPU provider; and are used where they should. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { type Fusions, fusedOn, unfused } from '../../../src/core/graph/fused.ts';
import type { Precision } from '../../../src/core/graph/precision.ts';
import { constant, input, numel, type Shape, type Value } from '../../../src/core/graph/value.ts';
import { joinHeads, splitHeads } from '../../../src/core/nn/layers.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { onnxRuntime } from '../../../src/main/runtime/onnx-runtime.ts';
import { openSession } from '../../../src/main/runtime/runtime.ts';

interface Case {
  shapes: Shape[];
  build: (...x: Value[]) => Value;
  /** The kernel that stands for the entry. */
  kernel: string;
  /** Whether the CPU uses it. */
  onCpu: boolean;
}

const attention = (q: Shape, kv: Shape, mask: Shape | null, onCpu: boolean): Case => ({
  shapes: mask ? [q, kv, kv, mask] : [q, kv, kv],
  build: (a, b, c, m) => f.attention(a, b, c, m),
  kernel: 'MultiHeadAttention',
  onCpu,
});
const groups = (x: Shape, count: number): Case => ({
  shapes: [x, [x[1]], [x[1]]],
  build: (v, w, b) => f.groupNorm(v, count, w, b, 1e-5),
  kernel: 'InstanceNormalization',
  onCpu: true,
});

const cases: Record<string, Case> = {
  'self-attention of heads': attention([2, 3, 130, 8], [2, 3, 130, 8], null, true),
  'attention to few keys': attention([2, 3, 40, 8], [2, 3, 7, 8], null, false),
  'attention between split and joined heads': {
    shapes: [
      [2, 20, 12],
      [2, 150, 12],
    ],
    build: (q, k) => joinHeads(f.attention(splitHeads(q, 3), splitHeads(k, 3), splitHeads(k, 3))),
    kernel: 'MultiHeadAttention',
    onCpu: true,
  },
  'attention with values of another width': {
    shapes: [
      [1, 2, 5, 4],
      [1, 2, 130, 4],
      [1, 2, 130, 6],
    ],
    build: (q, k, v) => f.attention(q, k, v),
    kernel: 'MultiHeadAttention',
    onCpu: true,
  },
  'attention with a mask for all': attention([2, 3, 9, 4], [2, 3, 11, 4], [9, 11], false),
  'attention with a mask per head': attention([2, 3, 9, 4], [2, 3, 11, 4], [3, 9, 11], false),
  'attention of one head': attention([2, 9, 4], [2, 11, 4], null, false),
  'attention of one head with a mask per sample': attention([2, 9, 4], [2, 11, 4], [2, 9, 11], false),
  'layer norm': {
    shapes: [[2, 5, 8], [8], [8]],
    build: (x, w, b) => f.layerNorm(x, w, b, 1e-5),
    kernel: 'LayerNormalization',
    onCpu: true,
  },
  'layer norm over two axes': {
    shapes: [
      [3, 4, 8],
      [4, 8],
      [4, 8],
    ],
    build: (x, w, b) => f.layerNorm(x, w, b, 1e-3, [-2, -1]),
    kernel: 'LayerNormalization',
    onCpu: true,
  },
  'group norm': groups([2, 8, 5, 3], 4),
  'group norm in one group': groups([2, 6, 4], 1),
};

async function run({ shapes, build }: Case, fused: Fusions, precision: Precision = 'f32') {
  const x = shapes.map((shape, i) => input(`x${i}`, shape));
  const { bytes } = encodeGraph({ y: build(...x) }, { fused, precision });
  const session = await openSession(bytes, { provider: 'cpu', threads: 1 });
  const rng = rngFromSeed(1);
  const feeds = Object.fromEntries(
    // Off centre and off scale, so that a norm has something to do.
    x.map((v) => [v.name, { dims: v.shape, data: randn(numel(v.shape), rng).map((n) => 0.5 + 2 * n) }]),
  );
  const y = (await session.run(feeds)).y.data as Float32Array;
  await session.close();
  return { y, text: Buffer.from(bytes).toString('latin1') };
}

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

describe.each(Object.entries(cases))('%s', (_, example) => {
  it('is what the plain form computes', async () => {
    const [plain, fused] = [await run(example, unfused), await run(example, fusedOn.cuda)];
    expect(plain.text).not.toContain(example.kernel);
    expect(fused.text).toContain(example.kernel);
    expect(largestDifference(fused.y, plain.y)).toBeLessThan(2e-5);
  });

  it('is near it in half precision', async () => {
    const [plain, fused] = [await run(example, unfused), await run(example, fusedOn.cuda, 'f16')];
    expect(fused.text).toContain(example.kernel);
    expect(largestDifference(fused.y, plain.y)).toBeLessThan(4e-2); // of values up to about 9
  });

  it(`${example.onCpu ? 'is' : 'is not'} used on the CPU`, async () => {
    const onCpu = await run(example, fusedOn.cpu);
    expect(onCpu.text.includes(example.kernel)).toBe(example.onCpu);
  });
});

describe('what ONNX Runtime fuses by itself in graphs as we write them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-fused-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const x = input('x', [2, 9, 16]);
  const w = constant(new Float32Array(16).fill(1.5));
  const b = constant(new Float32Array(16).fill(0.1));

  it.each([
    ['Gelu', f.geluErf(x)],
    ['QuickGelu', f.quickGelu(x)],
    ['QuickGelu', f.silu(x)],
    ['SkipLayerNormalization', f.layerNorm(f.add(x, input('r', x.shape)), w, b, 1e-5)],
  ])('%s, %#', async (kernel, y) => {
    const optimizedModelFilePath = join(folder, 'optimised.onnx');
    const { bytes } = encodeGraph({ y }, { fused: fusedOn.cpu });
    const options = { optimizedModelFilePath, graphOptimizationLevel: 'extended' } as const;
    await (await onnxRuntime().InferenceSession.create(bytes, { ...options, logSeverityLevel: 3 })).release();
    const operatorType = `"${String.fromCharCode(kernel.length)}${kernel}`; // of a NodeProto
    expect(readFileSync(optimizedModelFilePath, 'latin1')).toContain(operatorType);
  });
});
