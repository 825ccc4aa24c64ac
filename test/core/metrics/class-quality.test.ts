import { describe, expect, it } from 'vitest';
import {
  classQuality,
  classReference,
  gather,
  meanQuality,
} from '../../../src/core/metrics/class-quality.ts';
import { kid } from '../../../src/core/metrics/kernel-distance.ts';
import { manifoldMetrics } from '../../../src/core/metrics/manifold.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

const d = 6;
const n = 30;
const m = 12;
const k = 3;
const real = randn(n * d, rngFromSeed(1, 'real')).map((v) => v + 1);
const fake = randn(m * d, rngFromSeed(2, 'fake')).map((v) => 0.8 * v + 1.3);
const yes = (count: number) => Array.from({ length: count }, () => true);
const setOf = (features: Float32Array, rows: number[] | null = null) => ({
  features,
  m: features.length / d,
  rows,
  agrees: yes(features.length / d),
  heldOutAgrees: null,
});
const reference = classReference(real, n, d, k);
const row = (x: Float32Array, i: number) => x.subarray(i * d, (i + 1) * d);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, c) => sum + v * b[c], 0);
const cos = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

describe('quality of the images of a class', () => {
  it('is that of the published measures, for generated images', () => {
    const found = classQuality(reference, setOf(fake));
    expect(found).toMatchObject({ ...manifoldMetrics(real, n, fake, m, d, k), count: m, agreement: 1 });
    expect(found.kid).toBeCloseTo(kid(real, n, fake, m, d), 10);
    expect(found.heldOutAgreement).toBeNull();
  });

  it('has cosines as they are when every pair is written out', () => {
    let pairs = 0;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) if (i !== j) pairs += 1 - cos(row(fake, i), row(fake, j));
    const mean = Float32Array.from({ length: d }, (_, c) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += real[i * d + c];
      return sum / n;
    });
    let nearest = 0;
    let toMean = 0;
    for (let j = 0; j < m; j++) {
      nearest += Math.max(...Array.from({ length: n }, (_, i) => cos(row(real, i), row(fake, j)))) / m;
      toMean += cos(row(fake, j), mean) / m;
    }
    const found = classQuality(reference, setOf(fake));
    expect(found.diversity).toBeCloseTo(pairs / (m * (m - 1)), 6);
    expect(found.nearestReal).toBeCloseTo(nearest, 6);
    expect(found.classMean).toBeCloseTo(toMean, 6);
  });

  it('judges a real image by all the others: as if it had been taken out of the reference', () => {
    for (let i = 0; i < n; i++) {
      const rest = gather(
        real,
        Array.from({ length: n }, (_, j) => j).filter((j) => j !== i),
        d,
      );
      const apart = classQuality(classReference(rest, n - 1, d, k), setOf(row(real, i).slice()));
      const inside = classQuality(reference, setOf(row(real, i).slice(), [i]));
      for (const name of ['precision', 'density', 'nearestReal', 'classMean'] as const)
        expect(inside[name], `${name} of ${i}`).toBeCloseTo(apart[name]!, 6);
    }
    const all = classQuality(
      reference,
      setOf(
        real,
        Array.from({ length: n }, (_, i) => i),
      ),
    );
    expect(all.coverage).toBe(1);
    expect(all.density).toBeCloseTo(1, 10);
    expect(all.kid).toBeNull();
  });

  it('has no figure where there are too few images, and no direction is no error', () => {
    const one = classQuality(reference, setOf(new Float32Array(d)));
    expect(one).toMatchObject({
      count: 1,
      diversity: null,
      vendi: null,
      recall: null,
      kid: null,
      nearestReal: 0,
    });
    const few = classQuality(classReference(real.subarray(0, k * d), k, d, k), setOf(fake));
    expect(few).toMatchObject({ precision: null, coverage: null });
    expect(few.nearestReal).toBeGreaterThan(0);
  });

  it('is averaged over the classes that have a figure', () => {
    const found = classQuality(reference, setOf(fake));
    const mean = meanQuality([found, { ...found, kid: null, precision: found.precision! + 0.5 }]);
    expect(mean.kid).toBe(found.kid);
    expect(mean.precision).toBeCloseTo(found.precision! + 0.25, 12);
    expect(mean.heldOutAgreement).toBeNull();
  });
});
