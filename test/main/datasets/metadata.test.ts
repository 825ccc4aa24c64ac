/** Folders with metadata files, caption files, links and what systems leave behind. */
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanImageFolder } from '../../../src/main/datasets/scan.ts';
import { noteText } from '../../../src/shared/import-summary.ts';
import { collector } from './make.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/layouts');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crux-metadata-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Path -> text; an array: empty files. */
async function put(files: Record<string, string | Uint8Array> | string[]): Promise<void> {
  const entries: [string, string | Uint8Array][] = Array.isArray(files)
    ? files.map((path) => [path, ''])
    : Object.entries(files);
  for (const [path, text] of entries) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function scan(options: object = {}) {
  const seen = collector();
  const result = await scanImageFolder(root, { ...seen, ...options });
  const { used, unused } = result;
  return { ...seen, result, used: used.map(noteText), unused: unused.map(noteText) };
}

describe('metadata', () => {
  const infos = (names: string[]) =>
    JSON.stringify({
      default: { features: { label: { names, _type: 'ClassLabel' }, text: { dtype: 'string' } } },
    });

  it.each([
    ['csv', 'file_name,label,text\n0.png,1,a dog\n1.png,0,\n'],
    ['jsonl', '{"file_name":"0.png","label":1,"prompt":"a dog"}\n{"file_name":"1.png","label":0}\n'],
  ])('in the root, as %s; numbers with and without names', async (ending, text) => {
    await put({ '0.png': '', '1.png': '', [`metadata.${ending}`]: text });
    const bare = await scan();
    expect(bare.placed()).toEqual({ '0.png': ['1', null], '1.png': ['0', null] });
    expect(bare.found[0].caption).toBe('a dog');
    await put({ 'dataset_infos.json': infos(['cat', 'dog']) });
    const named = await scan();
    expect(named.placed()).toEqual({ '0.png': ['dog', null], '1.png': ['cat', null] });
    expect(named.unused).toEqual([]);
  });

  it('as Parquet, with its own class names', async () => {
    await put(['0.png', '1.png', '2.png', '3.png']);
    await copyFile(join(fixtures, 'classlabel.parquet'), join(root, 'metadata.parquet'));
    const { found, result } = await scan();
    expect(found.map(({ label, caption }) => [label, caption])).toEqual([
      ['dog', 'number 0'],
      ['cat', 'number 1'],
      ['dog', 'number 2'],
      [null, 'number 3'],
    ]);
    expect(result.classes).toEqual(['cat', 'dog']);
  });

  it('in split and class folders, with paths from there', async () => {
    await put({
      'train/0.png': '',
      'train/deep/1.png': '',
      'test/2.png': '',
      'train/metadata.csv': 'file_name,label\n0.png,cat\ndeep/1.png,dog\n',
      'test/metadata.jsonl': '{"image_file_name":"2.png","label":"cat"}\n{"file_name":"../../x.png"}\n',
    });
    const { placed, reasons } = await scan();
    expect(placed()).toEqual({
      'train/0.png': ['cat', 'train'],
      'train/deep/1.png': ['dog', 'train'],
      'test/2.png': ['cat', 'test'],
    });
    expect(reasons()['test/metadata.jsonl']).toMatch(/line 2: path: ..\/..\/x.png leaves the dataset folder/);
  });

  const scanMasks = async (other: string) => {
    await put({
      'img/0.png': '',
      'mask/0.png': '',
      'metadata.csv': `mask_file_name,${other},label\nmask/0.png,img/0.png,cat\n`,
    });
    return await scan();
  };

  it('of the images, beside masks, in whatever order', async () => {
    const { placed } = await scanMasks('image_file_name');
    expect(placed()['img/0.png']?.[0]).toBe('cat');
    expect(placed()['mask/0.png']?.[0]).not.toBe('cat');
  });

  it('of several kinds, none of them the images, are not guessed at', async () => {
    const { placed } = await scanMasks('depth_file_name');
    expect(Object.values(placed()).map(([label]) => label)).not.toContain('cat');
  });

  it('class folders say more than numbers without names; names say more than folders', async () => {
    await put({
      'a/0.png': '',
      'b/1.png': '',
      'metadata.csv': 'file_name,label\na/0.png,7\nb/1.png,real name\n',
    });
    const { placed, unused, used } = await scan();
    expect(placed()).toEqual({ 'a/0.png': ['a', null], 'b/1.png': ['real name', null] });
    expect(unused).toEqual(['Labels that are numbers without names (the folder names the class): 1 (7)']);
    expect(used).toEqual(['Labels from folder names: 1', 'Labels from metadata.csv: 1']);
  });

  it('what is no metadata of images, a second file, and columns are told', async () => {
    await put({
      'a/0.png': '',
      'metadata.csv': 'key,value\nauthor,me\n',
      'a/metadata.jsonl': '{"file_name":"0.png","camera":"x"}\n',
      'a/metadata.csv': 'file_name\n0.png\n',
    });
    expect((await scan()).unused).toEqual([
      'Metadata without a column file_name: 1 (metadata.csv)',
      'Metadata beside metadata.jsonl: 1 (a/metadata.csv)',
      'Columns: 1 (camera)',
    ]);
  });

  it('images inside a Parquet file are refused by name', async () => {
    await put(['0.png']);
    await copyFile(join(fixtures, 'embedded.parquet'), join(root, 'metadata.parquet'));
    await expect(scan()).rejects.toThrow(/metadata.parquet: its column "image" holds the images themselves/);
  });
});

describe('caption files', () => {
  it('are captions by their first line; boxes, empty and overlong ones are counted', async () => {
    await put({
      '10_shs cat/0.png': '',
      '10_shs cat/0.txt': '\ufeff\n shs cat, (blue sky:1.2) \nsecond line\n',
      '10_shs cat/1.jpg': '',
      '10_shs cat/1.caption': Buffer.from('été', 'latin1'),
      '10_shs cat/2.png': '',
      '10_shs cat/2.txt': '0 0.5 0.5 0.2 0.2\n1 0.1 0.1 1e-2 0.5\n',
      '10_shs cat/3.png': '',
      '10_shs cat/3.txt': '\n \n',
      '10_shs cat/4.png': '',
      '10_shs cat/4.txt': 'x'.repeat(70_000),
      '10_shs cat/README.txt': 'made by me',
      '3_zwx dog/0.png': '',
    });
    const { found, used, unused, result } = await scan();
    expect(found.map(({ label, caption }) => [label, caption])).toEqual([
      ['shs cat', 'shs cat, (blue sky:1.2)'],
      ['shs cat', 'été'],
      ['shs cat', undefined],
      ['shs cat', undefined],
      ['shs cat', undefined],
      ['zwx dog', undefined],
    ]);
    expect(result.layout).toBe('kohya training folders');
    expect(used).toEqual([
      'Labels from folder names: 6',
      'Captions from .txt files: 1',
      'Captions from .caption files: 1',
    ]);
    expect(unused).toEqual([
      'Lines of caption files after the first, or beyond 2,000 characters: 1 (10_shs cat/0.txt)',
      'Files of numbers beside images (boxes or class numbers): 1 (10_shs cat/2.txt)',
      'Caption files that are empty: 1 (10_shs cat/3.txt)',
      'Caption files too large or not regular: 1 (10_shs cat/4.txt)',
      'Files that are not images: 1 (10_shs cat/README.txt)',
      'Repeats of folders, which are a setting of training: 2 (10_shs cat, 3_zwx dog)',
    ]);
  });

  it('class folders have them too; a caption of the metadata comes first', async () => {
    await put({
      'cat/0.png': '',
      'cat/0.txt': 'from the file',
      'cat/1.png': '',
      'cat/1.txt': 'other',
      'metadata.jsonl': '{"file_name":"cat/1.png","text":"from the metadata"}\n',
    });
    const { found, unused } = await scan();
    expect(found.map(({ caption }) => caption)).toEqual(['from the file', 'from the metadata']);
    expect(unused).toEqual(['Caption files of images that have a caption in the metadata: 1 (cat/1.txt)']);
  });
});

it('what systems leave behind is no class and no image, and is named', async () => {
  await put([
    'cat/0.jpg',
    'cat/@eaDir/0.jpg/SYNOPHOTO_THUMB_XL.jpg',
    '@EADIR/x.jpg',
    '#recycle/cat/old.jpg',
    '.Trash-1000/files/a.jpg',
    '__MACOSX/cat/._0.jpg',
    'cat/._0.jpg',
    'cat/.DS_Store',
    'cat/THUMBS.DB',
    '$RECYCLE.BIN/S-1/$R1.jpg',
    'System Volume Information/x.jpg',
    'lost+found/#12.jpg',
    '.ipynb_checkpoints/0-checkpoint.jpg',
    'node_modules/logo/logo.png',
    '.vscode/x.png',
    '.own/0.jpg',
  ]);
  const { placed, unused, result } = await scan();
  expect(placed()).toEqual({ 'cat/0.jpg': ['cat', null] });
  expect(result.warnings).toEqual([]);
  expect(unused.sort()).toEqual([
    'Hidden files and folders: 1 (.own)',
    'System files and folders (Jupyter): 1 (.ipynb_checkpoints)',
    'System files and folders (Linux): 2 (.Trash-1000, lost+found)',
    'System files and folders (Synology NAS): 3 (#recycle, @EADIR, @eaDir)',
    'System files and folders (Windows): 3 ($RECYCLE.BIN, System Volume Information, THUMBS.DB)',
    'System files and folders (editors): 1 (.vscode)',
    'System files and folders (macOS): 3 (__MACOSX, .DS_Store, ._0.jpg)',
    'System files and folders (program packages): 1 (node_modules)',
  ]);
});

describe.skipIf(process.platform === 'win32')('links', () => {
  let outside: string;
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'crux-outside-'));
  });
  afterEach(() => rm(outside, { recursive: true, force: true }));

  it('out of the folder are counted, or followed when told; circles end', async () => {
    await mkdir(join(outside, 'dogs'));
    await writeFile(join(outside, 'dogs', 'd.jpg'), '');
    await writeFile(join(outside, 'c.jpg'), '');
    await put(['cat/0.jpg']);
    await symlink(join(outside, 'c.jpg'), join(root, 'cat/link.jpg'));
    await symlink(join(outside, 'dogs'), join(root, 'dog'));
    await symlink(join(outside, 'dogs'), join(root, 'emu'));
    await symlink(root, join(outside, 'dogs', 'back'));
    await symlink('.', join(outside, 'dogs', 'self'));
    const without = await scan();
    expect(without.placed()).toEqual({ 'cat/0.jpg': ['cat', null] });
    expect(without.skipped).toEqual([]);
    expect(without.unused).toEqual([
      'Links out of the folder (--follow-links follows them): 3 (cat/link.jpg, dog, emu)',
    ]);
    const followed = await scan({ followLinks: true });
    expect(followed.placed()).toEqual({
      'cat/0.jpg': ['cat', null],
      'cat/link.jpg': ['cat', null],
      'dog/d.jpg': ['dog', null],
    });
    expect(followed.reasons()).toEqual({
      'dog/back': 'a link to a folder of this dataset, which is read in its own place',
      'dog/self': 'a link back to a folder that contains it',
      emu: 'a link to a folder that another link led to already',
    });
  });

  it('two folders that link to each other end', async () => {
    await mkdir(join(outside, 'a'));
    await mkdir(join(outside, 'b'));
    await writeFile(join(outside, 'a/1.jpg'), '');
    await writeFile(join(outside, 'b/2.jpg'), '');
    await symlink(join(outside, 'b'), join(outside, 'a/b'));
    await symlink(join(outside, 'a'), join(outside, 'b/a'));
    await symlink(join(outside, 'a'), join(root, 'start'));
    expect(Object.keys((await scan({ followLinks: true })).placed())).toEqual([
      'start/1.jpg',
      'start/b/2.jpg',
    ]);
  });
});

