import { describe, expect, it } from 'vitest';
import { trainingDynamics } from '../../../src/core/difficulty/dynamics.ts';

describe('training dynamics', () => {
  // Columns: learned at once; learned, forgotten, learned again, forgotten again; never right.
  const p = [
    Float32Array.of(0.9, 0.8, 0.1),
    Float32Array.of(0.9, 0.2, 0.1),
    Float32Array.of(0.9, 0.8, 0.1),
    Float32Array.of(0.9, 0.2, 0.1),
  ];
  const correct = [
    Uint8Array.of(1, 1, 0),
    Uint8Array.of(1, 0, 0),
    Uint8Array.of(1, 1, 0),
    Uint8Array.of(1, 0, 0),
  ];

  it('confidence, variability, correctness and forgetting, by hand', () => {
    const d = trainingDynamics(p, correct);
    expect([...d.confidence]).toEqual([
      expect.closeTo(0.9, 6),
      expect.closeTo(0.5, 6),
      expect.closeTo(0.1, 6),
    ]);
    expect([...d.variability]).toEqual([expect.closeTo(0, 3), expect.closeTo(0.3, 6), expect.closeTo(0, 3)]);
    expect([...d.correctness]).toEqual([1, 0.5, 0]);
    expect([...d.forgetting]).toEqual([0, 2, 0]);
    expect([...d.neverLearned]).toEqual([0, 0, 1]);
  });

  it('sizes that do not fit are refused', () => {
    expect(() => trainingDynamics(p, correct.slice(1))).toThrow('wanted 4 of 3 samples each');
    expect(() => trainingDynamics([], [])).toThrow('no epoch');
  });
});
