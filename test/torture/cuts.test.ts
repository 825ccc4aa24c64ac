/**
 * A few of the power cuts of `npm run torture`: jobs of every kind that goes on from files are stopped, their files cut
 * and zeroed, and end with the very bytes of jobs that nobody disturbed. A run that failed is repeated with its seed.
 */
import { expect, test } from 'vitest';
import cuts from '../../scripts/torture/cuts.ts';
import { campaignContext } from '../../scripts/torture/frame/context.ts';
import { tempFolder } from '../main/support/catalogs.ts';

test('power cuts', async () => {
  const ctx = campaignContext({
    name: cuts.name,
    seed: Number(process.env.CRUX_CUTS_SEED ?? Date.now() % 1_000_000),
    quick: true,
    folder: tempFolder(),
    signal: new AbortController().signal,
    log: console.log,
    progress: () => {},
  });
  const { tried, survived, failed } = await cuts.run(ctx);
  expect(failed).toEqual([]);
  expect({ tried, survived }).toEqual({ tried: 16, survived: 16 }); // each with a file that was damaged
});
