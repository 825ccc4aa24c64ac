import { describe, expect, it } from 'vitest';
import { stratifiedFolds } from '../../../src/core/difficulty/folds.ts';
import { inSampleProbabilities, outOfFoldProbabilities } from '../../../src/core/difficulty/out-of-fold.ts';
import { probeProbabilities, trainProbe } from '../../../src/core/difficulty/probe.ts';
import { restoreProbe, serialiseProbe } from '../../../src/core/difficulty/probe-file.ts';
import { softmaxObjective } from '../../../src/core/difficulty/softmax-regression.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

/** Gaussian blobs with given class sizes; class c is centred at distance `apart` on its own axis. */
function blobs(sizes: number[], d: number, apart: number, seed = 1) {
  const rng = rngFromSeed(seed);
  const labels = sizes.flatMap((size, c) => new Array<number>(size).fill(c));
  const features = randn(labels.length * d, rng);
  labels.forEach((c, i) => {
    features[i * d + (c % d)] += apart;
  });
  return { features, labels, n: labels.length, d, k: sizes.length };
}

describe('softmax objective', () => {
  it('its gradient agrees with central differences, for odd class and row counts', () => {
    const { n, d, k } = { n: 7, d: 5, k: 3 };
    const rng = rngFromSeed(3);
    const x = new Float32Array(8 * d);
    x.set(randn(n * d, rng));
    const labels = [0, 1, 2, 2, 1, 0, 1];
    const objective = softmaxObjective(x, n, d, labels, k, 0.05);
    const at = Float64Array.from(randn(k * (d + 1), rng));
    const gradient = new Float64Array(at.length);
    const unused = new Float64Array(at.length);
    objective(at, gradient);
    for (let j = 0; j < at.length; j++) {
      const moved = (delta: number) => objective(at.with(j, at[j] + delta), unused);
      expect(gradient[j]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 8);
    }
  });

  it('starts at ln k', () => {
    const objective = softmaxObjective(randn(8 * 2, rngFromSeed(1)), 8, 2, [0, 1, 2, 3, 0, 1, 2, 3], 4, 1);
    expect(objective(new Float64Array(12), new Float64Array(12))).toBeCloseTo(Math.log(4), 12);
  });
});

describe('probe', () => {
  it('separates blobs, and its stored form gives the same probabilities', () => {
    const { features, labels, n, d, k } = blobs([40, 40, 40], 6, 6);
    const probe = trainProbe(features, n, d, labels, k, { l2: 1e-3 });
    expect(probe.converged).toBe(true);
    const p = probeProbabilities(probe, features, n);
    const hits = labels.filter((c, i) => p[i * k + c] > 0.5).length;
    expect(hits).toBeGreaterThanOrEqual(n - 1);
    const stored = serialiseProbe(probe);
    const header = JSON.parse(JSON.stringify(stored.header));
    expect(probeProbabilities(restoreProbe({ header, data: stored.data }), features, n)).toEqual(p);
    expect(() => restoreProbe({ header, data: stored.data.slice(1) })).toThrow(/stored numbers/);
  });

  it('recovers the log-odds of a known model', () => {
    // Two classes, N(-1,1) and N(1,1): the true logit difference is 2x.
    const rng = rngFromSeed(5);
    const n = 8000;
    const labels = Array.from({ length: n }, (_, i) => i % 2);
    const features = randn(n, rng);
    labels.forEach((c, i) => {
      features[i] += c ? 1 : -1;
    });
    const probe = trainProbe(features, n, 1, labels, 2, { l2: 1e-7 });
    const p = probeProbabilities(probe, Float32Array.from([-0.5, 0, 0.7]), 3);
    const logit = (i: number) => Math.log(p[i * 2 + 1] / p[i * 2]);
    expect(logit(0)).toBeCloseTo(-1, 0);
    expect(Math.abs(logit(1))).toBeLessThan(0.12);
    expect(Math.abs(logit(2) - 1.4)).toBeLessThan(0.15);
  });

  it('gives a class without rows the probability 0 and ignores constant dimensions', () => {
    const { features, labels, n, d } = blobs([20, 20], 4, 4);
    for (let i = 0; i < n; i++) features[i * d + 3] = 0.25;
    const p = probeProbabilities(trainProbe(features, n, d, labels, 3), features, n);
    for (let i = 0; i < n; i++) {
      expect(p[i * 3 + 2]).toBe(0);
      expect(p[i * 3] + p[i * 3 + 1]).toBeCloseTo(1, 5);
    }
  });

  it('says what is wrong with its input', () => {
    const { features, labels, n, d, k } = blobs([5, 5], 3, 2);
    expect(() => trainProbe(features, n, d + 1, labels, k)).toThrow(/wanted 10 x 4/);
    expect(() => trainProbe(features, n, d, labels.with(4, 2), k)).toThrow(/row 4 has label 2/);
    expect(() => trainProbe(features.with(7, Number.NaN), n, d, labels, k)).toThrow(/row 2 has feature NaN/);
    expect(() => trainProbe(features, n, d, labels.fill(-1), k)).toThrow(/0 labelled rows/);
  });

  it('stops when asked', () => {
    const { features, labels, n, d, k } = blobs([20, 20], 4, 1);
    const signal = { aborted: false };
    const seen: number[] = [];
    const onProgress = (fraction: number) => {
      seen.push(fraction);
      if (seen.length === 3) signal.aborted = true;
    };
    expect(() => outOfFoldProbabilities(features, n, d, labels, k, { signal, onProgress })).toThrow(
      /stopped/,
    );
    expect(seen).toHaveLength(3);
  });
});

