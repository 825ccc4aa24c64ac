/** The CLIP that ships, on scenes that it was not trained on: what its card says of it is so. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderScene, sceneClasses } from '../../../src/core/scenes/scenes.ts';
import { textTowerOf } from '../../../src/main/models/encoder.ts';
import { builtInModelFolder } from '../../../src/main/models/folders.ts';
import { openEncoder } from '../../../src/main/models/open-encoder.ts';
import { listModels } from '../../../src/main/models/registry.ts';
import { zeroShot } from '../../../src/main/scorers/zero-shot.ts';
import { tempCatalog } from '../support/catalogs.ts';

test('tells the classes of the demo by their names alone', async () => {
  const catalog = tempCatalog();
  expect(listModels(catalog)).toContainEqual(
    expect.objectContaining({ id: 'builtin:clip', kind: 'encoder', usable: true, problem: null }),
  );
  const model = await openEncoder(catalog, 'builtin:clip', { provider: 'cpu', threads: 1 });
  const n = 100;
  const pixels = new Uint8Array(n * 64 * 64 * 3);
  for (let i = 0; i < n; i++) {
    // Far from the seeds of training and of the demo.
    const scene = renderScene({ classIndex: i % 10, seed: 7_000_000 + i, size: 64, distribution: 'demo' });
    pixels.set(scene.pixels, i * 64 * 64 * 3);
  }
  const { features } = await model.run(pixels, n);
  const p = (await zeroShot(model, sceneClasses, ['a photo of a [CLS]']))(features);
  const texts = textTowerOf(model, 'a test');
  expect(texts.logitScale).toBeGreaterThan(1);
  await model.close();
  const right = Array.from({ length: n }, (_, i) => {
    const row = p.subarray(i * 10, i * 10 + 10);
    return row.indexOf(Math.max(...row)) === i % 10;
  }).filter(Boolean).length;
  expect(right).toBeGreaterThan(60);
});

test('takes less than 2 MB', () => {
  const folder = builtInModelFolder('clip');
  const bytes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
  expect(bytes.reduce((a, b) => a + b)).toBeLessThan(2_000_000);
});
