import { describe, expect, it } from 'vitest';
import { nearestNeighbours } from '../../../src/core/projection/neighbours.ts';
import { pca, project } from '../../../src/core/projection/pca.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

/** f32[n,d] of rank `rank` plus noise, with a large common offset. */
function lowRank(n: number, d: number, rank: number, noise: number) {
  const rng = rngFromSeed(n + d);
  const basis = randn(rank * d, rng);
  const x = randn(n * d, rng).map((v) => v * noise + 5);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < rank; c++) {
      const weight = (rng.normal() * 3) / (c + 1);
      for (let j = 0; j < d; j++) x[i * d + j] += weight * basis[c * d + j];
    }
  }
  return x;
}

describe('pca', () => {
  it('finds the axes of a stretched cloud, exactly and by the randomised method alike', () => {
    const [n, d, r] = [150, 300, 6];
    const x = lowRank(n, d, 6, 0.05);
    const random = pca(x, n, d, r, { rng: rngFromSeed(1) });
    // The same rows in their own 150-dimensional span go the exact way.
    const spun = pca(x, n, d, n - 1, { rng: rngFromSeed(2) });
    const exact = pca(spun.scores, n, n - 1, r, { rng: rngFromSeed(3) });
    expect(exact.r).toBe(r);
    for (let c = 0; c < r; c++) {
      expect(Math.abs(random.variances[c] / exact.variances[c] - 1)).toBeLessThan(1e-5);
      for (let b = 0; b <= c; b++) {
        let product = 0;
        for (let j = 0; j < d; j++) product += random.components[c * d + j] * random.components[b * d + j];
        expect(Math.abs(product - (b === c ? 1 : 0))).toBeLessThan(1e-10);
      }
    }
    expect(spun.variances.reduce((sum, v) => sum + v, 0) / spun.totalVariance).toBeCloseTo(1, 6);
  });

  it('scores are the projection of centred rows, their variances those reported, signs fixed', () => {
    const [n, d] = [41, 7];
    const x = lowRank(n, d, 2, 1);
    const fit = pca(x, n, d, 3, { rng: rngFromSeed(1) });
    expect(project(x, n, d, fit.components, fit.r, fit.mean)).toEqual(fit.scores);
    for (let c = 0; c < 3; c++) {
      let mean = 0;
      let square = 0;
      for (let i = 0; i < n; i++) {
        mean += fit.scores[i * 3 + c] / n;
        square += fit.scores[i * 3 + c] ** 2 / (n - 1);
      }
      expect(Math.abs(mean)).toBeLessThan(1e-5);
      expect(Math.abs(square / fit.variances[c] - 1)).toBeLessThan(1e-5);
      const axis = [...fit.components.subarray(c * d, c * d + d)];
      expect(Math.max(...axis)).toBe(Math.max(...axis.map(Math.abs)));
    }
    expect(pca(x, n, d, 3, { rng: rngFromSeed(9) }).scores).toEqual(fit.scores);
  });

  it('keeps no more components than there can be; a single row has none', () => {
    expect(pca(randn(3 * 8, rngFromSeed(1)), 3, 8, 5, { rng: rngFromSeed(1) }).r).toBe(2);
    expect(pca(randn(8, rngFromSeed(1)), 1, 8, 5, { rng: rngFromSeed(1) }).scores).toHaveLength(0);
    expect(() => pca(new Float32Array(5), 2, 3, 1, { rng: rngFromSeed(1) })).toThrow(
      /5 numbers, wanted 2 x 3/,
    );
  });
});

describe('nearest neighbours', () => {
  it('agree with sorting every pair', () => {
    const [n, d, k] = [83, 5, 7];
    const x = randn(n * d, rngFromSeed(4)).map((v) => v + 100);
    const found = nearestNeighbours(x, n, d, k);
    for (let i = 0; i < n; i++) {
      const all = Array.from({ length: n }, (_, j) => {
        let sum = 0;
        for (let c = 0; c < d; c++) sum += (x[i * d + c] - x[j * d + c]) ** 2;
        return { j, sum };
      })
        .filter(({ j }) => j !== i)
        .sort((a, b) => a.sum - b.sum);
      expect([...found.indices.subarray(i * k, i * k + k)]).toEqual(all.slice(0, k).map(({ j }) => j));
      for (let q = 0; q < k; q++)
        expect(Math.abs(found.distances[i * k + q] - all[q].sum)).toBeLessThan(1e-4);
    }
  });

  it('never offer a row itself, even among equal rows, and give all others when k is too large', () => {
    const found = nearestNeighbours(new Float32Array(6 * 2).fill(3), 6, 2, 99);
    expect(found.k).toBe(5);
    for (let i = 0; i < 6; i++) {
      expect([...found.indices.subarray(i * 5, i * 5 + 5)].sort()).toEqual(
        [0, 1, 2, 3, 4, 5].filter((j) => j !== i),
      );
    }
    expect([...found.distances].every((v) => v === 0)).toBe(true);
    expect(nearestNeighbours(new Float32Array(2), 1, 2, 3).k).toBe(0);
  });
});