describe('out-of-fold', () => {
  it('spreads each class evenly over equal folds', () => {
    const labels = [...new Array(23).fill(0), ...new Array(11).fill(1), ...new Array(3).fill(2), -1, -1];
    const fold = stratifiedFolds(labels, labels.length, 5, rngFromSeed(9));
    const sizes = [0, 1, 2, 3, 4].map((f) => fold.filter((v) => v === f).length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const [c, low, high] of [
      [0, 4, 5],
      [1, 2, 3],
      [2, 0, 1],
    ]) {
      for (let f = 0; f < 5; f++) {
        const count = labels.filter((label, i) => label === c && fold[i] === f).length;
        expect(count).toBeGreaterThanOrEqual(low);
        expect(count).toBeLessThanOrEqual(high);
      }
    }
  });

  it('does not let a row vouch for itself: on noise it is at chance where in-sample is near perfect', () => {
    const { features, labels, n, d, k } = blobs([60, 60], 200, 0);
    const out = outOfFoldProbabilities(features, n, d, labels, k, { l2: 1e-4, seed: 4 });
    const inside = inSampleProbabilities(features, n, d, labels, k, { l2: 1e-4 });
    expect(inside.accuracy).toBeGreaterThan(0.99);
    expect(out.accuracy).toBeGreaterThan(0.3);
    expect(out.accuracy).toBeLessThan(0.7);
  });

  it('the chosen penalty keeps confidence honest on overlapping classes', () => {
    const { features, labels, n, d, k } = blobs([100, 100, 100], 60, 2);
    const { probabilities, accuracy } = outOfFoldProbabilities(features, n, d, labels, k);
    let confidence = 0;
    for (let i = 0; i < n; i++) confidence += Math.max(...probabilities.subarray(i * k, i * k + k)) / n;
    expect(accuracy).toBeGreaterThan(0.7);
    expect(Math.abs(confidence - accuracy)).toBeLessThan(0.08);
  });

  it('is the same for the same seed and another for another', () => {
    const { features, labels, n, d, k } = blobs([20, 20], 4, 2);
    const run = (seed: number) => outOfFoldProbabilities(features, n, d, labels, k, { seed }).probabilities;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('handles a class of one and unlabelled rows', () => {
    const { features, labels, n, d, k } = blobs([12, 12, 1], 4, 4);
    labels[3] = -1;
    const { probabilities, fold } = outOfFoldProbabilities(features, n, d, labels, k);
    expect(probabilities[(n - 1) * k + 2]).toBe(0); // never seen by the probe that judged it
    for (let i = 0; i < n; i++) {
      expect(probabilities.subarray(i * k, i * k + k).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
    expect(fold).toHaveLength(n);
    expect(() => outOfFoldProbabilities(features, n, d, new Array(n).fill(-1), k)).toThrow(
      /0 labelled images/,
    );
  });
});
