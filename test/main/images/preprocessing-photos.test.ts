/**
 * Real photos, prepared by Crux and by the libraries: the 8-bit pixels of every preprocessing of the fixtures. Needs the
 * shared photos, and CRUX_PYTHON: a Python with torch, torchvision, transformers, timm and Pillow.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timmPreprocessing } from '../../../src/core/images/timm-preprocessing.ts';
import { transformersPreprocessing } from '../../../src/core/images/transformers-preprocessing.ts';
import { preparedPixels } from '../../../src/main/images/prepare.ts';
import { tempFolder } from '../support/catalogs.ts';

const root = join(import.meta.dirname, '../../..');
const photos = join(root, '../shared/data/photos/clothing-1k');
const python = process.env.CRUX_PYTHON ?? '';
const missing = [...(existsSync(photos) ? [] : [photos]), ...(python ? [] : ['CRUX_PYTHON'])];
if (missing.length > 0)
  console.log(`photos against Pillow and torchvision: skipped, no ${missing.join(' and no ')}`);

const read = {
  transformers: (json: unknown) => transformersPreprocessing(json, { type: '' }),
  timm: timmPreprocessing,
};

test.skipIf(missing.length > 0)('photos are prepared to within a level of the libraries', async () => {
  const out = tempFolder();
  execFileSync(python, [join(root, 'scripts/fixtures/preprocessing.py'), photos, out], {
    stdio: 'pipe',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const { cases } = JSON.parse(readFileSync(join(root, 'test/fixtures/preprocessing/prepared.json'), 'utf8'));
  const configs = (library: string) => [
    ...new Map(
      cases
        .filter((one: { library: string }) => one.library === library)
        .map((one: { case: string; config: unknown }) => [one.case, one.config] as const),
    ).values(),
  ];
  const made = readdirSync(out);
  expect(made.length).toBeGreaterThan(100);
  let worst = 0;
  for (const name of made) {
    const [photo, library, number] = name.split('.') as [string, keyof typeof read, string];
    const file = readFileSync(join(photos, `${photo.replace('~', '/')}.jpg`));
    const pixels = await preparedPixels(file, read[library](configs(library)[Number(number)]));
    const theirs = readFileSync(join(out, name));
    expect(pixels).toHaveLength(theirs.length);
    for (let i = 0; i < pixels.length; i++) worst = Math.max(worst, Math.abs(pixels[i] - theirs[i]));
  }
  console.log(`photos against Pillow and torchvision: ${made.length} images, at most ${worst} levels apart`);
  expect(worst).toBeLessThanOrEqual(1);
});
