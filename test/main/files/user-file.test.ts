/** Files of the analyst's: what is opened, how much of it, and what is refused at once. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/main/datasets/manifest.ts';
import { scanImageFolder } from '../../../src/main/datasets/scan.ts';
import { openUserFile, piecesOf, readUserFile, readUserText } from '../../../src/main/files/user-file.ts';
import { readJson } from '../../../src/main/files/user-json.ts';
import { serveImages } from '../../../src/main/image-scheme.ts';
import { readLabels } from '../../../src/main/models/labels.ts';
import { tempFolder } from '../support/catalogs.ts';
import { picture, put } from '../support/pictures.ts';

let folder: string;
let server: Server | null = null;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = null;
});

const pipe = (name: string): string => {
  execFileSync('mkfifo', [join(folder, name)]);
  return join(folder, name);
};
const link = (to: string, name = 'link'): string => {
  symlinkSync(to, join(folder, name));
  return join(folder, name);
};

describe.skipIf(process.platform === 'win32')('what is no file answers at once', () => {
  test.each<[string, () => string, string]>([
    ['a named pipe', () => pipe('x'), 'not a regular file'],
    ['a link to a named pipe', () => link(pipe('x')), 'not a regular file'],
    ['a link to a device', () => link('/dev/zero'), 'not a regular file'],
    ['a link to itself', () => link(join(folder, 'link')), 'a symbolic link that loops'],
    ['a broken link', () => link(join(folder, 'gone')), 'a broken link to '],
    ['a folder', () => folder, 'a folder, not a file'],
  ])('%s', async (_, make, reason) => {
    const file = make();
    expect(() => readUserFile(file)).toThrow(`${file}: ${reason}`);
    await expect(openUserFile(file)).rejects.toThrow(`${file}: ${reason}`);
    expect(() => readJson(file)).toThrow(`${file}: ${reason}`);
    expect(() => readLabels(file)).toThrow(`${file}: ${reason}`);
  });

  test('a socket', async () => {
    const file = join(folder, 'socket');
    server = createServer();
    await new Promise<void>((resolve) => server!.listen(file, resolve));
    expect(() => readUserFile(file)).toThrow(`${file}: not a regular file`);
  });

  test('in a folder of images, its metadata, or in the place of a manifest', async () => {
    put(join(folder, 'cat/1.png'), await picture('red', 1));
    pipe('cat/2.jpg');
    pipe('cat/3.heic');
    link('/dev/zero', 'cat/4.png');
    const found: string[] = [];
    const skipped: string[] = [];
    const options = {
      onFound: ({ relativePath }: { relativePath: string }) => void found.push(relativePath),
      onSkipped: ({ relativePath, reason }: { relativePath: string; reason: string }) =>
        void skipped.push(`${relativePath}: ${reason}`),
      followLinks: true,
    };
    await scanImageFolder(folder, options);
    expect(found).toEqual(['cat/1.png']);
    expect(skipped.sort()).toEqual([
      'cat/2.jpg: not a regular file',
      'cat/3.heic: not a regular file',
      'cat/4.png: a link to something that is not a regular file',
    ]);
    await expect(readManifest(pipe('rows.csv'), options)).rejects.toThrow(/rows.csv: not a regular file/);
    pipe('metadata.jsonl');
    await expect(scanImageFolder(folder, options)).rejects.toThrow(/metadata.jsonl: not a regular file/);
  });

  test('in the place of an image that the window shows', async () => {
    const original = pipe('shown.png');
    const serve = serveImages({ thumbnail: () => null, original: () => original, ofJob: () => null });
    expect((await serve({ method: 'GET', url: 'crux://image/1' } as Request)).status).toBe(404);
  });
});

test('no more is read than may be', () => {
  const file = put(join(folder, 'large.json'), '{}');
  truncateSync(file, 2 ** 40); // takes no room on the disk
  expect(() => readUserText(file, { maxBytes: 2 ** 20 })).toThrow(
    `${file}: too large: a file of 1,048,576 MiB, limit 1 MiB`,
  );
  expect(() => readJson(file)).toThrow(/large.json: too large/);
});

test('the whole of a file, in pieces of its own memory', async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  const file = put(join(folder, 'whole'), bytes);
  expect(readUserFile(file)).toEqual(Buffer.from(bytes));
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(file, 64)) pieces.push(piece);
  expect(pieces.map(({ length }) => length)).toEqual([...Array(15).fill(64), 40]);
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
  mkdirSync(join(folder, 'cache'));
  symlinkSync(file, join(folder, 'cache/weights'));
  expect(readUserFile(join(folder, 'cache/weights'))).toHaveLength(1000); // caches of models are links
});

describe('JSON', () => {
  const json = (text: string) => put(join(folder, 'a.json'), text);

  test('is read', () => {
    expect(readJson(json('\ufeff{"a":[1,{"b":"[[[["}]}'))).toEqual({ a: [1, { b: '[[[[' }] });
    expect(readJson(json(`${'['.repeat(64)}${']'.repeat(64)}`))).toBeInstanceOf(Array);
    expect(readJson(json(`[${Array(1000).fill('[]').join()}]`))).toHaveLength(1000);
  });

  test.each([
    ['brackets', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['objects', '{"a":'.repeat(1e6)],
    ['brackets behind a text with a quote in it', `["\\"",${'['.repeat(1e6)}`],
  ])('of %s that are nested too deeply is refused before it is parsed', (_, text) => {
    const file = json(text);
    expect(() => readJson(file)).toThrow(`${file}: not valid JSON (nested more than 64 levels deep)`);
  });

  test('that is none is named', () => {
    writeFileSync(join(folder, 'a.json'), '{"a":');
    expect(() => readJson(join(folder, 'a.json'))).toThrow(/a\.json: not valid JSON \(/);
  });
});
