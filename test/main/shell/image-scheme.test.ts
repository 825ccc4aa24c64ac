import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { serveImages } from '../../../src/main/image-scheme.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>();
  return { ...real, open: vi.fn(real.open) };
});

const scratch = mkdtempSync(join(tmpdir(), 'crux-scheme-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const put = (name: string, bytes: number[] | string): string => {
  const file = join(scratch, name);
  writeFileSync(file, typeof bytes === 'string' ? bytes : Uint8Array.from(bytes));
  return file;
};
const webp = put('thumb', [...Buffer.from('RIFF\0\0\0\0WEBPVP8 ')]);
const png = put('original', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const tiff = put('tiff', [...Buffer.from('II*\0'), 8, 0, 0, 0]);
const secret = put('secret', 'root:x:0:0');

const originals: Record<number, string> = { 1: png, 2: tiff, 3: secret, 4: join(scratch, 'gone'), 6: png };
const asked: number[] = [];
const askedOfJobs: string[] = [];
const serve = serveImages({
  thumbnail: (id) => {
    asked.push(id);
    return id <= 2 ? webp : null;
  },
  original: (id) => originals[id] ?? null,
  ofJob: (id, name) => {
    askedOfJobs.push(`${id} ${name}`);
    return { 'grid-1.png': png, 'grid-2.png': secret }[name] ?? null;
  },
});
const get = (url: string, method = 'GET') => serve(new Request(url, { method }));

it('serves the picture of a number, with the type that its bytes show', async () => {
  const thumb = await get('crux://thumb/1');
  expect([thumb.status, thumb.headers.get('content-type')]).toEqual([200, 'image/webp']);
  const image = await get('crux://image/1');
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect([...new Uint8Array(await image.arrayBuffer())].slice(-3)).toEqual([1, 2, 3]);
  expect(image.headers.get('x-content-type-options')).toBe('nosniff');
});

it('shows the original where there is no thumbnail', async () => {
  const thumb = await get('crux://thumb/6');
  expect([thumb.status, thumb.headers.get('content-type')]).toEqual([200, 'image/png']);
});

it('shows the thumbnail where the browser cannot show the original', async () => {
  const image = await get('crux://image/2');
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/webp']);
});

it('never sends a file that is no picture any more, or is gone', async () => {
  expect((await get('crux://image/3')).status).toBe(404);
  expect((await get('crux://thumb/3')).status).toBe(404);
  expect((await get('crux://image/4')).status).toBe(404);
  expect((await get('crux://image/5')).status).toBe(404);
});

it('knows no address but a number', async () => {
  asked.length = 0;
  for (const url of [
    'crux://thumb/',
    'crux://thumb/0',
    'crux://thumb/01',
    'crux://thumb/1e3',
    'crux://thumb/1/2',
    'crux://thumb/1?x',
    'crux://thumb/1/../../secret',
    'crux://thumb/%2e%2e/secret',
    'crux://other/1',
    'crux://image/9999999999999999999',
  ])
    expect((await get(url)).status, url).toBe(404);
  expect((await get('crux://thumb/1', 'POST')).status).toBe(404);
  expect(asked).toEqual([]);
});

it('serves what a job made by number and plain name, and only while it is a picture', async () => {
  const made = await get('crux://job/7/grid-1.png');
  expect([made.status, made.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect((await get('crux://job/7/grid-2.png')).status).toBe(404);
  expect((await get('crux://job/7/controlled-0-1-2.png')).status).toBe(404);
  expect(askedOfJobs).toEqual(['7 grid-1.png', '7 grid-2.png', '7 controlled-0-1-2.png']);
});

it('knows no job picture by anything but a name of words, numbers and hyphens', async () => {
  askedOfJobs.length = 0;
  for (const url of [
    'crux://job/7',
    'crux://job/7/',
    'crux://job/0/grid-1.png',
    'crux://job/07/grid-1.png',
    'crux://job/7/control.json',
    'crux://job/7/Grid-1.png',
    'crux://job/7/.png',
    'crux://job/7/-1.png',
    'crux://job/7/grid-1.png.png',
    'crux://job/7/grid-1.png?x',
    'crux://job/7/grid-1.png/x',
    'crux://job/7/..%2fgrid-1.png',
    'crux://job/7/%2e%2e/grid-1.png',
    'crux://job/7/a%5cgrid-1.png',
    `crux://job/7/${'a'.repeat(60)}.png`,
  ])
    expect((await get(url)).status, url).toBe(404);
  expect((await get('crux://job/7/grid-1.png', 'POST')).status).toBe(404);
  expect(askedOfJobs).toEqual([]);
});

it('a fault of this machine shows no picture either, but is logged with what to do', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect((await get('crux://image/4')).status).toBe(404);
  expect(log).not.toHaveBeenCalled(); // gone: nothing to log
  vi.mocked(files.open).mockRejectedValueOnce(Object.assign(new Error('EMFILE: words'), { code: 'EMFILE' }));
  expect((await get('crux://image/6')).status).toBe(404);
  expect(String(log.mock.lastCall)).toMatch(/original.*too many files are open.*close other programs/s);
  log.mockRestore();
});
