import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ExportItem, openExport, resumeExport } from '../../../src/main/datasets/export-writer.ts';
import { scanImageFolder } from '../../../src/main/datasets/scan.ts';
import { collector } from './make.ts';

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crux-export-'));
  out = join(root, 'set');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const item = (label: string | null, name: string, more: Partial<ExportItem> = {}): ExportItem => ({
  label,
  name,
  bytes: Buffer.from(`content of ${name}`),
  ...more,
});

async function tree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => !e.isDirectory())
    .map((e) => join(e.parentPath, e.name).slice(folder.length + 1))
    .sort();
}

const rows = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(join(out, 'metadata.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

async function reimport() {
  const seen = collector();
  const result = await scanImageFolder(out, seen);
  expect(seen.skipped).toEqual([]);
  return { ...seen, result };
}

describe('a whole export', () => {
  it('copies files, writes rows in the order of the calls, and appears at commit only', async () => {
    const writer = await openExport(out);
    const [a, b] = await Promise.all([
      writer.add(item('cat', 'big.jpg', { bytes: new Uint8Array(3_000_000), metadata: { seed: 3 } })),
      writer.add(item('dog', '1.jpg', { split: 'val', metadata: { caption: 'a dog' } })),
    ]);
    expect([a, b]).toEqual(['cat/big.jpg', 'dog/1.jpg']);
    expect(existsSync(out)).toBe(false);
    expect(await writer.commit()).toEqual({ outDir: out, files: 2, bytes: 3_000_016 });
    expect(await tree(out)).toEqual([
      '.crux-export.json',
      'README.md',
      'cat/big.jpg',
      'dog/1.jpg',
      'metadata.jsonl',
    ]);
    expect(await rows()).toEqual([
      { seed: 3, file_name: 'cat/big.jpg', label: 'cat', split: null, caption: null },
      { seed: null, file_name: 'dog/1.jpg', label: 'dog', split: 'val', caption: 'a dog' },
    ]);
    expect(await readFile(join(out, 'dog/1.jpg'), 'utf8')).toBe('content of 1.jpg');
    expect(await readdir(root)).toEqual(['set']);
    await expect(writer.add(item('cat', 'x.jpg'))).rejects.toThrow('already committed');
  });

  it('re-imports to the same labels, whatever the class is called', async () => {
    const labels = [
      'cat',
      'a/b',
      '..',
      'CON',
      'Cat',
      'train',
      '.dot',
      'trailing ',
      '日本語',
      'metadata.jsonl',
      'x'.repeat(400),
    ];
    const writer = await openExport(out);
    const wanted: Record<string, string | null> = {};
    for (const label of [...labels, null]) wanted[await writer.add(item(label, '1.jpg'))] = label;
    await writer.commit();
    const { placed, result } = await reimport();
    const want = Object.fromEntries(Object.entries(wanted).map(([path, label]) => [path, [label, null]]));
    expect(placed()).toEqual(want);
    expect(result.warnings.filter((w) => w.includes('metadata'))).toEqual([]);
    const folders = Object.keys(wanted).map((path) => path.split('/')[0].toLowerCase());
    expect(new Set(folders).size).toBe(folders.length); // apart even where case does not count
  });

  it('puts splits into folders when asked, and keeps names unique', async () => {
    const writer = await openExport(out, { splitFolders: true });
    const paths = [
      await writer.add(item('cat', 'same.jpg', { split: 'train' })),
      await writer.add(item('cat', 'SAME.jpg', { split: 'train' })),
      await writer.add(item('cat', 'same.jpg', { split: 'test' })),
    ];
    expect(paths).toEqual(['train/cat/same.jpg', 'train/cat/SAME~2.jpg', 'test/cat/same.jpg']);
    await expect(writer.add(item('cat', 'x.jpg'))).rejects.toThrow('x.jpg has no split');
    await writer.commit();
    const { placed, result } = await reimport();
    expect(result.layoutId).toBe('split/class');
    expect(placed()['train/cat/SAME~2.jpg']).toEqual(['cat', 'train']);
  });
});

describe('what stands in the way', () => {
  it('refuses a folder with content, a file, and an odd id', async () => {
    await mkdir(out);
    await writeFile(join(out, 'photo.jpg'), 'precious');
    await expect(openExport(out)).rejects.toThrow('is not empty (1 entry); choose another folder');
    await expect(openExport(out, { overwrite: true })).rejects.toThrow('choose another folder');
    await expect(openExport(join(out, 'photo.jpg'))).rejects.toThrow('is a file');
    await expect(openExport(join(root, 'x'), { id: '../x' })).rejects.toThrow('wanted 1-64 letters');
    expect(await readdir(root)).toEqual(['set']);
  });

  it('takes an empty folder; overwrites an earlier export when asked', async () => {
    await mkdir(out);
    const first = await openExport(out);
    await first.add(item('cat', '1.jpg'));
    await first.commit();
    await expect(openExport(out)).rejects.toThrow(
      'an earlier export); choose another folder, or allow overwriting',
    );
    const second = await openExport(out, { overwrite: true });
    await second.add(item('dog', '2.jpg'));
    expect(existsSync(join(out, 'cat/1.jpg'))).toBe(true);
    await second.commit();
    expect(await tree(out)).toEqual(['.crux-export.json', 'README.md', 'dog/2.jpg', 'metadata.jsonl']);
    expect(await readdir(root)).toEqual(['set']);
  });

  it('refuses when the folder was filled meanwhile, and abort leaves nothing', async () => {
    const writer = await openExport(out);
    await writer.add(item('cat', '1.jpg'));
    await mkdir(out);
    await writeFile(join(out, 'other.txt'), 'someone else');
    await expect(writer.commit()).rejects.toThrow('is not empty');
    await writer.abort();
    expect(await readdir(root)).toEqual(['set']);
    expect(await readFile(join(out, 'other.txt'), 'utf8')).toBe('someone else');
  });
});

describe('resuming', () => {
  const items = (): ExportItem[] => [
    item('cat', '1.jpg'),
    item('cat', '1.jpg', { bytes: Buffer.from('another') }),
    item('dog', '3.png', { bytes: new Uint8Array([1, 2, 3]) }),
    item('dog', '3.jpg'),
  ];

  async function undisturbed(): Promise<[string[], Record<string, unknown>[]]> {
    const writer = await openExport(out, { id: 'plain' });
    for (const one of items()) await writer.add(one);
    await writer.commit();
    const result: [string[], Record<string, unknown>[]] = [await tree(out), await rows()];
    await rm(out, { recursive: true });
    return result;
  }

  it('an interrupted export ends like an undisturbed one, without copying twice', async () => {
    const want = await undisturbed();
    const first = await openExport(out, { id: 'job-1' });
    for (const one of items().slice(0, 3)) await first.add(one);
    await first.suspend();
    // What a SIGKILL in the middle of a copy leaves, and a file that the second run will not ask for.
    const hidden = join(root, '.set.crux-export-job-1');
    await writeFile(join(hidden, 'dog/3.jpg.crux-partial'), 'half');
    await mkdir(join(hidden, 'bird'));
    await writeFile(join(hidden, 'bird/9.jpg'), 'stray');
    await utimes(join(hidden, 'cat/1.jpg'), 4e9, 4e9);

    const resumed = await resumeExport(out, 'job-1');
    if (resumed.state !== 'open') throw new Error(resumed.state);
    expect([...resumed.complete].sort()).toEqual(['bird/9.jpg', 'cat/1.jpg', 'cat/1~2.jpg', 'dog/3.png']);
    for (const one of items()) await resumed.writer.add(one);
    expect(await resumed.writer.commit()).toMatchObject({ files: 4 });
    expect([await tree(out), await rows()]).toEqual(want);
    expect((await stat(join(out, 'cat/1.jpg'))).mtimeMs).toBe(4e12); // not copied again
    expect(await readdir(root)).toEqual(['set']);
  });

  it('writes again what differs, be it of the same size', async () => {
    const first = await openExport(out, { id: 'job-2' });
    for (const one of items()) await first.add(one);
    await first.suspend();
    const resumed = await resumeExport(out, 'job-2');
    if (resumed.state !== 'open') throw new Error(resumed.state);
    for (const one of items())
      await resumed.writer.add(one.name === '3.png' ? { ...one, bytes: new Uint8Array([3, 2, 1]) } : one);
    await resumed.writer.commit();
    expect(await readFile(join(out, 'cat/1.jpg'), 'utf8')).toBe('content of 1.jpg');
    expect([...(await readFile(join(out, 'dog/3.png')))]).toEqual([3, 2, 1]);
  });

  it('knows what was never started, what was aborted and what was committed', async () => {
    expect(await resumeExport(out, 'job-3')).toEqual({ state: 'none' });
    const aborted = await openExport(out, { id: 'job-3' });
    await aborted.abort();
    expect(await resumeExport(out, 'job-3')).toEqual({ state: 'none' });
    const done = await openExport(out, { id: 'job-3' });
    await done.add(item('cat', '1.jpg'));
    const summary = await done.commit();
    expect(await resumeExport(out, 'job-3')).toEqual({ state: 'committed', summary });
    await expect(resumeExport(out, 'job-4')).resolves.toEqual({ state: 'none' });
  });

  it('refuses to start an id twice', async () => {
    const writer = await openExport(out, { id: 'twice' });
    await expect(openExport(out, { id: 'twice' })).rejects.toThrow('already started');
    await writer.abort();
  });

  it('a crash between the two renames of an overwrite loses neither set', async () => {
    const old = await openExport(out, { id: 'old' });
    await old.add(item('cat', '1.jpg'));
    await old.commit();
    const fresh = await openExport(out, { id: 'new', overwrite: true });
    await fresh.add(item('dog', '2.jpg'));
    await fresh.suspend();
    const hidden = join(root, '.set.crux-export-new');
    await rename(out, `${hidden}.old`);
    const resumed = await resumeExport(out, 'new');
    if (resumed.state !== 'open') throw new Error(resumed.state);
    expect(existsSync(join(out, 'cat/1.jpg'))).toBe(true);
    await resumed.writer.add(item('dog', '2.jpg'));
    await resumed.writer.commit();
    expect(await tree(out)).toEqual(['.crux-export.json', 'README.md', 'dog/2.jpg', 'metadata.jsonl']);
    expect(await readdir(root)).toEqual(['set']);
  });
});
