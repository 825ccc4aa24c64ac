import { describe, expect, it } from 'vitest';
import { bandwidthOf, densityCurve } from '../../../src/core/difficulty/density.ts';
import { linearFit, ranks, spearman, summariseClasses } from '../../../src/core/difficulty/rank.ts';
import {
  bucketOf,
  checkProbabilities,
  difficultyBuckets,
  scoreProbabilities,
} from '../../../src/core/difficulty/score.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

describe('scores', () => {
  it('reads one row by hand', () => {
    const scores = scoreProbabilities(Float32Array.from([0.5, 0.25, 0.25]), 1, 3, [1]);
    expect(scores.difficulty[0]).toBe(0.75);
    expect(scores.entropy[0]).toBeCloseTo(1.5 * Math.log(2), 6);
    expect(scores.entropyNormalised[0]).toBeCloseTo((1.5 * Math.log(2)) / Math.log(3), 6);
    expect(scores.margin[0]).toBe(0.25);
    expect(scores.labelMargin[0]).toBe(-0.25);
    expect(scores.predicted[0]).toBe(0);
  });

  it('an unlabelled row has no difficulty but has an entropy; certain rows have entropy 0', () => {
    const scores = scoreProbabilities(Float32Array.from([0, 1, 0.5, 0.5]), 2, 2, [-1, 1]);
    expect(scores.difficulty[0]).toBeNaN();
    expect(scores.entropy[0]).toBe(0);
    expect(scores.entropyNormalised[1]).toBeCloseTo(1, 6);
    expect(() => scoreProbabilities(new Float32Array(4), 2, 2, [0, 2])).toThrow(/row 1 has label 2/);
  });

  it('a single class is certain', () => {
    const scores = scoreProbabilities(Float32Array.from([1]), 1, 1, [0]);
    expect([scores.difficulty[0], scores.entropyNormalised[0], scores.margin[0]]).toEqual([0, 0, 1]);
  });

  it('buckets at .33 and .66, borders upwards', () => {
    expect([0, 0.3299, 0.33, 0.6599, 0.66, 1].map(bucketOf)).toEqual([
      'easy',
      'easy',
      'medium',
      'medium',
      'hard',
      'hard',
    ]);
    expect(difficultyBuckets([0.1, 0.5, Number.NaN, 0.9, 0.95])).toEqual({ easy: 1, medium: 1, hard: 2 });
    expect(() => bucketOf(1.2)).toThrow(/wanted \[0,1\]/);
  });

  it('refuses what is not a distribution, naming the row', () => {
    expect(() => checkProbabilities(Float32Array.from([0.5, 0.5, 3, -2]), 2, 2)).toThrow(
      /row 1, class 0 is 3/,
    );
    expect(() => checkProbabilities(Float32Array.from([0.5, 0.5, 0.5, 0.4]), 2, 2)).toThrow(/row 1 sums to/);
    checkProbabilities(Float32Array.from([0.5, 0.5, 1, 0]), 2, 2);
  });
});

describe('density', () => {
  const integral = (y: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i + 1 < y.length; i++) sum += (y[i] + y[i + 1]) / 2;
    return sum / (y.length - 1);
  };
  const skewed = Array.from(randn(400, rngFromSeed(2)), (v) => Math.min(1, Math.abs(v) * 0.2));

  it('with reflection it integrates to 1 over [0,1], without it mass is lost', () => {
    for (const rule of ['scott', 'silverman'] as const) {
      expect(integral(densityCurve(skewed, { rule, points: 501 }).y)).toBeCloseTo(1, 3);
    }
    expect(integral(densityCurve(skewed, { reflect: false, points: 501 }).y)).toBeLessThan(0.96);
  });

  it('equal samples give a finite spike, none a flat zero, and NaN are left out', () => {
    const spike = densityCurve([0.5, 0.5, 0.5], { points: 11 });
    expect(Number.isFinite(spike.y[5])).toBe(true);
    expect(spike.y[5]).toBeGreaterThan(100);
    expect(densityCurve([], { points: 3 })).toMatchObject({ count: 0, y: new Float64Array(3) });
    expect(densityCurve([0.2, Number.NaN]).count).toBe(1);
    expect(bandwidthOf([0.3, Number.NaN, 0.3, 0.9])).toBe(bandwidthOf([0.3, 0.3, 0.9]));
  });
});

describe('rank', () => {
  it('ties share their mean rank', () => {
    expect([...ranks([10, 20, 20, 5])]).toEqual([2, 3.5, 3.5, 1]);
  });

  it('spearman with ties, by hand, and its limits', () => {
    // Ranks 1,2.5,2.5,4 against 1,2,3,4: Pearson = 4.5 / sqrt(4.5 * 5).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4]).rho).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
    expect(spearman([1, 2, 3, 4, 5], [1, 8, 27, 64, 125])).toMatchObject({ rho: 1, n: 5 });
    expect(spearman([0.1, 0.1, 0.1], [1, 2, 3]).rho).toBeNaN();
    expect(spearman([1, 2, Number.NaN, 3], [3, 2, 0, 1])).toMatchObject({ rho: -1, n: 3 });
  });

  it('the interval covers the truth about 95 times in 100', () => {
    const rng = rngFromSeed(11);
    const truth = (6 / Math.PI) * Math.asin(0.6 / 2); // Spearman of a binormal with Pearson .6
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const a = randn(60, rng);
      const b = randn(60, rng).map((v, i) => 0.6 * a[i] + 0.8 * v);
      const { low, high } = spearman(a, b);
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.935);
    expect(covered / 2000).toBeLessThan(0.975);
  });

  it('fits a line', () => {
    const fit = linearFit([0, 1, 2, Number.NaN], [1, 3, 5, 9]);
    expect(fit.slope).toBeCloseTo(2, 12);
    expect(fit.intercept).toBeCloseTo(1, 12);
  });

  it('summarises classes, extremes in order', () => {
    const difficulty = [0.1, 0.9, 0.5, 0.2, Number.NaN];
    const [first, second, empty] = summariseClasses(difficulty, [0, 1, 0, 1, 0], [0, 0, 0, 1, 1], 3, 2);
    expect(first).toMatchObject({ count: 3, median: 0.5, easiest: [0, 2], hardest: [1, 2] });
    expect(first.accuracy).toBeCloseTo(2 / 3, 12);
    expect(first.buckets).toEqual({ easy: 1, medium: 1, hard: 1 });
    expect(second).toMatchObject({ count: 1, mean: 0.2, accuracy: 1 });
    expect(empty.count).toBe(0);
    expect(empty.mean).toBeNaN();
  });
});
