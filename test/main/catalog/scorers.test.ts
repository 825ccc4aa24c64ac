/** Two scorers side by side, how far each can be believed, and which images a fitted classifier had seen. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { limits } from '../../../src/shared/limits.ts';
import {
  scorerCalibration as calibrationSchema,
  scorerComparison as comparisonSchema,
  datasetMap as mapSchema,
} from '../../../src/shared/scorers.ts';
import { addImage, addProbabilities, makeDataset, tempCatalog } from '../support/catalogs.ts';

let catalog: c.Catalog;
let datasetId: number;
/** Three cats, two dogs, and an image without a class. */
let ids: number[];

beforeEach(() => {
  catalog = tempCatalog();
  const made = makeDataset(catalog, ['cat', 'dog']);
  datasetId = made.datasetId;
  const [cat, dog] = [made.classes.get('cat')!, made.classes.get('dog')!];
  ids = [cat, cat, cat, dog, dog, null].map((classId, i) =>
    addImage(catalog, datasetId, `${i}.png`, classId),
  );
});

/** p(cat) of each image. */
const scorer = (name: string, cat: readonly number[], images = ids) =>
  addProbabilities(catalog, datasetId, new Map(images.map((id, i) => [id, [cat[i], 1 - cat[i]]])), name);

test('two scorers by hand; what only one judged, and what a person excluded, does not count', () => {
  const a = scorer('first', [0.9, 0.6, 0.4, 0.2, 0.5, 0.5]);
  const b = scorer('second', [0.8, 0.2, 0.4, 0.1, 0.9], ids.slice(0, 5));
  const got = comparisonSchema.parse(c.scorerComparison(catalog, datasetId, a, b, { largest: 2 }));
  expect(got.a.name).toBe('first');
  expect([...got.points.ids]).toEqual(ids.slice(0, 5));
  expect([...got.points.classIndex]).toEqual([0, 0, 0, 1, 1]);
  expect(got.points.a[1]).toBeCloseTo(0.4, 6);
  expect(got.points.b[1]).toBeCloseTo(0.8, 6);
  expect(got.disagreements.map((row) => row.imageId)).toEqual([ids[1], ids[4]]);
  expect(got.disagreements[0]).toMatchObject({
    path: '1.png',
    className: 'cat',
    predictedA: 'cat',
    predictedB: 'dog',
  });
  // easy, medium, hard by a: 0 and 3 easy, 1, 2 and 4 medium; by b: 0 and 3 easy, 2 medium, 1 and 4 hard
  expect(got.buckets).toEqual([
    [2, 0, 0],
    [0, 1, 2],
    [0, 0, 0],
  ]);
  expect(got.overall).toMatchObject({ images: 5, sameBucket: 3 / 5 });
  expect(got.classes.map((k) => [k.className, k.images])).toEqual([
    ['cat', 3],
    ['dog', 2],
  ]);
  expect(got.classes[1].spearman).toEqual({ value: 1, low: null, high: null });

  c.decide(catalog, [ids[1]], 'reject');
  expect(c.scorerComparison(catalog, datasetId, a, b, { largest: 2 }).overall.images).toBe(4);
});

test('a comparison that cannot be made says why', () => {
  const a = scorer('first', [0.9], ids.slice(0, 1));
  const b = scorer('second', [0.9], ids.slice(1, 2));
  expect(() => c.scorerComparison(catalog, datasetId, a, b, { largest: 2 })).toThrow(
    /no image in common.*score the dataset/,
  );
  expect(() => c.scorerComparison(catalog, datasetId, a, a, { largest: 2 })).toThrow('with itself');
  expect(() => c.scorerComparison(catalog, datasetId, a, 99, { largest: 2 })).toThrow('scorer 99');
});

test('calibration of labelled real images, by hand', async () => {
  // Says .9, .9, .9, .9, .6; right, right, wrong, right, wrong.
  const a = scorer('first', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]);
  const got = calibrationSchema.parse(await c.scorerCalibration(catalog, datasetId, a));
  expect(got).toMatchObject({ basis: 'unknown', images: 5, learned: 0, of: 5 });
  const { as, temperature, tempered, sentence } = got.measured!;
  expect(as.accuracy).toBeCloseTo(3 / 5, 6);
  expect(as.confidence).toBeCloseTo(4.2 / 5, 6);
  expect(as.expectedError).toBeCloseTo((4 * (0.9 - 0.75) + 0.6) / 5, 6);
  expect(as.bins.map((bin) => bin.images)).toEqual([1, 4]);
  expect(temperature).toBeGreaterThan(1);
  expect(tempered!.accuracy).toBeCloseTo(as.accuracy, 6);
  expect(sentence).toContain('as sure as it is right'); // five images cannot tell more
  await expect(c.scorerCalibration(catalog, datasetId, 99)).rejects.toThrow('scorer 99');

  const one = scorer('one', [0.9], ids.slice(0, 1));
  expect(await c.scorerCalibration(catalog, datasetId, one)).toMatchObject({ images: 1, measured: null });
});

