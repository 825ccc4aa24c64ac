import { expect, it } from 'vitest';
import { type KeepRule, keepsEverything, missOf } from '../../../src/core/recipes/acceptance.ts';

const all: KeepRule = { within: null, min: 0, max: 1, agreeing: false };

it('a rule that asks for nothing keeps everything', () => {
  expect(keepsEverything(all)).toBe(true);
  for (const change of [{ within: 0.1 }, { min: 0.1 }, { max: 0.9 }, { agreeing: true }])
    expect(keepsEverything({ ...all, ...change })).toBe(false);
  expect(missOf(all, 0.2, { measured: 0.9, agrees: false })).toBe(0);
});

it.each([
  [{ within: 0.1 }, 0.5, 0.6, true, 0],
  [{ within: 0.1 }, 0.5, 0.75, true, 0.15],
  [{ within: 0.1 }, 0.5, 0.2, true, 0.2],
  [{ min: 0.3, max: 0.7 }, 0.9, 0.7, true, 0],
  [{ min: 0.3, max: 0.7 }, 0.9, 0.1, true, 0.2],
  // Both: what is farther decides.
  [{ within: 0.1, min: 0.5 }, 0.5, 0.3, true, 0.2],
  [{ agreeing: true }, 0.5, 0.9, true, 0],
  [{ agreeing: true }, 0.5, 0.1, false, 1],
  [{ agreeing: true, within: 0.1 }, 0.5, 0.9, false, 1.3],
] as [Partial<KeepRule>, number, number, boolean, number][])(
  '%j, asked for %d, measured %d, agreeing %s: miss %d',
  (change, requested, measured, agrees, miss) => {
    expect(missOf({ ...all, ...change }, requested, { measured, agrees })).toBeCloseTo(miss, 12);
  },
);

it('a candidate of the right class is better than any of another', () => {
  const rule = { ...all, within: 0.01, agreeing: true };
  const far = missOf(rule, 0, { measured: 1, agrees: true });
  expect(far).toBeLessThan(missOf(rule, 0, { measured: 0.02, agrees: false }));
});
