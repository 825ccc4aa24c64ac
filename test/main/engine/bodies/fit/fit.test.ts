/** A classifier trained here: it learns, scores, keeps its training dynamics, and resumes to the same weights. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { tempCatalog, tempFolder } from '../../../support/catalogs.ts';
import { makeFolder } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';

const PER_CLASS = 10;
const params = { datasetId: 1, size: 16, epochs: 6, batchSize: 8, shift: 1, validationShare: 0.2, seed: 3 };
let folder: string;

async function withPictures(): Promise<c.Catalog> {
  const catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  return catalog;
}

beforeEach(async () => {
  folder = await makeFolder(join(tempFolder(), 'photos'), PER_CLASS);
});

const weightsOf = (catalog: c.Catalog) =>
  readFileSync(join(c.listModelRows(catalog).at(-1)!.path, 'model.safetensors'));

test('it learns colours, and scores the dataset as its own classifier', async () => {
  const catalog = await withPictures();
  const figures = await runOk(catalog, { kind: 'fit', params: { ...params, epochs: 12 } });
  expect(figures).toMatchObject({ images: 24, heldOut: 6 });
  expect(figures.validationAccuracy).toBeGreaterThan(0.8);
  const scored = await runOk(catalog, {
    kind: 'score',
    params: { datasetId: 1, method: 'classifier', modelId: figures.modelId as string },
  });
  expect(scored.scored).toBe(3 * PER_CLASS);
  expect(scored.accuracy).toBeGreaterThan(0.8);
  // By this the Difficulty screen knows that it has scored.
  expect(c.listScorers(catalog, 1).map(({ modelHash }) => modelHash)).toEqual([
    c.getModelRow(catalog, figures.modelId as string).hash,
  ]);

  const { path } = c.listModelRows(catalog).at(-1)!;
  const dynamics = JSON.parse(readFileSync(join(path, 'dynamics.json'), 'utf8')) as Record<
    string,
    number | boolean
  >[];
  expect(dynamics.map((d) => d.imageId)).toEqual(c.workImages(catalog, 1).map((image) => image.id));
  for (const d of dynamics) {
    expect(d.confidence).toBeGreaterThan(0);
    expect(d.correctness).toBeLessThanOrEqual(1);
  }
  expect(dynamics.filter((d) => d.heldOut)).toHaveLength(6);
});

test('stopped after an epoch and resumed, it ends with the same bytes', async () => {
  const whole = await withPictures();
  await runOk(whole, { kind: 'fit', params });
  const stopped = await withPictures();
  let epochs = 0;
  const first = await run(
    stopped,
    { kind: 'fit', params },
    {
      onEvent: (name, _payload, abort) => {
        if (name === 'training.point' && ++epochs === 2) abort.abort(new Error('stopped'));
      },
    },
  );
  expect(first.state).toBe('queued');
  expect(c.listModelRows(stopped)).toEqual([]);
  expect(await run(stopped, first)).toMatchObject({ state: 'done' });
  expect(epochs).toBe(2);
  expect(weightsOf(stopped).equals(weightsOf(whole))).toBe(true);
});

test('one class is not enough', async () => {
  const catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'red'), name: 'one' } });
  const job = await run(catalog, { kind: 'fit', params });
  expect(job.state).toBe('failed');
  expect(job.error).toContain('wanted 2 or more');
});
