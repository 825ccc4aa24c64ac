import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/core/metrics/calibration.ts';
import { vendiScore } from '../../../src/core/metrics/diversity.ts';
import { fid } from '../../../src/core/metrics/frechet.ts';
import { kid } from '../../../src/core/metrics/kernel-distance.ts';
import { manifoldMetrics } from '../../../src/core/metrics/manifold.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

describe('metrics', () => {
  const [n, d] = [120, 4];
  const a = randn(n * d, rngFromSeed(1));

  it('FID of a shifted and stretched copy has its closed form', () => {
    expect(
      fid(
        a,
        n,
        a.map((v) => v + 2),
        n,
        d,
      ).value,
    ).toBeCloseTo(4 * d, 4); // float32 rows
    const trace = fid(a, n, a, n, d).traceSqrt;
    const stretched = fid(
      a,
      n,
      a.map((v) => 3 * v),
      n,
      d,
    );
    expect(stretched.value - stretched.meanTerm).toBeCloseTo(trace * (3 - 1) ** 2, 4);
  });

  it('KID is near 0 for two draws of one distribution and grows with their distance', () => {
    const b = randn(n * d, rngFromSeed(2));
    expect(Math.abs(kid(a, n, b, n, d))).toBeLessThan(0.05);
    expect(
      kid(
        a,
        n,
        b.map((v) => v + 1),
        n,
        d,
      ),
    ).toBeGreaterThan(1);
  });

  it('a far set has no precision; a collapsed one has precision without recall', () => {
    const far = manifoldMetrics(
      a,
      n,
      a.map((v) => v + 100),
      n,
      d,
    );
    expect(far).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
    const one = a.subarray(0, d);
    const collapsed = Float32Array.from(randn(n * d, rngFromSeed(3)), (v, i) => one[i % d] + 1e-3 * v);
    const { precision, recall } = manifoldMetrics(a, n, collapsed, n, d);
    expect(precision).toBeGreaterThan(0.99);
    expect(recall).toBeLessThan(0.05);
    expect(() => manifoldMetrics(a, n, a, n, d, n)).toThrow(/k = 120/);
  });

  it('Vendi counts orthogonal kinds', () => {
    const kinds = (count: number) =>
      Float32Array.from({ length: 12 * 6 }, (_, i) => (i % 6 === Math.floor(i / 6) % count ? 2 : 0));
    for (const count of [1, 2, 3, 6]) {
      expect(vendiScore(kinds(count), 12, 6).value).toBeCloseTo(count, 9);
      expect(vendiScore(kinds(count), 12, 6).order2).toBeCloseTo(count, 9);
    }
  });

  it('calibration by hand', () => {
    // Two rows say .8: one right, one wrong. One says .5 and is right; the unlabelled one does not count.
    const got = calibration([0.8, 0.2, 0.8, 0.2, 0.5, 0.5, 0.9, 0.1], 4, 2, [0, 1, 0, -1], 10);
    expect(got.accuracy).toBeCloseTo(2 / 3, 12);
    expect(got.confidence).toBeCloseTo(0.7, 12);
    expect(got.expectedError).toBeCloseTo((2 * 0.3 + 0.5) / 3, 12);
    expect(got.brier).toBeCloseTo((0.08 + 1.28 + 0.5) / 3, 12);
    expect(got.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.2) + Math.log(0.5)) / 3, 12);
  });
});
