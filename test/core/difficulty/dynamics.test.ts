import { describe, expect, it } from 'vitest';
import { trainingDynamics } from '../../../src/core/difficulty/dynamics.ts';

describe('training dynamics', () => {
  // Columns: learned at once; learned, forgotten, learned again, forgotten again; never right.
  const p = Float32Array.of(0.9, 0.8, 0.1, 0.9, 0.2, 0.1, 0.9, 0.8, 0.1, 0.9, 0.2, 0.1);
  const correct = Uint8Array.of(1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0);

  it('confidence, variability, correctness and forgetting, by hand', () => {
    const d = trainingDynamics(p, correct, 4, 3);
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
    expect(() => trainingDynamics(p, correct, 3, 3)).toThrow('12 values, wanted 3 epochs x 3');
    expect(() => trainingDynamics(new Float32Array(0), new Uint8Array(0), 0, 3)).toThrow('no epoch');
  });
});
