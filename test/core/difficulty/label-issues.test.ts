/** What the oracle's data does not show of confident learning: where its rules part ways. */
import { describe, expect, it } from 'vitest';
import { confidentJoint, confidentlyAdjusted } from '../../../src/core/difficulty/label-issues.ts';

describe('confident joint', () => {
  it('with several confident classes counts the most probable class, confident or not', () => {
    const probabilities = [
      [0.8, 0.1, 0.1],
      [0.38, 0.31, 0.31], // reaches the thresholds of 1 and 2 (0.31 each), not that of 0 (0.59)
      [0.69, 0.31, 0],
      [0.69, 0, 0.31],
    ];
    const { thresholds, confidentClass } = confidentJoint(probabilities.flat(), 4, 3, [0, 0, 1, 2]);
    expect([...thresholds].map((t) => Math.round(t * 100))).toEqual([59, 31, 31]);
    expect(confidentClass[1]).toBe(0);
  });

  it('with one confident class counts that, however improbable', () => {
    const probabilities = [0.9, 0.1, 0.6, 0.4, 0.7, 0.3];
    const { confidentClass } = confidentJoint(probabilities, 3, 2, [0, 1, 1]);
    expect([...confidentClass]).toEqual([0, 1, -1]);
  });
});

it('adjusted probabilities sum to one and give way to shy classes', () => {
  const probabilities = [0.9, 0.1, 0.8, 0.2];
  const adjusted = confidentlyAdjusted(probabilities, 2, 2, [0, 1]);
  // Thresholds 0.9 and 0.2: p - threshold + 0.9.
  expect([...adjusted].map((p) => p.toFixed(4))).toEqual(
    [0.9 / 1.7, 0.8 / 1.7, 0.8 / 1.7, 0.9 / 1.7].map((p) => p.toFixed(4)),
  );
});
