/** What a person excludes (rejects) is out of every job that learns or measures, and comes back when they undo it. */

import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { startingImages } from '../../../../src/main/datasets/used-images.ts';
import { planPictures } from '../../../../src/main/engine/bodies/generate/generation-plan.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import { generateParams } from '../../../../src/shared/jobs/generate.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { unchecked } from '../../support/originals.ts';
import { makeFolder } from '../../support/pictures.ts';
import { runOk } from '../../support/run.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const PER_CLASS = 8;
let folder: string;
let catalog: c.Catalog;
let excluded: number[];

beforeEach(async () => {
  folder = tempFolder();
  await makeFolder(join(folder, 'photos'), PER_CLASS);
  catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const ids = c.workImages(catalog, 1).map((image) => image.id);
  excluded = [ids[0], ids[5]];
  c.decide(catalog, excluded, 'reject');
  c.decide(catalog, [ids[1]], 'accept'); // an accepted image is no excluded one
});

const logOfNewest = () =>
  catalog.column<string>('SELECT text FROM job_logs WHERE job_id = (SELECT MAX(id) FROM jobs) ORDER BY id');
const scoredIds = (scorerId: number) =>
  catalog.column<number>('SELECT image_id FROM scores WHERE scorer_id = ?', scorerId);

test('scoring leaves them out, says so, and measures them once they are back', async () => {
  for (const method of ['out-of-fold', 'in-sample'] as const) {
    const { scorerId, scored } = await runOk(catalog, { kind: 'score', params: { datasetId: 1, method } });
    expect(scored).toBe(3 * PER_CLASS - 2);
    expect(logOfNewest()).toContain('2 images are excluded by a person and left out');
    for (const id of excluded) expect(scoredIds(scorerId as number)).not.toContain(id);
  }
  expect(await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } })).toMatchObject({ measured: 0 });
  c.undoEdit(catalog); // the acceptance
  c.undoEdit(catalog);
  expect(await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } })).toMatchObject({ measured: 2 });
});

test('neither a classifier nor a diffusion model learns from them', async () => {
  const fit = { datasetId: 1, size: 16, epochs: 1, batchSize: 8, validationShare: 0.25 };
  const figures = await runOk(catalog, { kind: 'fit', params: fit });
  expect((figures.images as number) + (figures.heldOut as number)).toBe(3 * PER_CLASS - 2);
  expect(logOfNewest()).toContain('2 images are excluded by a person and left out');

  // A scorer from before they were excluded knows them; training does not take them from it.
  c.decide(catalog, excluded, null);
  await runOk(catalog, { kind: 'score', params: { datasetId: 1 } });
  c.decide(catalog, excluded, 'reject');
  writeTinyDiffusion(join(folder, 'tiny'));
  const { id: baseModelId } = await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' });
  for (const kind of ['difficulty', 'plain'] as const) {
    const params = { datasetId: 1, kind, baseModelId, steps: 1, batchSize: 2 };
    expect(await runOk(catalog, { kind: 'train', params })).toMatchObject({ images: 3 * PER_CLASS - 2 });
    expect(logOfNewest()).toContain('2 images are excluded by a person and left out');
  }
});

test('generation neither counts them nor starts from them', async () => {
  const before = c.trainingCounts(catalog, 1);
  const images = c.workImages(catalog, 1);
  const classId = images[0].classId!;
  expect(images.find((image) => image.id === excluded[1])!.classId).toBe(classId);
  expect(before.get(classId)).toBe(PER_CLASS - 2);
  const rest = images.filter((image) => image.classId === classId && !excluded.includes(image.id));
  c.decide(
    catalog,
    rest.slice(1).map((image) => image.id),
    'reject',
  );
  const params = generateParams.parse({
    datasetId: 1,
    modelId: 'any',
    classes: [images[0].className!],
    count: 5,
    init: 'image',
  });
  const real = await startingImages({ catalog, params, originals: unchecked });
  const sources = planPictures(catalog, params, null, real).map((picture) => picture.sources);
  expect(sources).toHaveLength(5);
  for (const [source] of sources) expect(source.id).toBe(rest[0].id);
});
