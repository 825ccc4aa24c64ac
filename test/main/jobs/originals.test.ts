/** The way to an image's bytes: what a bad file is told as, and what is kept of it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { openOriginals, type UsableImage } from '../../../src/main/jobs/originals.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';

/** What opening a file whose path holds the name fails with. */
const failing = vi.hoisted(() => new Map<string, string>());
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const open: typeof fs.open = async (path, ...rest) => {
    for (const [name, code] of failing)
      if (String(path).endsWith(name)) throw Object.assign(new Error(`${code}: ${path}`), { code, path });
    return await fs.open(path, ...rest);
  };
  return { ...fs, open };
});

let photos: string;
let catalog: c.Catalog;
const file = (name: string) => join(photos, name);
const content = (name: string) => Buffer.from(`\x89PNG\r\n\x1a\n${name}`, 'latin1');

beforeEach(() => {
  failing.clear();
  photos = tempFolder();
  catalog = tempCatalog();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Files as they were imported, and their rows. */
function imported(names: readonly string[]): UsableImage[] {
  const datasetId = c.ensureDataset(catalog, 'set', photos, photos);
  catalog.write(() => {
    for (const name of names) {
      const bytes = content(name);
      writeFileSync(file(name), bytes);
      catalog.run(
        `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, created_at)
         VALUES (?, 'real', ?, ?, ?, 4, 3, 'png', 0)`,
        datasetId,
        name,
        createHash('sha256').update(bytes).digest('hex'),
        bytes.length,
      );
    }
  });
  return c.workImages(catalog, datasetId) as UsableImage[];
}

function opened(stored: unknown = null) {
  const abort = new AbortController();
  const ctx = {
    catalog,
    signal: abort.signal,
    progress: vi.fn(),
    log: vi.fn(),
    readCheckpoint: vi.fn(() => stored as never),
    writeCheckpoint: vi.fn(),
  };
  return { ...ctx, abort, originals: openOriginals(ctx) };
}

describe('a bad file is named, counted and left out', () => {
  const replaced = (make: (path: string) => unknown) => (path: string) => {
    rmSync(path);
    make(path);
  };
  const spoil: Record<string, readonly [(path: string) => void, 'changed' | 'missing']> = {
    'a folder in its place': [replaced(mkdirSync), 'changed'],
    'a file that is too large to be an image': [(path) => truncateSync(path, 600 * 2 ** 20), 'changed'],
    'an empty file': [(path) => truncateSync(path, 0), 'changed'],
    'no file': [(path) => rmSync(path), 'missing'],
    ...(process.platform !== 'win32' && {
      'a named pipe': [replaced((path) => execFileSync('mkfifo', [path])), 'changed'] as const,
    }),
    ...Object.fromEntries(
      ['EIO', 'ESTALE', 'ENOTCONN', 'EACCES'].map((code) => [
        code,
        [() => failing.set('bad.png', code), 'missing'] as const,
      ]),
    ),
  };
  it.each(Object.entries(spoil))('%s', async (_, [make, fault]) => {
    const images = imported(['bad.png', 'good.png']);
    make(file('bad.png'));
    const { originals, log } = opened();
    await expect(originals.read(images[0])).rejects.toMatchObject({
      fault,
      message: expect.stringContaining('bad.png'),
    });
    expect(originals.figures()).toEqual({ changed: 0, missing: 0, [fault]: 1 });
    expect((await originals.read(images[1])).length).toBe(content('good.png').length);
    expect((await originals.check(images)).map(({ path }) => path)).toEqual(['good.png']);
    expect(log).toHaveBeenCalledWith('warn', expect.stringContaining('bad.png'));
    expect(originals.figures()).toEqual({ changed: 0, missing: 0, [fault]: 1 });
  });

  it('what can only be our own machine is no fault of a file', async () => {
    const images = imported(['bad.png']);
    failing.set('bad.png', 'EMFILE');
    const { originals } = opened();
    await expect(originals.read(images[0])).rejects.toMatchObject({ code: 'EMFILE' });
    await expect(originals.check(images)).rejects.toMatchObject({ code: 'EMFILE' });
  });
});

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `${String(i).padStart(4, '0')}.png`);

describe('a disk that is gone', () => {
  it('is not written about at every image', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const images = imported(numbered(60));
    const { originals, writeCheckpoint } = opened();
    const missed = async (some: UsableImage[]) => {
      for (const image of some) {
        rmSync(file(image.path));
        await expect(originals.read(image)).rejects.toThrow('is missing');
      }
      return writeCheckpoint.mock.calls.length;
    };
    expect(await missed(images.slice(0, 40))).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(await missed(images.slice(40, 50))).toBe(2);
    originals.keep();
    originals.keep();
    expect(writeCheckpoint).toHaveBeenCalledTimes(3);
    expect(writeCheckpoint.mock.lastCall).toEqual([
      new Map(images.slice(0, 50).map(({ id }) => [id, 'missing'])),
      'originals',
    ]);
    expect(originals.figures()).toEqual({ changed: 0, missing: 50 });
  });

  it('fails the job, and its images are there again with it', async () => {
    const images = imported(numbered(420));
    const { originals, writeCheckpoint } = opened();
    const read = async (from: number, to: number) => {
      for (const image of images.slice(from, to)) await originals.read(image).catch(String);
    };
    for (const { path } of [...images.slice(0, 199), ...images.slice(200, 400)]) rmSync(file(path));
    await read(0, 399); // one was found in between
    expect(originals.figures()).toEqual({ changed: 0, missing: 398 });
    await expect(originals.read(images[399])).rejects.toThrow(
      '200 images one after the other are missing or cannot be read. Connect their disk, or import the folder again.',
    );
    expect(originals.figures()).toEqual({ changed: 0, missing: 199 });
    expect((writeCheckpoint.mock.lastCall as unknown[])[0]).toHaveProperty('size', 199);
  });
});

it('the new times of files are kept from a check that is stopped', async () => {
  const images = imported(numbered(2100));
  for (const { path } of images) utimesSync(file(path), 1234, 1234);
  const { originals, progress, abort } = opened();
  progress.mockImplementation(({ done }) => {
    if (done === 2050) abort.abort(new Error('stopped'));
  });
  await expect(originals.check(images)).rejects.toThrow('stopped');
  expect(catalog.value('SELECT COUNT(*) FROM images WHERE mtime_ms = 1234000')).toBe(2000);
});
