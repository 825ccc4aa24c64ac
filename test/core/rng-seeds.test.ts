import { expect, it } from 'vitest';
import { rngFromSeed } from '../../src/core/rng.ts';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import { limits } from '../../src/shared/limits.ts';

const first = (seed: number) => Array.from({ length: 4 }, rngFromSeed(seed, 'latents').uniform).join();

it('every bit of a seed to 2^53 - 1 counts', () => {
  const bits = Array.from({ length: 53 }, (_, bit) => limits.seed - 2 ** bit);
  expect(new Set([limits.seed, ...bits].map(first)).size).toBe(54);
});

it('seeds of which the lower half makes up for the upper one differ', () => {
  // What the upper half was once folded into the lower half by.
  const folded = (high: number) => high * 2 ** 32 + (Math.imul(high, 0x85ebca6b) >>> 0);
  const highs = [0, 1, 2, 1000, 2 ** 21 - 1];
  expect(new Set(highs.map(folded).map(first)).size).toBe(highs.length);
});

it('seeds below 2^32 give what they always gave', () => {
  expect([0, 9, 2 ** 32 - 1].map((seed) => rngFromSeed(seed, 'latents').uniform())).toEqual([
    0.25790884415619075, 0.5015633744187653, 0.6932093345094472,
  ]);
});

it('a larger seed is refused with the bound', () => {
  const answer = generateParams.safeParse({ datasetId: 1, seed: 2 ** 53 });
  expect(answer.error?.issues[0].message).toContain(String(limits.seed));
  expect(generateParams.parse({ datasetId: 1, seed: limits.seed }).seed).toBe(9007199254740991);
});
