/** What screens ask: filters, orders, figures, facts. */
import { beforeEach, describe, expect, test } from 'vitest';
import { fillCatalog } from '../../../scripts/bench/catalog-rows.ts';
import * as c from '../../../src/main/catalog/index.ts';
import { difficultySummary as summarySchema } from '../../../src/shared/domain/difficulty.ts';
import type { ImageFilter, ImageSort } from '../../../src/shared/domain/image.ts';
import { imageDetail as detailSchema } from '../../../src/shared/domain/image.ts';
import { addImage, addProbabilities, makeDataset, tempCatalog } from '../support/catalogs.ts';

let catalog: c.Catalog;
let datasetId: number;
let cat: number;
let dog: number;
/** a, b, c: cats of rising difficulty; d: a dog taken for a cat; e: a synthetic dog; f: unscored, no class. */
let id: Record<'a' | 'b' | 'c' | 'd' | 'e' | 'f', number>;

const provenance = {
  recipe: 'difficulty-controlled',
  models: { unet: 'abc' },
  seed: 7,
  prompt: 'a photo of a dog',
  negativePrompt: '',
  className: 'dog',
  requestedDifficulty: 0.8,
  scheduler: 'pndm',
  steps: 30,
  guidanceScale: 2,
  guidanceMode: 'null-token',
  provider: 'cpu',
  createdBy: 'test',
};

beforeEach(() => {
  catalog = tempCatalog();
  const made = makeDataset(catalog, ['cat', 'dog']);
  datasetId = made.datasetId;
  cat = made.classes.get('cat')!;
  dog = made.classes.get('dog')!;
  id = {
    a: addImage(catalog, datasetId, 'cat/a.png', cat, { split: 'train' }),
    b: addImage(catalog, datasetId, 'cat/b.png', cat, { split: 'val' }),
    c: addImage(catalog, datasetId, 'cat/c_1%.png', cat),
    d: addImage(catalog, datasetId, 'dog/d.png', dog),
    e: c.addSynthetic(catalog, {
      datasetId,
      classId: dog,
      jobId: 5,
      index: 0,
      path: 'synthetic/1/5-0.png',
      hash: 'h',
      bytes: 9,
      width: 64,
      height: 64,
      provenance,
    }),
    f: addImage(catalog, datasetId, 'f.png', null),
  };
  addProbabilities(
    catalog,
    datasetId,
    new Map([
      [id.a, [0.9, 0.1]],
      [id.b, [0.5, 0.5]],
      [id.c, [0.2, 0.8]],
      [id.d, [0.75, 0.25]],
      [id.e, [0.4, 0.6]],
    ]),
  );
});

const found = (filter: ImageFilter, sort: ImageSort = 'path'): string => {
  const names = Object.entries(id);
  return [...c.imageIds(catalog, datasetId, filter, sort)]
    .map((wanted) => names.find(([, value]) => value === wanted)![0])
    .join('');
};

describe('filters', () => {
  test.each<[string, () => ImageFilter, string]>([
    ['none', () => ({}), 'abcdfe'],
    ['class', () => ({ classIds: [dog] }), 'de'],
    ['no class at all', () => ({ classIds: [] }), ''],
    ['origin', () => ({ origin: 'synthetic' }), 'e'],
    ['split', () => ({ split: 'val' }), 'b'],
    ['easy', () => ({ bucket: 'easy' }), 'a'],
    ['medium', () => ({ bucket: 'medium' }), 'be'],
    ['hard', () => ({ bucket: 'hard' }), 'cd'],
    ['range', () => ({ difficulty: { min: 0.3, max: 0.6 } }), 'be'],
    ['disagrees', () => ({ disagrees: true }), 'cd'],
    ['agrees', () => ({ disagrees: false }), 'abe'],
    ['job', () => ({ jobId: 5 }), 'e'],
    ['text in the path, case-insensitive', () => ({ text: 'CAT/' }), 'abc'],
    ['text in the caption', () => ({ text: 'photo of' }), 'e'],
    ['text with wildcards is literal', () => ({ text: '_1%' }), 'c'],
    ['several at once', () => ({ classIds: [cat], bucket: 'hard', origin: 'real' }), 'c'],
  ])('%s', (_, filter, wanted) => {
    expect(found(filter())).toBe(wanted);
  });

  test('decision and tag', () => {
    c.decide(catalog, [id.e], 'accept');
    c.decide(catalog, [id.d], 'reject');
    c.setTag(catalog, [id.a, id.e], 'look', true);
    expect(found({ decision: 'accept' })).toBe('e');
    expect(found({ decision: 'reject' })).toBe('d');
    expect(found({ decision: 'none' })).toBe('abcf');
    expect(found({ withoutRejected: true })).toBe('abcfe');
    expect(found({ tag: 'look' })).toBe('ae');
    expect(found({ tag: 'look', decision: 'none' })).toBe('a');
  });

  test('removed files are not shown', () => {
    catalog.run('UPDATE images SET present = 0 WHERE id = ?', id.b);
    expect(found({})).toBe('acdfe');
    expect(c.getDataset(catalog, datasetId)).toMatchObject({ images: 4, synthetic: 1, removed: 1 });
  });
});

