/** Each distribution against its own distribution function, with fixed seeds. */
import { describe, expect, it } from 'vitest';
import { type DifficultyRequest, difficultyDraw } from '../../../src/core/recipes/requested-difficulty.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';

function drawn(request: DifficultyRequest, n: number, seed = 5): number[] {
  const draw = difficultyDraw(request, rngFromSeed(seed, 'class'));
  return Array.from({ length: n }, (_, i) => draw(i, rngFromSeed(seed, `picture ${i}`)));
}

/** Kolmogorov-Smirnov: the largest distance between the samples' distribution function and `cdf`. */
function distance(samples: readonly number[], cdf: (s: number) => number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  return Math.max(
    ...sorted.map((s, i) => Math.max(Math.abs(cdf(s) - i / n), Math.abs(cdf(s) - (i + 1) / n))),
  );
}

/** Of the standard normal, by Simpson's rule from 0: an oracle of its own, exact to 1e-10. */
function normalCdf(z: number): number {
  const n = 2000;
  const h = z / n;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * Math.exp(-0.5 * (i * h) ** 2);
  }
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

describe('normal', () => {
  it.each([
    [0.5, 0.1],
    [0.5, 0.5],
    [0, 0.1],
    [1, 0.3],
    [0.9, 1],
  ])('N(%d, %d) truncated to (0,1) is the exact truncated distribution', (mu, sigma) => {
    const n = 4000;
    const samples = drawn({ kind: 'normal', mu, sigma }, n);
    const [from, to] = [normalCdf(-mu / sigma), normalCdf((1 - mu) / sigma)];
    expect(Math.min(...samples)).toBeGreaterThan(0);
    expect(Math.max(...samples)).toBeLessThan(1);
    // 1.36 / sqrt(n) is the 5 % point of the KS statistic.
    expect(distance(samples, (s) => (normalCdf((s - mu) / sigma) - from) / (to - from))).toBeLessThan(
      1.36 / Math.sqrt(n),
    );
  });

  it('sigma 0 is the mean itself, at the borders too', () => {
    for (const mu of [0, 0.3, 1]) expect(drawn({ kind: 'normal', mu, sigma: 0 }, 3)).toEqual([mu, mu, mu]);
  });
});

it('fixed is that difficulty', () => {
  expect(drawn({ kind: 'fixed', value: 0.7 }, 2)).toEqual([0.7, 0.7]);
});

describe('shapes', () => {
  it.each([10, 100, 1000, 10_000])(
    'uniform: %d pictures are as even as a low-discrepancy sequence is',
    (n) => {
      const samples = drawn({ kind: 'uniform', low: 0.3, high: 0.7 }, n);
      expect(distance(samples, (s) => (s - 0.3) / 0.4)).toBeLessThan((1 + Math.log(n)) / n);
      expect(Math.min(...samples)).toBeGreaterThanOrEqual(0.3);
      expect(Math.max(...samples)).toBeLessThan(0.7);
    },
  );

  it('classes start at different places, and a longer run keeps the shorter one', () => {
    const request = { kind: 'uniform', low: 0, high: 1 } as const;
    expect(drawn(request, 5, 1)[0]).not.toBe(drawn(request, 5, 2)[0]);
    expect(drawn(request, 9).slice(0, 5)).toEqual(drawn(request, 5));
  });

  it('histogram: every bin gets its share, empty bins get nothing, evenly within a bin', () => {
    const counts = [0, 3, 1, 0, 4, 2, 0];
    const n = 1000;
    const samples = drawn({ kind: 'histogram', counts }, n);
    const got = counts.map(
      (_, bin) => samples.filter((s) => s >= bin / 7 && s < (bin + 1) / 7 - 1e-12).length,
    );
    const chiSquare = counts.reduce(
      (sum, count, bin) =>
        count === 0 ? sum : sum + (got[bin] - n * (count / 10)) ** 2 / (n * (count / 10)),
      0,
    );
    // 0.35 is the 5 % point of chi-square with 3 degrees of freedom from below: closer than chance would be.
    expect(chiSquare).toBeLessThan(0.35);
    expect(got.filter((_, bin) => counts[bin] === 0)).toEqual([0, 0, 0]);
    const within = samples.filter((s) => s >= 4 / 7 && s < 5 / 7);
    expect(distance(within, (s) => (s - 4 / 7) * 7)).toBeLessThan(0.02);
  });

  it('samples: as the given difficulties are spread, whatever their order', () => {
    const difficulties = [0.9, 0.01, 0.01, 0.02, 0.5, 0.01, 0.02, 0.9];
    const n = 800;
    const samples = drawn({ kind: 'samples', difficulties }, n);
    for (const value of new Set(difficulties)) {
      const share = difficulties.filter((d) => d === value).length / difficulties.length;
      expect(Math.abs(samples.filter((s) => s === value).length - share * n)).toBeLessThan(4);
    }
    expect(new Set(samples)).toEqual(new Set(difficulties));
  });

  it.each([
    [{ kind: 'histogram', counts: [0, 0] }, 'the histogram is empty'],
    [{ kind: 'histogram', counts: [1, -2] }, 'count 2 of the histogram is -2'],
    [{ kind: 'samples', difficulties: [] }, 'no difficulties to match'],
    [{ kind: 'uniform', low: 0.8, high: 0.2 }, 'from 0.8 to 0.2'],
  ] as [DifficultyRequest, string][])('%j is refused', (request, sentence) => {
    expect(() => drawn(request, 1)).toThrow(sentence);
  });
});
