/**
 * The hostile models of the campaign that are small to write: each is refused, in a sentence that names the file or the
 * field, by other processes than the one that asks. The large ones are npm run torture's.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { zoo } from '../../../scripts/torture/hostile-models/zoo.ts';
import { checkModel } from '../../../src/main/engine/check-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-zoo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('a hostile model is refused by name', () => {
  const large = /million|gigabyte|90 MB/;
  const specimens = [...zoo(join(folder, 'sound'))].filter(({ name }) => !large.test(name));

  test.each(specimens.map((specimen, i) => ({ ...specimen, i })))('$name', async ({ make, says, i }) => {
    const place = join(folder, String(i));
    mkdirSync(place);
    const { usable, problems } = await checkModel(make(place));
    expect(usable).toBe(false);
    expect(problems.join(' ')).toMatch(says);
    rmSync(place, { recursive: true });
  });
});