test('orders put what has no score last', () => {
  expect(found({}, 'difficulty-asc')).toBe('aebdcf');
  expect(found({}, 'difficulty-desc')).toBe('cdbeaf');
  expect(found({}, 'newest')).toBe('fedcba');
  expect(found({}, 'margin')).toBe('bedcaf');
  expect(found({}, 'entropy')).toBe('bedcaf');
});

test('difficulty is 1 - p(label), entropy in nats, margin best - second', () => {
  const [score] = c.imageDetail(catalog, id.d).scores;
  expect(score.difficulty).toBeCloseTo(0.75, 6);
  expect(score.entropy).toBeCloseTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 5);
  expect(score.margin).toBeCloseTo(0.5, 6);
  expect(score.predictedClass).toBe('cat');
  expect(score.top.map((t) => t.className)).toEqual(['cat', 'dog']);
});

test('summary: buckets, accuracy and extremes of the real images; synthetic ones as a curve', () => {
  const summary = c.difficultySummary(catalog, datasetId, 2)!;
  expect(() => summarySchema.parse(summary)).not.toThrow();
  expect(summary.buckets).toEqual({ easy: 1, medium: 1, hard: 2 });
  expect(summary.accuracy).toBe(0.5); // a and b agree (the first of equals), c and d do not
  expect(summary.scorer.accuracy).toBe(0.5);
  expect(summary.scorer.scored).toBe(5);
  expect(summary.classes.map((k) => [k.className, k.count])).toEqual([
    ['cat', 3],
    ['dog', 1],
  ]);
  expect(summary.classes[0]).toMatchObject({ easiest: [id.a, id.b], hardest: [id.c, id.b] });
  expect(summary.classes[0].median).toBeCloseTo(0.5, 6);
  expect(summary.hardest[0]).toBe(id.c);
  expect(summary.curves.map((k) => [k.label, k.count])).toEqual([
    ['Real', 4],
    ['Synthetic', 1],
  ]);
  const { x, y } = summary.curves[0];
  const area =
    y.reduce((sum, v, i) => sum + v * (i === 0 || i === y.length - 1 ? 0.5 : 1), 0) * (x[1] - x[0]);
  expect(area).toBeCloseTo(1, 1);
});

test('nothing scored: no summary', () => {
  const other = makeDataset(catalog, ['x'], 'other');
  expect(c.difficultySummary(catalog, other.datasetId, 3)).toBeNull();
});

test('the newest scorer is current until a person chooses another', () => {
  const first = c.currentScorerId(catalog, datasetId)!;
  const second = addProbabilities(catalog, datasetId, new Map([[id.a, [0.1, 0.9]]]), 'second');
  expect(c.getDataset(catalog, datasetId).currentScorerId).toBe(second);
  expect(c.imagesByIds(catalog, [id.a])[0].difficulty).toBeCloseTo(0.9, 6);
  expect(c.setScorer(catalog, datasetId, first).currentScorerId).toBe(first);
  expect(c.imagesByIds(catalog, [id.a])[0].difficulty).toBeCloseTo(0.1, 6);
  expect(() => c.setScorer(catalog, datasetId, 99)).toThrow(/scorer 99/);
});

test('details carry provenance, caption and history, and fit the contract', () => {
  const detail = c.imageDetail(catalog, id.e);
  expect(() => detailSchema.parse(detail)).not.toThrow();
  expect(detail).toMatchObject({
    caption: 'a photo of a dog',
    captionSource: 'prompt',
    requestedDifficulty: 0.8,
  });
  expect(detail.provenance).toEqual(provenance);
  expect(detail.labelHistory).toMatchObject([{ from: null, to: 'dog', source: 'generation' }]);
  expect(() => c.imageDetail(catalog, 999)).toThrow(/image 999 is not in this catalog/);
});

