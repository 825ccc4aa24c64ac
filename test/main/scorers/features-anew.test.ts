/** Features and scores that stand on images prepared in another way are never taken for those of today. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { addModel } from '../../../src/main/engine/check-model.ts';
import { openEncoder } from '../../../src/main/models/open-encoder.ts';
import { findModel } from '../../../src/main/models/registry.ts';
import { readVisionFolder } from '../../../src/main/models/vision-folder.ts';
import { openJudge } from '../../../src/main/scorers/judge.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { makeFolder } from '../support/pictures.ts';
import { run, runOk } from '../support/run.ts';
import { writeTiny } from '../support/vision.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;

test('features of an earlier version, stored under the weights alone, are computed again; a scorer that stands on them judges nothing', async () => {
  const catalog = tempCatalog();
  const folder = writeTiny(join(tempFolder(), 'model'), 'transformers vit');
  await runOk(catalog, { kind: 'import', params: { source: await makeFolder(tempFolder(), 4), name: 'p' } });
  const { id } = await addModel(catalog, { path: folder, name: 'vit' });
  const weights = await readVisionFolder(folder, 'vit').part.hash();
  const old = c.ensureEmbeddingSet(catalog, 1, { id, name: 'vit', hash: weights, dim: 64 });
  const images = c.workImages(catalog, 1).map((image) => image.id);
  c.addEmbeddings(catalog, old, images, new Float32Array(images.length * 64), null);

  const job = await run(catalog, { kind: 'embed', params: { datasetId: 1, modelId: id } });
  expect(job.result).toMatchObject({ embedded: 12 });
  expect(
    c
      .listLog(catalog, job.id)
      .map((line) => line.text)
      .join(),
  ).toContain('they are computed again');
  expect(findModel(catalog, id, 'encoder').hash).not.toBe(weights);

  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId: id, folds: 2 } });
  const scorer = c.getScorer(catalog, c.currentScorerId(catalog, 1)!);
  await (await openJudge(catalog, scorer, cpu)).close();
  await expect(openJudge(catalog, { ...scorer, modelHash: weights }, cpu)).rejects.toThrow(
    'images are prepared for it in another way; score the dataset again',
  );
});

test('another preprocessor file beside the same weights means other features', async () => {
  const catalog = tempCatalog();
  const folder = writeTiny(join(tempFolder(), 'model'), 'transformers vit');
  const { id } = await addModel(catalog, { path: folder, name: 'vit' });
  const hashNow = async () => {
    const encoder = await openEncoder(catalog, id, cpu);
    await encoder.close();
    return encoder.hash;
  };
  const before = await hashNow();
  expect(await hashNow()).toBe(before);
  const file = join(folder, 'preprocessor_config.json');
  const json = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...json, resample: 3 }));
  expect(await hashNow()).not.toBe(before);
  // The order of fields means nothing.
  writeFileSync(file, JSON.stringify(Object.fromEntries(Object.entries(json).reverse())));
  expect(await hashNow()).toBe(before);
});

test('what Crux trained itself keeps the hash of its weights, and so its features', async () => {
  const catalog = tempCatalog();
  const encoder = await openEncoder(catalog, 'builtin:encoder', cpu);
  await encoder.close();
  expect(encoder.hash).toBe(findModel(catalog, 'builtin:encoder', 'encoder').hash);
  expect(encoder.preprocessing).toMatchObject({ arithmetic: 'libvips', resize: { to: 'cover' } });
});