test('a scorer that was asked about its own lessons gets no temperature', async () => {
  const a = scorer('first', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]);
  catalog.run("UPDATE scorers SET method = 'in-sample' WHERE id = ?", a);
  const got = await c.scorerCalibration(catalog, datasetId, a);
  expect(got.basis).toBe('in-sample');
  expect(got.measured).toMatchObject({ temperature: null, tempered: null });
  expect(got.measured!.sentence).toContain('Of the images that it had learned from');
});

test('large datasets are sampled, always the same images', () => {
  const a = c.getScorer(catalog, scorer('first', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]));
  expect(c.labelledProbabilities(catalog, a)).toMatchObject({ n: 5, of: 5, k: 2 });
  const many = Array.from({ length: 2100 }, (_, i) =>
    addImage(catalog, datasetId, `many/${i}.png`, a.classIds[i % 2]),
  );
  const b = c.getScorer(
    catalog,
    scorer(
      'many',
      many.map((_, i) => (i % 10) / 10),
      many,
    ),
  );
  const got = c.labelledProbabilities(catalog, b, 10);
  expect(got).toMatchObject({ n: 2000, of: 2100 });
  expect(c.labelledProbabilities(catalog, b, 10)).toEqual(got);
});

function classifier(heldOut: (i: number) => boolean | undefined): number {
  const folder = join('models', 'classifier-9');
  mkdirSync(catalog.file(folder), { recursive: true });
  const row = (imageId: number, i: number) => ({
    imageId,
    confidence: 0.1 * i,
    variability: 0.05 * i,
    correctness: 0.5,
    forgetting: i,
    heldOut: heldOut(i),
  });
  const known = [...ids.slice(0, 5), 999].map(row);
  writeFileSync(join(catalog.file(folder), 'dynamics.json'), JSON.stringify(known));
  const modelId = c.addModelRow(catalog, {
    name: 'Classifier 9',
    kind: 'classifier',
    path: folder,
    hash: 'h',
    summary: '',
  });
  const id = scorer('classifier', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]);
  catalog.run("UPDATE scorers SET method = 'classifier', model_id = ? WHERE id = ?", modelId, id);
  return id;
}

test('a classifier fitted here is measured on what it held out, and has a dataset map', async () => {
  const id = classifier((i) => i === 1 || i === 3);
  expect(await c.scorerCalibration(catalog, datasetId, id)).toMatchObject({
    basis: 'held-out',
    images: 2,
    learned: 3,
    measured: { as: { accuracy: 1 } },
  });
  const other = scorer('given', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]);
  const all = { largest: 0 };
  expect(c.scorerComparison(catalog, datasetId, id, other, all)).toMatchObject({
    learnedA: 3,
    learnedB: null,
    unseen: 2,
    overall: { images: 5 },
  });
  const unseen = { largest: 0, onlyUnseen: true };
  const two = comparisonSchema.parse(c.scorerComparison(catalog, datasetId, id, other, unseen));
  expect([...two.points.ids]).toEqual([ids[1], ids[3]]);
  catalog.run("UPDATE scorers SET method = 'in-sample' WHERE id = ?", other);
  expect(c.scorerComparison(catalog, datasetId, id, other, all)).toMatchObject({ learnedB: 5, unseen: 0 });
  expect(() => c.scorerComparison(catalog, datasetId, id, other, unseen)).toThrow(/learned from every image/);

  const map = mapSchema.parse(c.datasetMapOf(catalog, id));
  expect([...map.ids]).toEqual(ids.slice(0, 5)); // 999 has gone
  expect([...map.heldOut]).toEqual([0, 1, 0, 1, 0]);
  expect([...map.classIndex]).toEqual([0, 0, 0, 1, 1]);
  expect(map.confidence[2]).toBeCloseTo(0.2, 6);
  expect([...map.forgetting]).toEqual([0, 1, 2, 3, 4]);
  catalog.run(
    'UPDATE classes SET class_index = ? WHERE dataset_id = ? AND class_index = 1',
    limits.classes,
    datasetId,
  );
  expect([...c.datasetMapOf(catalog, id)!.classIndex]).toEqual([0, 0, 0, limits.classes, limits.classes]);
});

test('where nobody recorded what was held out, that is said; a broken file is named', async () => {
  const id = classifier(() => undefined);
  expect(await c.scorerCalibration(catalog, datasetId, id)).toMatchObject({ basis: 'unknown', images: 5 });
  expect(c.datasetMapOf(catalog, id)).not.toBeNull();
  writeFileSync(join(catalog.file('models/classifier-9'), 'dynamics.json'), '[{"imageId": "x"}]');
  expect(() => c.datasetMapOf(catalog, id)).toThrow(
    /dynamics.json cannot be read.*fit the classifier again/s,
  );
  const other = scorer('first', [0.9, 0.9, 0.1, 0.1, 0.6, 0.5]);
  expect(c.datasetMapOf(catalog, other)).toBeNull();
});
