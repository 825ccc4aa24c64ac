/** The largest live set, by hand. */
import { expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { fusedOn } from '../../../src/core/graph/fused.ts';
import { graphMemory } from '../../../src/core/graph/live-memory.ts';
import { input, type Value, weight } from '../../../src/core/graph/value.ts';

const kilo = 1024;
const x = input('x', [256]); // 1 KiB

it('a chain holds two values at a time, however long', () => {
  let v: Value = x;
  for (let i = 0; i < 10; i++) v = f.sin(v);
  expect(graphMemory([v])).toEqual({ storedWeights: 0, weights: 0, inputs: kilo, activations: 2 * kilo });
});

it('what is read late stays', () => {
  const early = f.sin(x);
  let v: Value = early;
  for (let i = 0; i < 5; i++) v = f.cos(v);
  expect(graphMemory([f.add(v, early)]).activations).toBe(3 * kilo);
});

it('a reshape shows the bytes of another value, and keeps them', () => {
  const a = f.sin(x);
  const b = f.reshape(a, [16, 16]);
  const c = f.cos(f.cos(x));
  expect(graphMemory([f.add(f.reshape(c, [16, 16]), b)]).activations).toBe(3 * kilo);
});

it('weights count as stored and as computed with', () => {
  const w = f.cast(weight('w', [256], 'f16'), 'f32');
  expect(graphMemory([f.mul(x, w)])).toEqual({
    storedWeights: kilo / 2,
    weights: kilo,
    inputs: kilo,
    activations: kilo,
  });
  // Read in place, the f32 form is a value like any other.
  expect(graphMemory([f.mul(x, w)], { inPlace: true }).activations).toBe(2 * kilo);
});

it('a fused kernel holds no matrix of scores', () => {
  const q = input('q', [1, 2, 256, 8]);
  const attended = f.attention(q, q, q);
  const scores = 2 * 256 * 256 * 4;
  expect(graphMemory([attended]).activations).toBeGreaterThan(scores);
  expect(graphMemory([attended], { fused: fusedOn.cpu }).activations).toBe(2 * 256 * 8 * 4);
});

it('backward keeps what forward computed; checkpoints keep less', () => {
  let v: Value = x;
  for (let i = 0; i < 32; i++) {
    v = f.sin(f.sin(f.sin(v)));
    v = f.checkpoint(v);
  }
  const loss = f.reshape(f.sum(v, [0]), []);
  const peak = (recompute: boolean) => graphMemory(backward(loss, [x], { recompute })).activations;
  expect(peak(false)).toBeGreaterThan(90 * kilo);
  expect(peak(true)).toBeLessThan(60 * kilo);
});
