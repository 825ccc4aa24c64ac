import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanImageFolder } from '../../../src/main/datasets/scan.ts';
import { fsPath, nameOfBytes, resolveInRoot } from '../../../src/main/files/fs-names.ts';
import { hashFile } from '../../../src/main/files/hash.ts';
import { noteText } from '../../../src/shared/import-summary.ts';
import { collector, fromGradient } from './make.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crux-scan-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A scan opens no file whose name promises an image, so most need no content. */
async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

async function scan(options: { followLinks?: boolean; signal?: AbortSignal } = {}) {
  const seen = collector();
  const result = await scanImageFolder(root, { ...seen, ...options });
  expect(result.found).toBe(seen.found.length);
  expect(result.skipped).toBe(seen.skipped.length);
  return { ...seen, result };
}

describe('layouts', () => {
  it('class per folder: the first folder is the class, however deep the file', async () => {
    await put('cat/1.jpg', 'cat/deep/er/2.PNG', 'dog/3.webp', 'loose.gif', 'empty-folder/readme.txt');
    const { placed, result } = await scan();
    expect(result).toMatchObject({ layoutId: 'class', classes: ['cat', 'dog'], warnings: [] });
    expect(result.unused.map(noteText)).toEqual(['Files that are not images: 1 (empty-folder/readme.txt)']);
    expect(result.used.map(noteText)).toEqual(['Labels from folder names: 3']);
    expect(placed()).toEqual({
      'cat/1.jpg': ['cat', null],
      'cat/deep/er/2.PNG': ['cat', null],
      'dog/3.webp': ['dog', null],
      'loose.gif': [null, null],
    });
  });

  it('a split level in any of its words', async () => {
    await put('Train/cat/1.jpg', 'validation/cat/2.jpg', 'test/dog/3.jpg', 'train.txt');
    const { placed, result } = await scan();
    expect(result.layoutId).toBe('split/class');
    expect(placed()).toEqual({
      'Train/cat/1.jpg': ['cat', 'train'],
      'validation/cat/2.jpg': ['cat', 'val'],
      'test/dog/3.jpg': ['dog', 'test'],
    });
  });

  it('splits without classes, and a flat folder', async () => {
    await put('train/1.jpg', 'valid/2.jpg');
    const split = await scan();
    expect(split.result.layoutId).toBe('split');
    expect(split.placed()).toEqual({ 'train/1.jpg': [null, 'train'], 'valid/2.jpg': [null, 'val'] });
    await rm(join(root, 'train'), { recursive: true });
    await rm(join(root, 'valid'), { recursive: true });
    await put('a.jpg', 'b.jpg');
    expect((await scan()).result.layoutId).toBe('flat');
  });

  it('warns where folders can be read two ways', async () => {
    await put('train/1.jpg', 'boat/2.jpg');
    const mixed = await scan();
    expect(mixed.placed()['train/1.jpg']).toEqual(['train', null]);
    expect(mixed.result.warnings.join()).toMatch(/train looks like a split but lies/);
    await rm(join(root, 'train'), { recursive: true });
    await put('boat/sail/3.jpg');
    expect((await scan()).result.warnings.join()).toMatch(/one folder, boat/);
  });

  it('one class, spelled in two Unicode forms; the paths stay as they are', async () => {
    await put('caf\u00e9/1.jpg', 'cafe\u0301/2.jpg');
    const { result, found } = await scan();
    expect(result.classes).toEqual(['café']);
    for (const f of found)
      expect(await readFile(fsPath(resolveInRoot(root, f.relativePath)))).toHaveLength(0);
  });
});

describe('what counts as an image', () => {
  it('looks inside where the name promises nothing, lists pictures it cannot read, counts the rest', async () => {
    await put(
      'cat/note.txt',
      'cat/.DS_Store',
      'cat/._1.jpg',
      'cat/.hidden.jpg',
      '.git/x.jpg',
      'cat/empty.heic',
    );
    await writeFile(join(root, 'cat/noext'), await fromGradient(4, 4).png().toBuffer());
    await writeFile(join(root, 'cat/a.svg'), '<svg></svg>');
    const { placed, reasons, result } = await scan();
    expect(Object.keys(placed())).toEqual(['cat/noext']);
    expect(reasons()).toEqual({
      'cat/.hidden.jpg': 'hidden file (its name starts with a dot)',
      'cat/a.svg': 'a vector drawing (SVG) is not supported; convert it to JPEG or PNG',
      'cat/empty.heic': 'empty file',
    });
    expect(result.unused.map(noteText)).toEqual([
      'System files and folders (version control): 1 (.git)',
      'System files and folders (macOS): 2 (.DS_Store, ._1.jpg)',
      'Files that are not images: 1 (cat/note.txt)',
    ]);
  });

  it('comes in the same order every time and stops on a signal', async () => {
    await put('b/2.jpg', 'a/1.jpg', 'b/10.jpg', 'a/0.jpg');
    const order = (await scan()).found.map((f) => f.relativePath);
    expect(order).toEqual(['a/0.jpg', 'a/1.jpg', 'b/10.jpg', 'b/2.jpg']);
    const stop = new AbortController();
    const seen: string[] = [];
    const work = scanImageFolder(root, {
      onFound: (f) => {
        seen.push(f.relativePath);
        stop.abort(new Error('enough'));
      },
      onSkipped: () => {},
      signal: stop.signal,
    });
    await expect(work).rejects.toThrow('enough');
    expect(seen).toEqual(['a/0.jpg']);
  });

  it('says what is wrong with the folder itself', async () => {
    await put('file.jpg');
    const quiet = { onFound: () => {}, onSkipped: () => {} };
    await expect(scanImageFolder(join(root, 'nowhere'), quiet)).rejects.toThrow('no such file');
    await expect(scanImageFolder(join(root, 'file.jpg'), quiet)).rejects.toThrow('expected a folder');
  });
});

