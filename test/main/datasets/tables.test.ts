/** Tables of images as spreadsheets, data frames and other systems write them: each gives its rows, or says why not. */
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/main/datasets/manifest.ts';
import { noteText } from '../../../src/shared/import-summary.ts';
import { collector } from './make.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/layouts');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crux-tables-'));
  await put('img/0.png', 'img/1.png');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

async function read(name: string, text: string | Uint8Array | null, options: object = {}) {
  if (text !== null) await writeFile(join(root, name), text);
  const seen = collector();
  const result = await readManifest(join(root, name), { ...seen, ...options });
  return { ...seen, result, used: result.used.map(noteText), unused: result.unused.map(noteText) };
}

const both = { 'img/0.png': ['été', null], 'img/1.png': ['dog', null] };
const utf16be = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

describe('text', () => {
  const rows = 'path,label\nimg/0.png,été\nimg/1.png,dog\n';
  it.each([
    ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${rows}`), []],
    ['UTF-16LE', Buffer.from(`\ufeff${rows}`, 'utf16le'), ['m.csv: read as UTF-16']],
    ['UTF-16BE', utf16be(rows), ['m.csv: read as UTF-16']],
    ['UTF-16LE without a mark', Buffer.from(rows, 'utf16le'), ['m.csv: read as UTF-16']],
    ['Windows-1252', Buffer.from(rows, 'latin1'), ['m.csv: not UTF-8, read as Windows-1252']],
    ['old Mac line ends', Buffer.from(rows.replaceAll('\n', '\r')), []],
  ])('%s', async (_, bytes, remarks) => {
    const { placed, used } = await read('m.csv', bytes);
    expect(placed()).toEqual(both);
    expect(used).toEqual([...remarks, 'Labels from m.csv: 2']);
  });

  it('a euro sign and quotes of Windows', async () => {
    const bytes = Buffer.from('path,label\nimg/0.png,\x80 \x93a\x94\n', 'latin1');
    expect((await read('m.csv', bytes)).placed()).toEqual({ 'img/0.png': ['€ “a”', null] });
  });

  it('JSON lines in UTF-16', async () => {
    const bytes = Buffer.from(
      '\ufeff{"path":"img/0.png","label":"été"}\n{"path":"img/1.png","label":"dog"}\n',
      'utf16le',
    );
    expect((await read('m.jsonl', bytes)).placed()).toEqual(both);
  });
});

describe('CSV as it comes', () => {
  it.each([
    ['trailing empty columns', 'path,label,,\r\nimg/0.png,été,,\r\nimg/1.png,dog,,\r\n'],
    ['trailing commas on rows only', 'path,label\nimg/0.png,été,,\nimg/1.png,dog,\n'],
    ['trailing columns on the header only', 'path,label,,\nimg/0.png,été\nimg/1.png,dog\n'],
    ['sep=;', 'sep=;\npath;label\nimg/0.png;été\nimg/1.png;dog\n'],
    ['"sep=\t"', '"sep=\t"\npath\tlabel\nimg/0.png\tété\nimg/1.png\tdog\n'],
    ['a byte-order mark and sep=', '\ufeffsep=,\r\npath,label\r\nimg/0.png,été\r\nimg/1.png,dog\r\n'],
    ['tabs', 'path\tlabel\nimg/0.png\tété\nimg/1.png\tdog\n'],
    ['blanks around quotes', '"Path" , "Label"\n"img/0.png" , "été"\nimg/1.png , dog\n'],
    ['upper case', 'PATH,LABEL\nimg/0.png,été\nimg/1.png,dog\n'],
    ['an index of pandas', ',Unnamed: 0,filepath,label\n0,0,img/0.png,été\n1,1,img/1.png,dog\n'],
    ['other words', 'Image Path;Class Name\nimg/0.png;été\nimg/1.png;dog\n'],
    [
      'cells over several lines',
      'path,label,caption\n"img/0.png","été","one\ntwo, three"\nimg/1.png,dog,x\n',
    ],
    ['no header', 'img/0.png,été\nimg/1.png,dog\n'],
    ['no header, semicolons', 'img/0.png;été\nimg/1.png;dog\n'],
    ['a list of a training script', 'img/0.png été\nimg/1.png dog\n'],
  ])('%s', async (_, text) => expect((await read('m.csv', text)).placed()).toEqual(both));

  it('names the columns that it does not read, once', async () => {
    const { unused } = await read('m.csv', 'path,label,camera,taken\nimg/0.png,a,x,1\nimg/1.png,b,y,2\n');
    expect(unused).toEqual(['Columns: 2 (camera, taken)']);
  });

  it.each([
    [
      'name,label\nx.png,cat\n',
      /no column for the image's path among "name", "label"; name it with --column path=NAME/,
    ],
    ['gone.png,cat\n', /no column for the image's path among "gone.png", "cat"/],
    ['a photo of a cat\n', /no column for the image's path/],
    ['path,label,label\nimg/0.png,a,b\n', /"label" appears twice/],
  ])('refuses %j', async (text, message) => await expect(read('m.csv', text)).rejects.toThrow(message));

  it('a column by hand', async () => {
    const options = { columns: { path: 'name', label: 'kind' } };
    expect((await read('m.csv', 'name,kind\nimg/0.png,été\nimg/1.png,dog\n', options)).placed()).toEqual(
      both,
    );
  });

  it('a column by hand that a row of JSON lacks has no substitute', async () => {
    const rows = '{"path":"img/0.png","file":"img/1.png"}\n{"path":"img/1.png"}\n';
    const { placed, skipped } = await read('m.jsonl', rows, { columns: { path: 'file' } });
    expect(placed()).toEqual({ 'img/1.png': [null, null] });
    expect(skipped.map(({ reason }) => reason)).toEqual(['m.jsonl line 2: path: is missing']);
  });

  it('several classes of one image are told, and the image has none', async () => {
    const { placed, unusable } = await read('m.csv', 'filename,labels\nimg/0.png,cat|dog\nimg/1.png,dog\n');
    expect(placed()).toEqual({ 'img/0.png': [null, null], 'img/1.png': ['dog', null] });
    expect(unusable.map(({ reason }) => reason)).toEqual([
      'm.csv line 2: label: "cat|dog" are several classes; Crux uses one class per image',
    ]);
  });
});

describe('JSON as it comes', () => {
  const one = '{"path":"img/0.png","label":"été"}';
  const two = '{"path":"img/1.png","label":["dog"]}';
  const pretty = [one, two].map((row) => JSON.stringify(JSON.parse(row), null, 2));
  it.each([
    ['m.jsonl', `${one}\n${two}\n`],
    ['m.json', `${one}\n${two}\n`],
    ['m.json', `[${one}, ${two}]`],
    ['m.jsonl', `[\n${one},\n${two}\n]\n`],
    ['m.jsonl', pretty.join('\n')],
    ['m.json', `\ufeff[${pretty.join(',\n')}]`],
    ['m.ndjson', `${one}${two}`],
  ])('%s %j', async (name, text) => expect((await read(name, text)).placed()).toEqual(both));

  it('brackets and quotes in texts', async () => {
    const text = JSON.stringify([{ path: 'img/0.png', label: 'a', caption: '}]{ "[\\" {' }], null, 1);
    expect((await read('m.json', text)).found[0].caption).toBe('}]{ "[\\" {');
  });

  it.each([
    ['bbox', [[1, 2, 3, 4]], []],
    ['meta', [{ camera: 'x' }], []],
    ['probabilities', [[0.5, 0.5]], ['probabilities']],
    ['caption', [['two', 'words']], ['caption']],
    ['label', [{ id: 1 }], ['label']],
  ])('a row with a path is a row, whatever its %s holds', async (key, value, dropped) => {
    const text = [0, 1].map((i) => JSON.stringify({ [key]: value, path: `img/${i}.png` }));
    for (const [name, whole] of [
      ['m.jsonl', text.join('\n')],
      ['m.json', `[${text}]`],
    ]) {
      const { found, skipped, unusable } = await read(name, whole);
      expect([found.length, skipped]).toEqual([2, []]);
      expect(unusable.map(({ field }) => field)).toEqual([...dropped, ...dropped]);
    }
  });

  it('a broken object over several lines costs itself, with the line it begins on', async () => {
    const { placed, skipped } = await read('m.json', `[\n{"path": oops},\n${one}\n]`);
    expect(placed()).toEqual({ 'img/0.png': ['été', null] });
    expect(skipped[0].reason).toMatch(/^m.json line 2: not valid JSON/);
  });

  it.each([
    ['{"images":[{"id":1}],"annotations":[],"categories":[]}', /COCO annotations, which are boxes/],
    [
      JSON.stringify({ rows: [{ path: 'a' }] }, null, 2),
      /one JSON object with rows; expected an array of rows/,
    ],
    [
      '{"img/0.png":"cat","img/1.png":"dog"}',
      /one JSON object from paths to labels \(img\/0.png, img\/1.png\)/,
    ],
    ['{"path":["img/0.png"],"probabilities":[[0.5,0.5]]}', /one JSON object with path, probabilities/],
    ['[1, 2, 3]', /holds no JSON objects/],
    ['\n\n', /holds no rows/],
  ])('refuses %j', async (text, message) => await expect(read('m.json', text)).rejects.toThrow(message));
});

describe('Parquet', () => {
  it('class names of Hugging Face, -1 is none', async () => {
    await put('0.png', '1.png', '2.png', '3.png');
    await copyFile(join(fixtures, 'classlabel.parquet'), join(root, 'm.parquet'));
    const { placed, found, used } = await read('m.parquet', null);
    expect(placed()).toEqual({
      '0.png': ['dog', null],
      '1.png': ['cat', null],
      '2.png': ['dog', null],
      '3.png': [null, null],
    });
    expect(found[2].caption).toBe('number 2');
    expect(used).toContain('Class names of numbers, from m.parquet: 2');
  });

  it.each(['zstd', 'gzip', 'brotli'])('compressed by %s', async (codec) => {
    await put('0.png', '1.png');
    await copyFile(join(fixtures, `${codec}.parquet`), join(root, 'm.parquet'));
    expect((await read('m.parquet', null)).placed()).toEqual({
      '0.png': ['cat', 'train'],
      '1.png': ['dog', 'test'],
    });
  });

  it('images inside are refused by name; what is none is told', async () => {
    await copyFile(join(fixtures, 'embedded.parquet'), join(root, 'm.parquet'));
    await expect(read('m.parquet', null)).rejects.toThrow(
      /column "image" holds the images themselves.*import that folder/,
    );
    await expect(read('x.parquet', 'not at all')).rejects.toThrow(/x.parquet: a text file; name the file/);
    await expect(read('x.parquet', 'PAR1 and no more')).rejects.toThrow(/cannot be read as Parquet/);
    await expect(read('x.parquet', 'version https://git-lfs.github.com/spec/v1\n')).rejects.toThrow(
      /a Git LFS/,
    );
    await expect(read('x.csv', await readFile(join(root, 'm.parquet')))).rejects.toThrow(
      /x.csv: a Parquet table; give it the extension .parquet/,
    );
  });
});

describe('paths of another machine', () => {
  it.each([
    ['C:\\Users\\me\\pets\\img\\0.png'],
    ['D:/img/0.png'],
    ['/img/0.png'],
    ['/data/pets/img/0.png'],
    ['\\\\server\\share\\pets\\IMG\\0.PNG'],
    ['.\\IMG\\0.PNG'],
    ['pets/img/0.png'],
    ['../pets/img/0.png'],
    ['img/0'],
  ])('%s', async (path) => {
    const { placed, used } = await read('m.csv', `path,label\n${path},cat\n`);
    expect(placed()).toEqual({ 'img/0.png': ['cat', null] });
    expect(used.join()).toContain('Paths found by their ending or without regard to letter case: 1 (');
  });

  it.each([
    ['C:\\other\\9.png', /no such file/],
    // A name alone is no match, but named.
    ['C:\\other\\0.png', /of its name there is img\/0.png, in a folder of another name; write the path from/],
    ['/elsewhere/0.png', /of its name there is img\/0.png/],
    ['/elsewhere/9.png', /leaves the dataset folder/],
    ['other/0.png', /no such file/],
    ['../0.png/1.png', /leaves the dataset folder/],
  ])('%s is not found', async (path, reason) => {
    expect((await read('m.csv', `path,label\n${path},cat\n`)).skipped[0].reason).toMatch(reason);
  });

  it('several that fit are named; the longer ending wins', async () => {
    await put('train/cat/7.png', 'test/cat/7.png');
    const { skipped, placed } = await read('m.csv', 'path\nD:\\x\\cat\\7.png\nD:\\x\\train\\cat\\7.png\n');
    expect(skipped[0].reason).toMatch(
      /line 2: path: .*may be any of test\/cat\/7.png, train\/cat\/7.png; write the path from/,
    );
    expect(placed()).toEqual({ 'train/cat/7.png': [null, null] });
  });

  it('two rows for one file by two spellings are one', async () => {
    const { found, skipped, unused } = await read('m.csv', 'path\nimg/0.png\nIMG\\0.PNG\n');
    expect([found.length, skipped]).toEqual([1, []]);
    expect(unused.join()).toMatch(/img\/0.png on line 3, first on line 2/);
  });

  it.skipIf(process.platform === 'win32')('links out are followed when told', async () => {
    await symlink(process.execPath, join(root, 'img', 'out.jpg'));
    expect((await read('m.csv', 'path\nimg/out.jpg\n')).found).toHaveLength(0);
    expect((await read('m.csv', 'path\nimg/out.jpg\n', { followLinks: true })).found).toHaveLength(1);
  });
});

it('numbers get their names from README.md beside the table', async () => {
  await writeFile(
    join(root, 'README.md'),
    "---\nlicense: cc0\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': été\n          '1': dog\n---\n# Pets\n",
  );
  expect((await read('m.csv', 'path,label\nimg/0.png,0\nimg/1.png,1.0\n')).placed()).toEqual(both);
  const { placed, unusable } = await read('m.csv', 'path,label\nimg/0.png,2\n');
  expect(placed()).toEqual({ 'img/0.png': [null, null] });
  expect(unusable[0].reason).toMatch(/label: got 2, expected one of the 2 class names, 0 to 1/);
});
