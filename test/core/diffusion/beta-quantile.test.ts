/** The beta distribution, against closed forms. */
import { expect, it } from 'vitest';
import { betaQuantile, incompleteBeta } from '../../../src/core/diffusion/beta-quantile.ts';

it('agrees with closed forms', () => {
  // a = b = 1 is uniform; a = b = 1/2 the arcsine law.
  for (const x of [1e-6, 0.1, 0.5, 0.9, 1 - 1e-6]) {
    expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 12);
    expect(incompleteBeta(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
    expect(incompleteBeta(x, 2, 3)).toBeCloseTo(x * x * (6 - 8 * x + 3 * x * x), 12);
  }
  for (const p of [0.001, 0.2, 0.5, 0.77]) {
    expect(betaQuantile(p, 0.5, 0.5)).toBeCloseTo(Math.sin((Math.PI * p) / 2) ** 2, 12);
    expect(betaQuantile(p, 0.6, 0.6)).toBeCloseTo(1 - betaQuantile(1 - p, 0.6, 0.6), 12);
    expect(incompleteBeta(betaQuantile(p, 0.6, 0.6), 0.6, 0.6)).toBeCloseTo(p, 12);
  }
  expect([0, 1].map((p) => betaQuantile(p, 0.6, 0.6))).toEqual([0, 1]);
});
