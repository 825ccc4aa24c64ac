/**
 * Owns one small example of every operator through which a gradient flows: its VJP is checked on it, and
 * docs/operators.md is generated from it.
 */
import * as f from '../../../src/core/graph/functions.ts';
import { integers, type Shape, type Value } from '../../../src/core/graph/value.ts';
import type { Rng } from '../../../src/core/rng.ts';

export interface Example {
  shapes: Shape[];
  build: (...x: Value[]) => Value;
  /** Values that keep clear of kinks and poles; standard normal otherwise. */
  draw?: (rng: Rng) => number;
  /** Of the central differences. */
  step?: number;
}
const positive = (rng: Rng) => 0.5 + rng.uniform();
const awayFromZero = (rng: Rng) => (rng.uniform() < 0.5 ? -1 : 1) * (0.3 + rng.uniform());
/** Numbers that a difference of steps cannot bring out of order. */
function farApart() {
  let drawn = 0;
  return () => ((drawn++ * 37) % 61) / 10;
}
const one = (build: (x: Value) => Value, draw?: Example['draw']): Example => ({
  shapes: [[2, 3]],
  build,
  draw,
});
const two = (build: (a: Value, b: Value) => Value, draw?: Example['draw']): Example => ({
  shapes: [
    [2, 3, 4],
    [3, 1],
  ],
  build,
  draw,
});

export const examples: Record<string, Example> = {
  Add: two(f.add),
  Sub: two(f.sub),
  Mul: two(f.mul),
  Div: two(f.div, positive),
  Pow: two(f.pow, positive),
  Min: two(f.minimum, farApart()),
  Max: two(f.maximum, farApart()),
  Where: two((a, b) => f.where(f.greater(f.add(a, 0.2), b), f.mul(a, 3), b)),
  Neg: one(f.neg),
  Abs: one(f.abs, awayFromZero),
  Exp: one(f.exp),
  Log: one(f.log, positive),
  Sqrt: one(f.sqrt, positive),
  Reciprocal: one(f.reciprocal, positive),
  Sin: one(f.sin),
  Cos: one(f.cos),
  Erf: one(f.erf),
  Tanh: one(f.tanh),
  Sigmoid: one(f.sigmoid),
  Softplus: one(f.softplus),
  Relu: one(f.relu, awayFromZero),
  LeakyRelu: one((x) => f.leakyRelu(x, 0.2), awayFromZero),
  Silu: one(f.silu),
  Checkpoint: one((x) => f.checkpoint(f.exp(x))),
  // Eighths, and steps of eighths, are the same in half precision.
  Cast: {
    ...one(
      (x) => f.cast(f.cast(x, 'f16'), 'f32'),
      (rng) => Math.round(8 * rng.normal()) / 8,
    ),
    step: 1 / 8,
  },
  Reshape: one((x) => f.reshape(x, [3, -1])),
  Transpose: { shapes: [[2, 3, 4]], build: (x) => f.transpose(x, [2, 0, 1]) },
  Expand: { shapes: [[3, 1]], build: (x) => f.expand(x, [2, 3, 4]) },
  Concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (a, b) => f.concat([a, b, a], 1),
  },
  Slice: { shapes: [[2, 7]], build: (x) => f.slice(x, 1, 1, 7, 3) },
  Pad: { shapes: [[2, 3]], build: (x) => f.pad(x, [1, 0, 2, 1]) },
  Gather: { shapes: [[5, 2]], build: (x) => f.gather(x, integers([3, 0, 3, 1], [2, 2])) },
  ScatterAddRows: { shapes: [[3, 2]], build: (x) => f.scatterAddRows(x, integers([1, 3, 1]), [4, 2]) },
  ReduceSum: one((x) => f.sum(x, [1])),
  ReduceMean: one((x) => f.mean(x, [0])),
  ReduceMax: one((x) => f.max(x, [-1])),
  MatMul: {
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
    build: f.matmul,
  },
  Gemm: {
    shapes: [[4, 3], [2, 4], [2]],
    build: (a, b, c) => f.gemm(a, b, true, true, f.mul(c, 1)),
  },
  Conv: {
    shapes: [[2, 4, 5, 6], [6, 2, 3, 3], [6]],
    build: (x, w, b) => f.conv2d(x, w, b, { stride: [2, 1], padding: [0, 1, 1, 2], groups: 2 }),
  },
  'Conv, one group': {
    shapes: [[2, 3, 6, 5], [4, 3, 3, 2], [4]],
    build: (x, w, b) => f.conv2d(x, w, b, { stride: 2, padding: [1, 1, 0, 2], dilation: [1, 2] }),
  },
  ConvTranspose: {
    shapes: [[2, 4, 3, 4], [4, 3, 3, 3], [6]],
    build: (x, w, b) => f.convTranspose2d(x, w, b, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
  },
  Softmax: one((x) => f.softmax(x, 1)),
  LogSoftmax: one((x) => f.logSoftmax(x, 0)),
  Normalize: one((x) => f.normalize(x, [1], 1e-3)),
  Clip: one((x) => f.clip(x, -0.6, 0.7)),
  GatherElements: {
    shapes: [[2, 4]],
    build: (x) => f.gatherElements(x, integers([3, 0, 3, 1, 1, 2], [2, 3]), 1),
  },
  ScatterAddElements: {
    shapes: [[2, 3]],
    build: (x) => f.scatterAddElements(x, integers([3, 0, 3, 1, 1, 2], [2, 3]), [2, 4], -1),
  },
  LogSumExp: one((x) => f.logSumExp(x, 1)),
  Attention: {
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
      [2, 5, 6],
      [3, 5],
    ],
    build: (q, k, v, mask) => f.attention(q, k, v, mask),
  },
  LayerNormalization: { shapes: [[2, 3, 4], [4], [4]], build: (x, w, b) => f.layerNorm(x, w, b, 1e-3) },
  GroupNormalization: { shapes: [[2, 4, 3, 2], [4], [4]], build: (x, w, b) => f.groupNorm(x, 2, w, b, 1e-3) },
  MaxPool: {
    shapes: [[1, 2, 5, 6]],
    build: (x) => f.maxPool2d(x, { kernel: [3, 2], stride: 2, padding: [1, 0, 1, 1], dilation: [1, 2] }),
    draw: farApart(),
  },
  AveragePool: {
    shapes: [[2, 2, 5, 6]],
    build: (x) => f.avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
  },
  UpsampleNearest: { shapes: [[1, 2, 2, 3]], build: (x) => f.upsampleNearest(x, 2) },
};

/** No gradient flows through these: comparisons and the sign. */
export const flat = new Set(['Less', 'Greater', 'Equal', 'Sign']);
