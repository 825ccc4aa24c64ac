import { expect, it } from 'vitest';
import { apportion } from '../../../src/core/recipes/apportion.ts';

it('shares exactly, each part within one of its quota', () => {
  for (const total of [0, 1, 7, 10, 99, 1000]) {
    const weights = [50, 21, 20, 9, 0, 3];
    const parts = apportion(total, weights);
    expect(parts.reduce((a, b) => a + b)).toBe(total);
    for (const [i, part] of parts.entries())
      expect(Math.abs(part - (total * weights[i]) / 103)).toBeLessThan(1);
  }
});

it('the largest remainders are rounded up, of equal ones the first', () => {
  expect(apportion(10, [6, 6, 2])).toEqual([4, 4, 2]); // quotas 4.29, 4.29, 1.43
  expect(apportion(5, [1, 1, 1])).toEqual([2, 2, 1]);
});

it('refuses to share among nothing', () => {
  expect(() => apportion(3, [0, 0])).toThrow('every weight is 0');
  expect(apportion(0, [0, 0])).toEqual([0, 0]);
});