describe('what a file is that is not used', () => {
  it('captions beside captions or without an image, Parquet with images, folders of GoodSync', async () => {
    await put({
      'a/0.jpg': '',
      'a/0.txt': 'a cat',
      'a/0.caption': 'another',
      'a/gone.caption': 'nobody',
      'a/notes.md': '',
      'data/train-00000-of-00001.parquet': await readFile(
        join(import.meta.dirname, '../../fixtures/layouts/embedded.parquet'),
      ),
      '_gsdata_/x.jpg': '',
    });
    const { unused, found } = await scan();
    expect(found).toHaveLength(1);
    expect(unused.sort()).toEqual([
      'Caption files beside another one of the same image: 1 (a/0.caption)',
      'Caption files without an image: 1 (a/gone.caption)',
      'Files that are not images: 1 (a/notes.md)',
      expect.stringMatching(
        /^Parquet files: its column "image" holds the images themselves; .*: 1 \(data\/train-00000-of-00001.parquet\)$/,
      ),
      'System files and folders (GoodSync): 1 (_gsdata_)',
    ]);
  });

  it('a metadata file in each class folder is one line', async () => {
    const row = (label: string) => `{"file_name":"0.png","label":"${label}"}`;
    await put({
      'cat/0.png': '',
      'cat/metadata.jsonl': row('cat'),
      'dog/0.png': '',
      'dog/metadata.jsonl': row('dog'),
    });
    expect((await scan()).used).toEqual([
      'Labels from metadata.jsonl: 2 (cat/metadata.jsonl, dog/metadata.jsonl)',
    ]);
  });
});
