/** Kendall's tau against the sum over all pairs; the comparison of two scorers by hand. */
import { describe, expect, it } from 'vitest';
import { compareScorers } from '../../../src/core/difficulty/compare-scorers.ts';
import { kendall } from '../../../src/core/difficulty/kendall.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';

/** Tau-b from its definition: the signs of all pairs. */
function tauOfPairs(a: readonly number[], b: readonly number[]): number {
  let [sum, inA, inB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i] - a[j]), Math.sign(b[i] - b[j])];
      sum += x * y;
      inA += x * x;
      inB += y * y;
    }
  return sum / Math.sqrt(inA * inB);
}

describe('kendall', () => {
  it('is the sum over all pairs, with and without ties', () => {
    const rng = rngFromSeed(1);
    for (const steps of [3, 10, 1e9]) {
      for (const n of [2, 3, 7, 64, 101]) {
        const a = Array.from({ length: n }, () => rng.int(steps));
        const b = a.map((v) => (rng.uniform() < 0.5 ? v : rng.int(steps)));
        const want = tauOfPairs(a, b);
        const got = kendall(a, b).tau;
        if (Number.isNaN(want)) expect(got).toBeNaN();
        else expect(got).toBeCloseTo(want, 12);
      }
    }
  });

  it('by hand: one swap of four is 4/6; its interval; what has none', () => {
    const got = kendall([1, 2, 3, 4, 5], [1, 2, 3, 5, 4]);
    expect(got.tau).toBeCloseTo(0.8, 12);
    expect(got.low).toBeCloseTo(Math.tanh(Math.atanh(0.8) - 1.959964 * Math.sqrt(0.437)), 12);
    const four = kendall([1, 2, 3, 4], [1, 2, 4, 3]);
    expect(four.tau).toBeCloseTo(4 / 6, 12);
    expect(four.low).toBeNaN();
    expect(kendall([1, Number.NaN, 3], [1, 2, 0])).toMatchObject({ tau: -1, n: 2 });
    expect(kendall([1, 1], [1, 2]).tau).toBeNaN();
    expect(() => kendall([1], [])).toThrow('1 against 0');
  });
});

describe('two scorers', () => {
  const a = [0.1, 0.2, 0.5, 0.9, 0.4, 0.7];
  const b = [0.1, 0.5, 0.6, 0.2, 0.4, 0.8];
  const labels = [0, 0, 0, 0, 2, 2];

  it('by hand', () => {
    const got = compareScorers(a, b, labels, 3, 2);
    expect(got.buckets).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [1, 0, 1],
    ]);
    expect(got.sameBucket).toBeCloseTo(4 / 6, 12);
    // expected by chance: (2 x 2 + 2 x 3 + 2 x 1) / 36
    expect(got.kappa).toBeCloseTo((4 / 6 - 12 / 36) / (1 - 12 / 36), 12);
    expect(got.meanDifference).toBeCloseTo((0.7 - 0.3 - 0.1 - 0.1) / 6, 12);
    expect(got.meanAbsoluteDifference).toBeCloseTo(1.2 / 6, 12);
    expect(got.disagreements).toEqual([3, 1]);
    expect(got.classes.map((c) => c.n)).toEqual([4, 0, 2]);
    expect(got.classes[0].spearman.rho).toBeCloseTo(0.4, 12); // ranks 1 2 3 4 against 1 3 4 2: 1 - 6 x 6 / 60
    expect(got.classes[1].sameBucket).toBeNaN();
    expect(got.classes[2]).toMatchObject({ sameBucket: 1 });
  });

  it('a scorer agrees with itself', () => {
    const got = compareScorers(a, a, labels, 3);
    expect(got).toMatchObject({ sameBucket: 1, kappa: 1, meanAbsoluteDifference: 0 });
    expect(got.spearman.rho).toBeCloseTo(1, 12);
    expect(got.kendall.tau).toBeCloseTo(1, 12);
    expect(() => compareScorers(a, b.slice(1), labels, 3)).toThrow('wanted as many');
  });
});