describe.skipIf(process.platform === 'win32')('links and odd names', () => {
  it('follows links to files inside, and no others', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'crux-outside-'));
    try {
      await writeFile(join(outside, 'x.jpg'), '');
      await put('cat/1.jpg');
      await symlink('1.jpg', join(root, 'cat/same.jpg'));
      await symlink('.', join(root, 'cat/loop'));
      await symlink('../cat', join(root, 'cat/up'));
      await mkdir(join(root, 'dog'));
      await symlink('../cat', join(root, 'dog/cats'));
      await symlink('/nonexistent/x.jpg', join(root, 'dog/dangling.jpg'));
      await symlink('self.jpg', join(root, 'dog/self.jpg'));
      await symlink(join(outside, 'x.jpg'), join(root, 'dog/out.jpg'));
      await symlink(outside, join(root, 'dog/outside'));
      await link(join(outside, 'x.jpg'), join(root, 'dog/hard.jpg'));
      const { placed, reasons } = await scan();
      expect(Object.keys(placed())).toEqual(['cat/1.jpg', 'cat/same.jpg', 'dog/hard.jpg']);
      expect(reasons()).toEqual({
        'cat/loop': 'a link back to a folder that contains it',
        'cat/up': 'a link back to a folder that contains it',
        'dog/cats': 'a link to a folder of this dataset, which is read in its own place',
        'dog/dangling.jpg': 'a link whose target does not exist',
        'dog/self.jpg': 'a link that leads to itself',
      });
      expect(Object.keys((await scan({ followLinks: true })).placed())).toContain('dog/out.jpg');
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('a root reached through a link is fine', async () => {
    await put('real/cat/1.jpg');
    await symlink('real', join(root, 'alias'));
    const seen = collector();
    await scanImageFolder(join(root, 'alias'), seen);
    expect(seen.placed()).toEqual({ 'cat/1.jpg': ['cat', null] });
  });

  it('any name leads back to its file', async () => {
    const names = [
      'new\nline.jpg',
      'back\\slash.jpg',
      'spaces  two.jpg',
      `${'a'.repeat(236)}.jpg`,
      '-dash.jpg',
      '%41.jpg',
    ];
    const raw = [Uint8Array.from([0x6c, 0xe9, 0xff, 0x2e, 0x6a, 0x70, 0x67])];
    await mkdir(join(root, 'cat'));
    for (const name of names) await writeFile(join(root, 'cat', name), name);
    for (const name of raw) await writeFile(Buffer.concat([Buffer.from(`${root}/cat/`), name]), name);
    const { found } = await scan();
    expect(found.map((f) => f.relativePath).sort()).toEqual(
      [...names, ...raw.map(nameOfBytes)].map((n) => `cat/${n}`).sort(),
    );
    for (const f of found) {
      expect(resolveInRoot(root, f.relativePath)).toBe(f.file);
      await expect(hashFile(f.file)).resolves.toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('metadata.jsonl', () => {
  it('overrides what the folders say, adds captions and probabilities, and reports what it cannot use', async () => {
    await put('a%2Fb/1.jpg', 'cat/2.jpg', 'cat/3.jpg', 'cat/4.jpg');
    const rows = [
      { file_name: 'a%2Fb/1.jpg', label: 'a/b', split: 'val', caption: 'slash', seed: 7 },
      { file_name: 'cat/2.jpg', label: null, probabilities: { cat: 0.25, dog: 0.75 } },
      { file_name: 'cat/3.jpg', label: 4, text: 'a cat' },
      { file_name: 'cat/4.jpg', label: 'cat', split: 'holdout' },
      { file_name: 'gone.jpg', label: 'cat' },
    ];
    await writeFile(
      join(root, 'metadata.jsonl'),
      `${rows.map((r) => JSON.stringify(r)).join('\n')}\nnot json\n`,
    );
    const { found, skipped, unusable, result } = await scan();
    const facts = Object.fromEntries(found.map(({ file: _, relativePath, ...rest }) => [relativePath, rest]));
    expect(facts).toEqual({
      'a%2Fb/1.jpg': { label: 'a/b', split: 'val', caption: 'slash' },
      'cat/2.jpg': {
        label: null,
        saysUnlabelled: true,
        split: null,
        probabilities: { cat: 0.25, dog: 0.75 },
      },
      'cat/3.jpg': { label: 'cat', split: null, caption: 'a cat' },
      'cat/4.jpg': { label: 'cat', split: null },
    });
    expect(skipped.map((s) => s.reason)).toEqual([expect.stringMatching(/^line 6: not valid JSON/)]);
    expect(unusable.map(({ reason }) => reason)).toEqual([
      'metadata.jsonl line 4: split: got "holdout", expected train, val or test',
    ]);
    expect(result.warnings).toEqual(['metadata.jsonl names 1 files that were not found (first: gone.jpg)']);
  });
});
