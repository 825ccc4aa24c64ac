/** Every edit by a person can be undone and redone, in order, across fields. */
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { addImage, addProbabilities, makeDataset, tempCatalog } from '../support/catalogs.ts';

let catalog: c.Catalog;
let datasetId: number;
let cat: number;
let dog: number;
let a: number;
let b: number;

beforeEach(() => {
  catalog = tempCatalog();
  const made = makeDataset(catalog, ['cat', 'dog']);
  datasetId = made.datasetId;
  cat = made.classes.get('cat')!;
  dog = made.classes.get('dog')!;
  a = addImage(catalog, datasetId, 'a.png', cat);
  b = addImage(catalog, datasetId, 'b.png', null);
  addProbabilities(
    catalog,
    datasetId,
    new Map([
      [a, [0.9, 0.1]],
      [b, [0.3, 0.7]],
    ]),
  );
});

const look = (id: number) => c.imageDetail(catalog, id);

test('class: difficulty follows the label, history is kept, undo and redo restore both', () => {
  c.setClass(catalog, [a, b], dog);
  expect(look(a)).toMatchObject({ className: 'dog' });
  expect(look(a).difficulty).toBeCloseTo(0.9, 6);
  expect(look(b).difficulty).toBeCloseTo(0.3, 6);
  expect(c.undoEdit(catalog)).toEqual({ label: 'class of 2 images to dog', datasetIds: [datasetId] });
  expect(look(a)).toMatchObject({ className: 'cat' });
  expect(look(a).difficulty).toBeCloseTo(0.1, 6);
  expect(look(b)).toMatchObject({ className: null, difficulty: null });
  expect(c.redoEdit(catalog)?.label).toBe('class of 2 images to dog');
  expect(look(b).className).toBe('dog');
  expect(look(a).labelHistory.map((h) => [h.from, h.to, h.source])).toEqual([
    ['cat', 'dog', 'person'],
    ['dog', 'cat', 'undo'],
    ['cat', 'dog', 'redo'],
  ]);
});

test('captions: set, literal replace, empty takes away; undo brings back what was', () => {
  c.setCaption(catalog, [a, b], 'a $1 (cat)');
  expect(c.replaceInCaptions(catalog, [a, b], '(cat)', '$& dog')).toBe(2);
  expect(look(a)).toMatchObject({ caption: 'a $1 $& dog', captionSource: 'person' });
  expect(c.replaceInCaptions(catalog, [a], 'not there', 'x')).toBe(0);
  c.setCaption(catalog, [a], '');
  expect(look(a).caption).toBeNull();
  c.undoEdit(catalog);
  expect(look(a).caption).toBe('a $1 $& dog');
  c.undoEdit(catalog);
  c.undoEdit(catalog);
  expect(look(a).caption).toBeNull();
  expect(c.undoEdit(catalog)).toBeNull();
  c.redoEdit(catalog);
  expect(look(b).caption).toBe('a $1 (cat)');
});

test('a decision with a relabel is one edit', () => {
  c.decide(catalog, [a], 'accept', dog);
  expect(look(a)).toMatchObject({ decision: 'accept', className: 'dog' });
  c.decide(catalog, [a], null);
  expect(look(a).decision).toBeNull();
  c.undoEdit(catalog);
  expect(look(a)).toMatchObject({ decision: 'accept', className: 'dog' });
  c.undoEdit(catalog);
  expect(look(a)).toMatchObject({ decision: null, className: 'cat' });
});

test('tags', () => {
  c.setTag(catalog, [a, b], 'blurred', true);
  c.setTag(catalog, [a], 'blurred', false);
  expect([look(a).tags, look(b).tags]).toEqual([[], ['blurred']]);
  c.undoEdit(catalog);
  expect(look(a).tags).toEqual(['blurred']);
});

test('a new edit makes what was undone unreachable; an edit that changes nothing is none', () => {
  c.decide(catalog, [a], 'accept');
  c.decide(catalog, [a], 'reject');
  c.undoEdit(catalog);
  c.decide(catalog, [a], 'accept'); // it is accepted already
  expect(c.redoEdit(catalog)?.label).toBe('reject of 1 image');
  c.undoEdit(catalog);
  c.setTag(catalog, [b], 't', true);
  expect(c.redoEdit(catalog)).toBeNull();
  c.undoEdit(catalog);
  c.undoEdit(catalog);
  expect(c.undoEdit(catalog)).toBeNull();
  expect(look(a).decision).toBeNull();
});

test('an unknown image or class changes nothing at all', () => {
  expect(() => c.setClass(catalog, [a, 999], dog)).toThrow(/image 999/);
  expect(() => c.setClass(catalog, [a], 999)).toThrow(/class 999/);
  const other = makeDataset(catalog, ['fish'], 'other').classes.get('fish')!;
  expect(() => c.setClass(catalog, [a], other)).toThrow(/does not belong/);
  expect(() => c.setTag(catalog, [999], 't', true)).toThrow(/image 999/);
  expect(look(a).className).toBe('cat');
  expect(catalog.value('SELECT COUNT(*) FROM edits')).toBe(0);
});
