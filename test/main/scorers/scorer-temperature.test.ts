/** A scorer's temperature: fitted or given, stored with the scorer, and applied to what it measures later. */
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { fitTemperature, temperedProbabilities } from '../../../src/core/metrics/temperature.ts';
import * as c from '../../../src/main/catalog/index.ts';
import { openJudge } from '../../../src/main/scorers/judge.ts';
import { meanProbabilities, restoreProbes } from '../../../src/main/scorers/probe-store.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { makeFolder, picture, put } from '../support/pictures.ts';
import { run, runOk } from '../support/run.ts';

const runtime = { provider: 'cpu', threads: 1 } as const;
let folder: string;
let catalog: c.Catalog;

beforeEach(async () => {
  folder = await makeFolder(join(tempFolder(), 'photos'), 8);
  // Wrong labels: without any, no temperature is best.
  for (const [i, colour] of ['red', 'green', 'blue'].entries())
    put(join(folder, colour, 'wrong.png'), await picture(['green', 'blue', 'red'][i], 50 + i, 0.4));
  catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
});

const score = async (temperature: number | 'auto', method: 'out-of-fold' | 'in-sample' = 'out-of-fold') =>
  (await runOk(catalog, { kind: 'score', params: { datasetId: 1, method, temperature } })) as {
    scorerId: number;
    temperature: number;
  };

/** f32[n,k] of all images in the order of ids. */
const stored = (scorerId: number) => {
  const rows = [...c.probabilitiesOf(catalog, scorerId)].sort(([a], [b]) => a - b);
  return Float32Array.from(rows.flatMap(([, row]) => [...row]));
};

test('a given one is kept with the scorer, and its scores follow it', async () => {
  const plain = await score(1);
  const warm = await score(2.5);
  expect(warm.temperature).toBe(2.5);
  const n = 27;
  expect(stored(warm.scorerId)).toEqual(temperedProbabilities(stored(plain.scorerId), n, 3, 2.5));
  const [newest, older] = c.listScorers(catalog, 1);
  expect(newest).toMatchObject({ id: warm.scorerId, temperature: 2.5 });
  expect(newest.name).toContain('temperature 2.50');
  expect(older).toMatchObject({ temperature: 1 });
  expect(older.name).not.toContain('temperature');
});

test('auto takes the one of least log loss out of fold; an in-sample probe is refused', async () => {
  const plain = await score(1);
  const labels = c.workImages(catalog, 1).map((image) => image.classId! - 1);
  const fitted = fitTemperature(stored(plain.scorerId), labels.length, 3, labels);
  expect(fitted.atBound).toBe(false);
  const auto = await score('auto');
  expect(auto.temperature).toBeCloseTo(fitted.value, 6);
  const again = await c.scorerCalibration(catalog, 1, auto.scorerId);
  expect(again.measured!.temperature).toBeCloseTo(1, 3); // nothing is left to mend
  const params = { datasetId: 1, method: 'in-sample', temperature: 'auto' } as const;
  const refused = await run(catalog, { kind: 'score', params });
  expect(refused).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('choose method out-of-fold'),
  });
});

test('new images are measured at the same temperature', async () => {
  const { scorerId } = await score(3);
  const scorer = c.getScorer(catalog, scorerId);
  const judge = await openJudge(catalog, scorer, runtime);
  await judge.close();
  const set = c.findEmbeddingSet(catalog, 1, scorer.modelHash)!;
  const { vectors, dim } = c.loadEmbeddings(catalog, set, { origin: 'real' });
  const x = vectors.slice(0, 4 * dim);
  const probes = restoreProbes(scorer.probes!);
  const untempered = meanProbabilities(probes, x, 4);
  expect(judge.probabilities(x, 4, dim)).toEqual(temperedProbabilities(untempered, 4, 3, 3));
});
