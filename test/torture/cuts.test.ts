/**
 * A few of the power cuts of `npm run torture`: jobs of every kind that goes on from files are stopped, their files cut
 * and zeroed, and end with the very bytes of jobs that nobody disturbed. A run that failed is repeated with its seed.
 */
import { expect, test } from 'vitest';
import { run } from '../../scripts/torture/cuts.ts';

test('power cuts', async () => {
  const seed = Number(process.env.CRUX_CUTS_SEED ?? Date.now() % 1_000_000);
  const { tried, failed } = await run({ seed, trials: 2, log: console.log });
  expect(failed).toEqual([]);
  expect(tried).toBe(16);
});
