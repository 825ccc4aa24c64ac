/** How folders are read: by outlines, without a disk. Each kind of fault of ../shared/data/reports.tar.gz, and its likes. */
import { describe, expect, it } from 'vitest';
import { findLayout, layouts } from '../../../src/main/datasets/layouts/index.ts';
import type { Outline } from '../../../src/main/datasets/layouts/layout.ts';
import { splitOfName, splitsOfNames } from '../../../src/main/datasets/layouts/split-names.ts';

/** Folders of these paths hold images; a path that ends in / is an empty folder; one with .txt has captions beside. */
function outline(...paths: string[]): Outline {
  const root: Outline = { name: 'root', images: false, sidecars: false, folders: [], empty: [] };
  for (const path of paths) {
    let at = root;
    for (const name of path.replace(/\/$|\.txt$/, '').split('/')) {
      if (name === '.') continue;
      let inner = at.folders.find((folder) => folder.name === name);
      if (!inner && path.endsWith('/') && path.endsWith(`${name}/`)) at.empty.push(name);
      else if (!inner) {
        inner = { name, images: false, sidecars: false, folders: [], empty: [] };
        at.folders.push(inner);
      }
      if (inner) at = inner;
    }
    if (!path.endsWith('/')) at.images = true;
    if (path.endsWith('.txt')) at.sidecars = true;
  }
  return root;
}

/** Folder -> "class split", of each folder with images. */
function read(...paths: string[]): Record<string, string> {
  const { layout, plan } = findLayout(outline(...paths));
  const places = paths
    .filter((path) => !path.endsWith('/'))
    .map((path) => path.replace(/\.txt$/, ''))
    .map((path) => {
      const folders = path === '.' ? [] : path.split('/');
      const aside = plan.aside?.(folders);
      const { label, split } = plan.place(folders);
      return [path, aside ? 'aside' : `${label ?? '-'} ${split ?? '-'}`];
    });
  return { layout: layout.id, ...Object.fromEntries(places) };
}

describe('split words', () => {
  it.each([
    ['train', 'train'],
    ['TEST', 'test'],
    ['Validation', 'val'],
    ['training_set', 'train'],
    ['train2017', 'train'],
    ['validation-images', 'val'],
    ['val_split', 'val'],
    ['Test Data', 'test'],
  ])('%s alone is a split', (name, split) => expect(splitOfName(name)).toBe(split));

  it.each([
    'trainer',
    'bullet_train',
    'train station',
    'test tube',
    'testament',
    'seg_train',
    'train_test',
    'crash-test-dummy',
    'devil',
    'toy_train2',
    'images',
  ])('%s alone is none', (name) => expect(splitOfName(name)).toBeNull());

  it('names alike but for the word are splits together', () => {
    expect([...splitsOfNames(['seg_train', 'seg_test', 'seg_pred'])]).toEqual([
      ['seg_train', 'train'],
      ['seg_test', 'test'],
    ]);
    expect(splitsOfNames(['train station', 'test tube']).size).toBe(0);
    expect(splitsOfNames(['passenger_train', 'freight_train']).size).toBe(0);
    expect(splitsOfNames(['steam_train', 'train_steam']).size).toBe(0); // one split twice
  });
});

describe('splits', () => {
  it.each([
    [
      ['training_set/cats', 'test_set/cats'],
      { 'training_set/cats': 'cats train', 'test_set/cats': 'cats test' },
    ],
    [['seg_train/a', 'seg_test/a'], { 'seg_train/a': 'a train', 'seg_test/a': 'a test' }],
    [['train2017', 'val2017'], { train2017: '- train', val2017: '- val' }],
    [
      ['seg_train/seg_train/a', 'seg_train/seg_train/b', 'seg_test/seg_test/a', 'seg_pred/seg_pred'],
      {
        'seg_train/seg_train/a': 'a train',
        'seg_train/seg_train/b': 'b train',
        'seg_test/seg_test/a': 'a test',
        'seg_pred/seg_pred': '- -',
      },
    ],
    [['archive/archive/train/a', 'archive/archive/test/b'], { 'archive/archive/train/a': 'a train' }],
    [['training_set/training_set/cats', 'test_set/test_set/cats'], { 'test_set/test_set/cats': 'cats test' }],
    [['train/train', 'test/test'], { 'train/train': '- train', 'test/test': '- test' }],
    [['train/images/a', 'train/images/b', 'test/images/a'], { 'train/images/b': 'b train' }],
    [['train/images', 'test/images'], { 'train/images': '- train' }],
    [
      ['train/test', 'train/dog', 'val/test', 'val/dog'],
      { 'train/test': 'test train', 'val/dog': 'dog val' },
    ],
    [
      ['cat/train', 'cat/test', 'dog/train', 'dog/test'],
      { 'cat/train': 'cat train', 'dog/test': 'dog test' },
    ],
    [['train/a', 'test/a', '.'], { 'train/a': 'a train', '.': '- -' }],
  ])('%j', (paths, wanted) => expect(read(...paths)).toMatchObject(wanted));

  it.each([
    [['test', 'cat', 'dog'], { test: 'test -', cat: 'cat -' }],
    [['train station', 'test tube'], { 'train station': 'train station -' }],
    [['bullet_train', 'bus'], { bullet_train: 'bullet_train -' }],
    [['train/side', 'test/side', 'boat/side'], { 'train/side': 'train -', 'boat/side': 'boat -' }],
    [['train/front', 'boat/front'], { 'train/front': 'train -' }],
    [['steam_train', 'freight_train'], { steam_train: 'steam_train -' }],
  ])('%j are classes', (paths, wanted) =>
    expect(read(...paths)).toMatchObject({ layout: 'class', ...wanted }),
  );

  it('says what lies beside them', () => {
    expect(findLayout(outline('train/a', 'test/a', 'extra')).plan.warnings.join()).toMatch(
      /^extra beside the split folders: imported without a split and without a class/,
    );
    expect(findLayout(outline('train', 'boat')).plan.warnings.join()).toMatch(
      /train looks like a split but lies/,
    );
  });
});

