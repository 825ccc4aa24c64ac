import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../../src/core/linalg/eigen.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

describe('symmetric eigendecomposition', () => {
  it.each([1, 2, 3, 7, 40])('rebuilds a random matrix of size %i from orthonormal vectors', (n) => {
    const a = Float64Array.from(randn(n * n, rngFromSeed(n)));
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i];
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 1; i < n; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let rebuilt = 0;
        let product = 0;
        for (let k = 0; k < n; k++) {
          rebuilt += values[k] * vectors[k * n + i] * vectors[k * n + j];
          product += vectors[i * n + k] * vectors[j * n + k];
        }
        expect(Math.abs(rebuilt - a[i * n + j])).toBeLessThan(1e-11);
        expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  it('converges on covariances of few samples in many dimensions, some of them constant', () => {
    for (let seed = 0; seed < 12; seed++) {
      const [samples, n] = [6 + 2 * seed, 96];
      const rng = rngFromSeed(seed, 'covariance');
      const scale = Float64Array.from({ length: n }, () =>
        rng.uniform() < 0.5 ? 0 : 10 ** (-12 * rng.uniform()),
      );
      const x = Float64Array.from({ length: samples * n }, (_, at) => scale[at % n] * rng.normal());
      const a = new Float64Array(n * n);
      for (let s = 0; s < samples; s++)
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] += x[s * n + i] * x[s * n + j];
      const { values } = symmetricEigen(a, n);
      let trace = 0;
      for (let i = 0; i < n; i++) trace += a[i * n + i];
      expect(values.reduce((sum, v) => sum + v, 0)).toBeCloseTo(trace, 10);
      expect(values[n - 1]).toBeGreaterThan(-1e-12 * values[0]);
      for (let i = samples; i < n; i++) expect(Math.abs(values[i])).toBeLessThan(1e-12 * values[0]);
    }
  });

  it('handles repeated values, zero rows and a rank of one', () => {
    const n = 12;
    const ones = new Float64Array(n * n).fill(1);
    const { values } = symmetricEigen(ones, n);
    expect(values[0]).toBeCloseTo(n, 12);
    for (let i = 1; i < n; i++) expect(Math.abs(values[i])).toBeLessThan(1e-13);
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    const identity = Float64Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    expect([...symmetricEigen(identity, 5).values]).toEqual([1, 1, 1, 1, 1]);
  });
});
