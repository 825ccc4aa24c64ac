/** Whose fault an error is, and what is said of it: by code and by what was being done, never by its words. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OwnFault, onlyOurs, ownFault } from '../../../src/main/catalog/index.ts';
import { asUnreadable, readingFile, reasonOf } from '../../../src/main/images/errors.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { makeFolder } from '../support/pictures.ts';
import { run } from '../support/run.ts';

const coded = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: some words`), { code, ...more });

test.each([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'SQLITE_FULL',
  'SQLITE_IOERR_WRITE',
  'SQLITE_BUSY',
])('%s is never the fault of the file that was being read', async (code) => {
  const error = coded(code, { path: '/photos/cat.jpg' });
  expect(onlyOurs(error)).toBe(true);
  expect(() => asUnreadable(error)).toThrow(error);
  await expect(readingFile(() => Promise.reject(error))).rejects.toBe(error);
});

test.each(['EACCES', 'EPERM', 'EIO'])(
  '%s is the file’s where a file is read, and ours where we write',
  async (code) => {
    const error = coded(code, { path: '/catalog/thumbs/ab' });
    const read = await readingFile(() => Promise.reject(error)).catch(reasonOf);
    expect(read).toMatch(/not allowed|EIO/);
    expect(() => reasonOf(error)).toThrow(error);
    expect(ownFault(error, ['/catalog'])?.message).toContain('/catalog/thumbs/ab');
  },
);

test('a full disk is told with what is free, where, and what is needed', () => {
  const folder = tempFolder();
  const fault = ownFault(coded('ENOSPC'), [folder], 12_300_000);
  expect(fault).toMatchObject({ kind: 'disk-full', code: 'disk-full', place: folder });
  expect(fault?.message).toMatch(/^disk is full: [\d.]+ [MG]B free at .*, about 12 MB needed$/);
  expect(fault?.message).toContain(folder);
  // Told again where more is known to be needed, and only then.
  expect(ownFault(fault, [folder], 50e6)?.message).toContain('about 50 MB');
  expect(ownFault(fault, [folder], 1e6)).toBe(fault);
  expect(ownFault(new Error('ENOSPC: no space left on device'), [folder])).toBeNull();
});

test('SQLite’s own code becomes the sentence, whatever asks', () => {
  const catalog = tempCatalog();
  catalog.db.pragma(`max_page_count = ${catalog.db.pragma('page_count', { simple: true })}`);
  const fill = () =>
    catalog.write(() => {
      for (let i = 0; i < 200; i++)
        catalog.run('INSERT INTO settings (key, value) VALUES (?, ?)', `k${i}`, 'x'.repeat(10_000));
    });
  expect(fill).toThrow(OwnFault);
  expect(fill).toThrow(/^disk is full: .* free at .*, about 1\.0 MB needed$/);
  expect(catalog.db.inTransaction).toBe(false);
});

test('the reserve gives a full disk room for what must be written, once', () => {
  const catalog = tempCatalog();
  let calls = 0;
  const written = catalog.insist(() => {
    if (++calls === 1) throw coded('ENOSPC');
    return 'written';
  });
  expect([written, calls]).toEqual(['written', 2]);
  calls = 0;
  // It is used up: the second time the fault comes out.
  expect(() =>
    catalog.insist(() => {
      calls++;
      throw coded('ENOSPC');
    }),
  ).toThrow(OwnFault);
  expect(calls).toBe(1);
});

test('a thumbnail that cannot be written fails the import, and is no photo’s fault', async () => {
  const folder = tempFolder();
  const photos = await makeFolder(join(folder, 'photos'), 4);
  const catalog = tempCatalog(join(folder, 'catalog'));
  const thumbs = join(catalog.dir, 'thumbs');
  mkdirSync(thumbs);
  for (let i = 0; i < 256; i++) writeFileSync(join(thumbs, i.toString(16).padStart(2, '0')), ''); // where folders go
  const job = await run(catalog, { kind: 'import', params: { source: photos, name: 'photos' } });
  expect(job).toMatchObject({ state: 'failed', error: expect.stringMatching(/thumbs/) });
  expect(catalog.all('SELECT * FROM skipped_files')).toEqual([]);
});