test('summaries come in the order asked for, without what is gone', () => {
  expect(c.imagesByIds(catalog, [id.d, 999, id.a]).map((s) => s.id)).toEqual([id.d, id.a]);
});

test('the same sample twice is one image', () => {
  expect(c.madeIndices(catalog, 5)).toEqual(new Set([0]));
  const again = c.addSynthetic(catalog, {
    datasetId,
    classId: dog,
    jobId: 5,
    index: 0,
    path: 'synthetic/1/5-0.png',
    hash: 'h',
    bytes: 9,
    width: 64,
    height: 64,
    provenance,
  });
  expect(again).toBe(id.e);
});

test('a map joins positions with present facts, and drops images that went', () => {
  c.addProjection(catalog, {
    datasetId,
    method: 'tsne',
    modelName: 'm',
    modelHash: 'h',
    params: {},
    ids: Uint32Array.of(id.a, id.b, id.e, id.f),
    positions: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
  });
  catalog.run('UPDATE images SET present = 0 WHERE id = ?', id.b);
  const map = c.getProjection(catalog, datasetId)!;
  expect([...map.ids]).toEqual([id.a, id.e, id.f]);
  expect([...map.positions]).toEqual([0, 1, 4, 5, 6, 7]);
  expect([...map.classIndex]).toEqual([0, 1, -1]);
  expect([...map.synthetic]).toEqual([0, 1, 0]);
  expect(map.difficulty[0]).toBeCloseTo(0.1, 6);
  expect(map.difficulty[2]).toBeNaN();
  expect(c.getDataset(catalog, datasetId).hasProjection).toBe(true);
  catalog.run('UPDATE classes SET class_index = 100000 WHERE class_index = 1'); // more than 16 bits
  expect([...c.getProjection(catalog, datasetId)!.classIndex]).toEqual([0, 100_000, -1]);
});

test('removing a dataset removes its rows, but not while a job uses it', () => {
  const job = c.addJob(catalog, {
    kind: 'embed',
    datasetId,
    title: 'x',
    device: 'auto',
    params: {},
    owner: null,
  });
  expect(() => c.removeDataset(catalog, datasetId)).toThrow(/in use by job/);
  catalog.run("UPDATE jobs SET state = 'done' WHERE id = ?", job.id);
  c.decide(catalog, [id.a], 'accept');
  c.removeDataset(catalog, datasetId);
  for (const table of [
    'images',
    'classes',
    'scores',
    'score_probabilities',
    'captions',
    'reviews',
    'edit_items',
  ])
    expect(catalog.value(`SELECT COUNT(*) FROM ${table}`)).toBe(0);
  expect(catalog.db.pragma('foreign_key_check')).toEqual([]);
});

test('settings keep what was set and ignore what does not fit', () => {
  expect(c.readSettings(catalog)).toEqual(c.defaultSettings);
  expect(c.writeSettings(catalog, { theme: 'dark', threads: 2 })).toMatchObject({
    theme: 'dark',
    threads: 2,
  });
  catalog.run("UPDATE settings SET value = '\"purple\"' WHERE key = 'theme'");
  expect(c.readSettings(catalog)).toMatchObject({ theme: 'system', threads: 2 });
});

test('thousands of images: order, filter, dataset and summary', () => {
  const n = 4000; // how long 200,000 take is measured by `npm run bench -- catalog`
  const { datasetId: big, firstClassId: x } = fillCatalog(catalog, n);
  const byPath = c.imageIds(catalog, big, {}, 'path');
  expect(byPath.length).toBe(n);
  const hardest = c.imageIds(catalog, big, {}, 'difficulty-desc');
  expect(hardest.length).toBe(n);
  const top = c.imagesByIds(catalog, [...hardest.slice(0, 1000)]);
  expect(top.map((image) => image.id)).toEqual([...hardest.slice(0, 1000)]);
  for (let i = 1; i < top.length; i++) expect(top[i].difficulty!).toBeLessThanOrEqual(top[i - 1].difficulty!);
  const hardOfX = c.imageIds(catalog, big, { classIds: [x], bucket: 'hard' }, 'difficulty-desc');
  expect(hardOfX.length).toBeGreaterThan(0.3 * (n / 2));
  expect(hardOfX.length).toBeLessThan(0.4 * (n / 2));
  expect(c.getDataset(catalog, big).images).toBe(n);
  const { buckets } = c.difficultySummary(catalog, big, 8)!;
  expect(buckets.easy + buckets.medium + buckets.hard).toBe(n);
});
