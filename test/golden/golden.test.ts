/** The oracle folders, here and beside the repository, through the checks of `npm run golden`: one test for each case. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checksOf, findCases, openParts } from '../../scripts/golden/run.ts';

const shared = join(import.meta.dirname, '../../../shared/golden');
const present = existsSync(shared);
if (!present) console.warn('skipped: no oracle data at ../shared/golden');

describe.each([
  ['in test/fixtures/golden', join(import.meta.dirname, '../fixtures/golden'), true],
  ['in ../shared/golden', shared, present],
])('the oracle %s', (_, root, present) => {
  // A describe without any test would count as a failure.
  const cases = present ? findCases(root) : [{ name: 'absent', folder: root }];

  it.skipIf(!present).each(cases)('$name', async (found) => {
    const options = { runtime: { provider: 'cpu', threads: 1 }, toleranceFactor: 1 } as const;
    const failed: string[] = [];
    let checks = 0;
    for await (const check of checksOf(openParts(root, found, options))) {
      checks++;
      if (!check.pass) failed.push(JSON.stringify(check));
    }
    expect(failed).toEqual([]);
    expect(checks).toBeGreaterThan(0);
  });
});
