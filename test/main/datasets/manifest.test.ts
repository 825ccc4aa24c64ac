import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManifestError, readManifest } from '../../../src/main/datasets/manifest.ts';
import { collector } from './make.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crux-manifest-'));
  await mkdir(join(root, 'img'));
  for (const name of ['1.jpg', '2.jpg', '3.jpg', 'a,b.jpg', 'ü.jpg'])
    await writeFile(join(root, 'img', name), '');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function read(name: string, text: string | Uint8Array, options: object = {}) {
  const file = join(root, name);
  await writeFile(file, text);
  const seen = collector();
  const result = await readManifest(file, { ...seen, ...options });
  expect([result.found, result.skipped]).toEqual([seen.found.length, seen.skipped.length]);
  expect(result.rows).toBe(result.found + result.skipped + result.repeated);
  return { ...seen, result };
}

describe('csv', () => {
  it('reads all five fields, quotes, a byte-order mark and CRLF', async () => {
    const { found, result } = await read(
      'm.csv',
      '\ufeffpath,label,split,caption,probabilities\r\n' +
        'img/1.jpg,cat,train,"a cat, sitting","{""cat"":0.9,""dog"":0.1}"\r\n' +
        '"img/a,b.jpg", dog ,Validation,,0.2;0.8\r\n' +
        'img/2.jpg,,,,\r\n',
    );
    expect(found.map(({ file: _, ...rest }) => rest)).toEqual([
      {
        relativePath: 'img/1.jpg',
        label: 'cat',
        split: 'train',
        caption: 'a cat, sitting',
        probabilities: { cat: 0.9, dog: 0.1 },
      },
      { relativePath: 'img/a,b.jpg', label: 'dog', split: 'val', probabilities: [0.2, 0.8] },
      { relativePath: 'img/2.jpg', label: null, saysUnlabelled: true, split: null },
    ]);
    expect(found[0].file).toBe(join(root, 'img', '1.jpg'));
    expect(result).toMatchObject({
      classes: ['cat', 'dog'],
      columns: { path: 'path', probabilities: 'probabilities' },
    });
  });

  it('of several columns of files reads that of the images, or asks which it is', async () => {
    const text = 'mask_file_name,image_file_name,label\nimg/2.jpg,img/1.jpg,cat\n';
    expect((await read('m.csv', text)).placed()).toEqual({ 'img/1.jpg': ['cat', null] });
    const unclear = text.replace('image_', 'photo_');
    await expect(read('m.csv', unclear)).rejects.toThrow(
      /among "mask_file_name", "photo_file_name", "label"; name it with --column path=NAME/,
    );
    const told = await read('m.csv', unclear, { columns: { path: 'photo_file_name' } });
    expect(told.placed()).toEqual({ 'img/1.jpg': ['cat', null] });
  });

  it('takes other column words, semicolons and tabs, and a column named by hand', async () => {
    const semicolons = await read('m.csv', 'file;class;extra\nimg/1.jpg;cat;x\n');
    expect(semicolons.placed()).toEqual({ 'img/1.jpg': ['cat', null] });
    const tabs = await read('m.tsv', 'image\tlabel\toriginal_split\nimg/1.jpg\tcat\ttest\n', {
      columns: { split: 'original_split' },
    });
    expect(tabs.placed()).toEqual({ 'img/1.jpg': ['cat', 'test'] });
  });

  it('names file, line and field of each row it cannot use, and reads the others', async () => {
    const { placed, skipped, unusable, result } = await read(
      'm.csv',
      [
        'path,label,split,probabilities',
        'img/gone.jpg,cat,train,',
        '../outside.jpg,cat,train,',
        '/etc/hostname,cat,train,',
        'img/1.jpg,cat,holdout,',
        'img/1.jpg,cat,train,0.5;0.9',
        'img/1.jpg,cat,train,0.5;-0.1;0.6',
        'img/1.jpg,cat,train,{broken',
        ',cat,train,',
        'img,cat,train,',
        'https://example.org/x.jpg,cat,train,',
        'img/1.jpg,cat',
        'img/2.jpg,cat,train,',
        'img/./2.jpg,dog,train,',
      ].join('\n'),
    );
    expect(placed()).toEqual({ 'img/1.jpg': ['cat', null], 'img/2.jpg': ['cat', 'train'] });
    expect(result.unused).toEqual([
      {
        what: 'Rows of an image that an earlier row names, which counts',
        count: 3,
        examples: [6, 7, 8].map((line) => `img/1.jpg on line ${line}, first on line 5`),
      },
      {
        what: 'Rows that give an image another label than an earlier row, which counts',
        count: 1,
        examples: ['img/2.jpg: dog on line 14, cat on line 13'],
      },
    ]);
    expect(unusable.map(({ field, reason }) => [field, reason])).toEqual([
      ['split', 'm.csv line 5: split: got "holdout", expected train, val or test'],
    ]);
    expect(skipped.map((s) => s.reason)).toEqual([
      'm.csv line 2: path: img/gone.jpg: no such file',
      `m.csv line 3: path: ../outside.jpg leaves the dataset folder ${root}`,
      `m.csv line 4: path: /etc/hostname leaves the dataset folder ${root}`,
      'm.csv line 9: path: is missing',
      'm.csv line 10: path: img is not a regular file',
      'm.csv line 11: path: "https://example.org/x.jpg" is a web address, expected a file on this machine',
      'm.csv line 12: a row with more or fewer fields than the header',
    ]);
  });

  it('does not look at the disk again for a path that an earlier row has named', async () => {
    const manifest = join(root, 'm.csv');
    await writeFile(manifest, 'path\nimg/1.jpg\nimg/1.jpg\n');
    const { onSkipped, skipped } = collector();
    const result = await readManifest(manifest, { onFound: ({ file }) => rm(file), onSkipped }); // a look would find it gone
    expect([result.repeated, skipped]).toEqual([1, []]);
  });

  it('finds files under other spellings: Windows separators, the other Unicode form, absolute inside', async () => {
    const { placed } = await read(
      'm.csv',
      `path,label\nimg\\1.jpg,a\nimg/u\u0308.jpg,b\n${root}/img/3.jpg,c\n`,
    );
    expect(placed()).toEqual({
      'img/1.jpg': ['a', null],
      'img/ü.jpg': ['b', null],
      'img/3.jpg': ['c', null],
    });
  });

  it('uses another root when told', async () => {
    await mkdir(join(root, 'lists'));
    const { placed } = await read('lists/m.csv', 'path,label\nimg/1.jpg,a\n', { root });
    expect(placed()).toEqual({ 'img/1.jpg': ['a', null] });
  });

  it.each([
    ['m.csv', 'name,label\nimg/1.jpg,cat\n', /no column for the image's path among "name", "label"/],
    ['m.csv', 'path,path\nimg/1.jpg,cat\n', /"path" appears twice/],
    ['m.csv', '', /empty file/],
    ['m.xlsx', 'PK', /got a .xlsx file, expected .csv, .tsv, .txt, .jsonl, .ndjson, .json, .parquet/],
  ])('refuses %s as a whole when it must', async (name, text, message) => {
    const work = read(name, text);
    await expect(work).rejects.toThrow(ManifestError);
    await expect(work).rejects.toThrow(message);
    await expect(work).rejects.toThrow(name);
  });

  it('refuses a column override that is not there, and a missing manifest', async () => {
    await expect(read('m.csv', 'path,label\n', { columns: { split: 'fold' } })).rejects.toThrow(
      'split: no column "fold"; the columns are path, label',
    );
    const seen = collector();
    await expect(readManifest(join(root, 'none.csv'), seen)).rejects.toThrow('none.csv: no such file');
  });

  it('says so where text is UTF-8 in one place and not in another', async () => {
    const bytes = Buffer.concat([Buffer.from('path,label\nimg/1.jpg,café\nimg/'), Buffer.from([0xfc])]);
    const { skipped, placed } = await read('m.csv', Buffer.concat([bytes, Buffer.from('.jpg,cat\n')]));
    expect(placed()).toEqual({ 'img/1.jpg': ['café', null] });
    expect(skipped[0].reason).toMatch(/line 3: path: .* is not valid UTF-8; save the manifest as UTF-8/);
  });
});

describe('jsonl', () => {
  it('reads rows with different keys', async () => {
    const { found, skipped, unusable, result } = await read(
      'm.jsonl',
      [
        '{"path":"img/1.jpg","label":"cat","probabilities":[1,0]}',
        '',
        '{"file_name":"img/2.jpg","label":3,"caption":"two"}',
        '{"path":"img/3.jpg","probabilities":{"cat":"high"}}',
        '[1]',
        '{oops',
        '{"path":7}',
      ].join('\n'),
    );
    expect(found.map(({ file: _, ...rest }) => rest)).toEqual([
      { relativePath: 'img/1.jpg', label: 'cat', split: null, probabilities: [1, 0] },
      { relativePath: 'img/2.jpg', label: '3', split: null, caption: 'two' },
      { relativePath: 'img/3.jpg', label: null, split: null },
    ]);
    expect(unusable).toEqual([
      {
        field: 'probabilities',
        reason: 'm.jsonl line 4: probabilities: got "high", expected finite numbers',
      },
    ]);
    expect(skipped.map((s) => s.reason)).toEqual([
      'm.jsonl line 5: not a JSON object',
      expect.stringMatching(/^m\.jsonl line 6: not valid JSON/),
      'm.jsonl line 7: path: got 7, expected text',
    ]);
    expect(result.classes).toEqual(['3', 'cat']);
  });

  it('stops on a signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(read('m.jsonl', '{"path":"img/1.jpg"}\n', { signal })).rejects.toThrow('enough');
  });
});

describe.skipIf(process.platform === 'win32')('links', () => {
  it('a link out of the folder is refused per row', async () => {
    await symlink(process.execPath, join(root, 'img', 'out.jpg'));
    const { skipped, placed } = await read('m.csv', 'path\nimg/out.jpg\nimg/1.jpg\n');
    expect(skipped[0].reason).toBe(
      'm.csv line 2: path: img/out.jpg is a link to a file outside the dataset folder',
    );
    expect(placed()).toEqual({ 'img/1.jpg': [null, null] });
  });
});