describe('folders that say nothing', () => {
  it.each([
    [
      ['archive/archive/cat', 'archive/archive/dog'],
      { 'archive/archive/cat': 'cat -', 'archive/archive/dog': 'dog -' },
    ],
    [['root/cat', 'root/dog'], { 'root/cat': 'cat -' }],
    [['images/cat', 'images/dog'], { 'images/cat': 'cat -' }],
    [['data/images/cat', 'data/images/dog'], { 'data/images/dog': 'dog -' }],
    [['images'], { images: '- -' }],
    [['JPEGImages', 'Annotations/'], { JPEGImages: '- -' }],
    [['boat/sail', 'boat/motor'], { 'boat/sail': 'boat -' }],
    [['images', 'cat'], { images: 'images -' }],
  ])('%j', (paths, wanted) => expect(read(...paths)).toMatchObject(wanted));
});

describe('kohya', () => {
  it.each([
    [['10_shs cat.txt', '5_zwx dog.txt'], { '10_shs cat': 'shs cat -', '5_zwx dog': 'zwx dog -' }],
    [['img/20_sks man', 'img/7_style'], { 'img/20_sks man': 'sks man -' }],
    [['1_a.txt', '1_b.txt'], { '1_a': 'a -' }],
  ])('%j', (paths, wanted) => expect(read(...paths)).toMatchObject({ layout: 'kohya', ...wanted }));

  it.each([
    [['0_cat', '1_dog', '2_emu'], { '0_cat': '0_cat -' }],
    [['001.Albatross', '002.Auk'], { '002.Auk': '002.Auk -' }],
    [['10_shs cat', 'dog'], { '10_shs cat': '10_shs cat -' }],
  ])('%j is none', (paths, wanted) => expect(read(...paths)).toMatchObject({ layout: 'class', ...wanted }));
});

describe('boxes and caches', () => {
  it.each([
    [['images/train', 'images/val', 'labels/'], { 'images/train': '- train', 'images/val': '- val' }],
    [['images', 'labels/'], { images: '- -' }],
    [['coco8/images/train', 'coco8/images/val', 'coco8/labels/'], { 'coco8/images/val': '- val' }],
    [
      ['train/images', 'train/labels/', 'valid/images', 'valid/labels/'],
      { 'train/images': '- train', 'valid/images': '- val' },
    ],
  ])('YOLO: %j', (paths, wanted) => {
    expect(read(...paths)).toMatchObject({ layout: 'yolo', ...wanted });
    expect(findLayout(outline(...paths)).plan.warnings.join()).toMatch(/^YOLO layout: its labels are boxes/);
  });

  it('class folders in images/ beside labels/ are classes', () =>
    expect(read('images/cat', 'images/dog', 'labels/')).toMatchObject({
      layout: 'class',
      'images/cat': 'cat -',
    }));

  it('a Hugging Face cache is read through its one revision', () => {
    const cache = 'datasets--me--pets';
    expect(
      read(`${cache}/blobs`, `${cache}/snapshots/abc/train/cat`, `${cache}/snapshots/abc/test/cat`),
    ).toEqual({
      layout: 'hub-cache',
      [`${cache}/blobs`]: 'aside',
      [`${cache}/snapshots/abc/train/cat`]: 'cat train',
      [`${cache}/snapshots/abc/test/cat`]: 'cat test',
    });
    expect(() => read('blobs', 'snapshots/a/cat', 'snapshots/b/cat')).toThrow(/2 revisions \(a, b\)/);
  });
});

it('each layout has a title and one sentence for the docs', () => {
  for (const { id, title, reads } of layouts) {
    expect(id).toMatch(/^[a-z/-]+$/);
    expect(title).toMatch(/^[A-Zk]/);
    expect(reads).toMatch(/\.$/);
  }
  expect(new Set(layouts.map(({ id }) => id)).size).toBe(layouts.length);
});
