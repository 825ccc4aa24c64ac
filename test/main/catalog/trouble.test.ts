/** A catalog that cannot be used is named with its path and what to do, when it is opened and while it is open. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CatalogError, openCatalog } from '../../../src/main/catalog/index.ts';
import { inWords } from '../../../src/main/catalog/trouble.ts';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import { crux, json } from '../../cli/run.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { damage, makeFullCatalog } from './damage.ts';

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(CatalogError);
    expect((error as CatalogError).code).toBe('unusable');
    return (error as CatalogError).message;
  }
  throw new Error('it was not refused');
};

it('a file that is no database, and one that is damaged', () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'catalog.sqlite'), 'a text '.repeat(1000));
  const said = refusal(() => openCatalog(folder));
  expect(said).toContain(join(folder, 'catalog.sqlite'));
  expect(said).toMatch(/is damaged .*run: crux catalog repair --catalog \S+$/);
  const full = join(tempFolder(), 'with a blank');
  makeFullCatalog(full);
  damage(full, 'the list of tables', 1);
  expect(refusal(() => openCatalog(full))).toMatch(/is damaged .*--catalog ".*with a blank"$/);
});

it('what a clone or a download left in its place', () => {
  for (const [text, said] of [
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      /is a Git LFS pointer, .*git lfs pull/,
    ],
    ['<!doctype html><title>Sign in</title>', /is a web page \(HTML\)/],
  ] as const) {
    const folder = tempFolder();
    writeFileSync(join(folder, 'catalog.sqlite'), text);
    expect(refusal(() => openCatalog(folder))).toMatch(said);
  }
});

it('a folder in the place of the database, and a file in the place of the folder', () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'catalog.sqlite'));
  expect(refusal(() => openCatalog(folder))).toMatch(/cannot be opened .*choose a folder on a local disk/);
  writeFileSync(join(folder, 'file'), '');
  expect(refusal(() => openCatalog(join(folder, 'file')))).toMatch(/cannot be made.*choose a folder/);
});

it('moved away while it is open: nothing more is written, and no empty one takes its place', () => {
  const folder = join(tempFolder(), 'catalog');
  const catalog = tempCatalog(folder);
  renameSync(folder, `${folder} elsewhere`);
  const gone = /catalog\.sqlite is no longer there: it was moved or removed.*--catalog/;
  expect(refusal(() => catalog.run("INSERT INTO settings VALUES ('a', '1')"))).toMatch(gone);
  expect(refusal(() => catalog.write(() => 1))).toMatch(gone);
  // What an engine does that is started again meanwhile.
  expect(refusal(() => openCatalog(folder, { existing: true }))).toMatch(
    /there is no catalog in .*--catalog/,
  );
  openCatalog(folder).close(); // another one in its place is not the one that was opened
  expect(refusal(() => catalog.write(() => 1))).toMatch(gone);
});

it('damaged while it is open', () => {
  const folder = join(tempFolder(), 'catalog');
  makeFullCatalog(folder);
  const catalog = tempCatalog(folder);
  catalog.db.pragma('cache_size = 1');
  for (const seed of [1, 2, 3]) damage(folder, '3% of the pages', seed);
  const read = () => {
    for (const table of ['images', 'embeddings', 'score_probabilities', 'captions'])
      catalog.all(`SELECT * FROM ${table} NOT INDEXED`);
  };
  expect(refusal(read)).toMatch(/is damaged \(database disk image is malformed\).*crux catalog repair/);
});

it.each([
  ['SQLITE_READONLY_DBMOVED', /no longer there/],
  ['SQLITE_IOERR_LOCK', /cannot be locked, as on some network drives.*local disk/],
  ['SQLITE_IOERR_SHMMAP', /cannot be locked/],
  ['SQLITE_PROTOCOL', /cannot be locked/],
  ['SQLITE_BUSY', /held by another program/],
  ['SQLITE_CORRUPT_INDEX', /is damaged/],
])('%s', (code, words) => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'catalog.sqlite'), '');
  const said = inWords(Object.assign(new Error('as SQLite says it'), { code }), folder, true) as Error;
  expect(said).toBeInstanceOf(CatalogError);
  expect(said.message).toMatch(words);
  expect(said.message).toContain(folder);
});

it('leaves the rest to the machine, or alone', () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'catalog.sqlite'), '');
  const said = (code: string) => inWords(Object.assign(new Error('other'), { code }), folder, true) as Error;
  expect(said('SQLITE_FULL').message).toMatch(/^disk is full/);
  expect(said('SQLITE_READONLY_DIRECTORY').message).toBe(
    `${folder} is write-protected (SQLITE_READONLY_DIRECTORY); make it writable, or use another folder`,
  );
  expect(said('SQLITE_IOERR_READ').message).toMatch(/the disk failed at .*check the disk/);
  for (const code of ['SQLITE_CONSTRAINT_UNIQUE', 'not-found']) expect(said(code).message).toBe('other');
});

const root = process.getuid?.() === 0;
it.skipIf(process.platform !== 'linux')('read-only, for a user without the right to write', () => {
  const folder = join(tempFolder(), 'catalog');
  tempCatalog(folder).close();
  for (const path of [join(folder, '..'), folder]) chmodSync(path, 0o555);
  chmodSync(join(folder, 'catalog.sqlite'), 0o444);
  const entry = join(import.meta.dirname, '../../../src/main/catalog/index.ts');
  const script = `import { openCatalog } from ${JSON.stringify(entry)};
    try { openCatalog(process.argv[1]).run("INSERT INTO settings VALUES ('a', '1')"); console.log('written'); }
    catch (error) { console.log(error.code, error.message); }`;
  // Root may write anything: another user tries.
  const other = root ? { uid: 65534, gid: 65534 } : {};
  const ran = spawnSync(nodeBinary(), ['--input-type=module', '-e', script, folder], {
    encoding: 'utf8',
    ...other,
  });
  chmodSync(join(folder, '..'), 0o755);
  chmodSync(folder, 0o755);
  expect(ran.stdout + ran.stderr).toContain(folder);
  expect(ran.stdout + ran.stderr).toMatch(/^(read-only|no-permission|unusable) /);
});

it('from the command line: exit code 1 and one sentence, for every command', async () => {
  const cwd = tempFolder();
  makeFullCatalog(join(cwd, 'catalog'));
  damage(join(cwd, 'catalog'), 'the header', 1);
  const ran = await crux(['datasets', 'list', '--json'], cwd);
  expect(ran.exit).toBe(1);
  expect(json(ran)).toMatchObject({ ok: false, error: { code: 'unusable' } });
  expect(ran.stderr).toMatch(/^crux: the catalog \S+ is damaged [^\n]*crux catalog repair --catalog \S+\n$/);
  const checked = await crux(['catalog', 'check'], cwd);
  expect([checked.exit, checked.stderr]).toEqual([1, '']);
  expect(checked.stdout).toMatch(
    /PROBLEM: 1 places where the database is damaged: .*\n {2}\S[\s\S]*is not sound\n$/,
  );
  const repaired = await crux(['catalog', 'repair', '--json'], cwd);
  expect(repaired.exit, repaired.stderr).toBe(0);
  expect(json(repaired)).toMatchObject({ ok: true, repaired: true });
  expect((await crux(['catalog', 'repair'], cwd)).stdout).toMatch(/^nothing to repair/);
  const list = await crux(['datasets', 'list'], cwd);
  expect([list.exit, list.stdout]).toEqual([0, expect.stringContaining('set')]);
  const backup = await crux(['catalog', 'backup', 'saved', '--json'], cwd);
  expect(json(backup)).toMatchObject({ ok: true, out: join(cwd, 'saved'), problems: [] });
  expect((await crux(['catalog', 'backup', 'saved'], cwd)).exit).toBe(1);
});

it('where there is no catalog, only what begins one makes it; the others say so and how to begin', async () => {
  const cwd = tempFolder();
  const catalog = join(cwd, 'catalog');
  for (const argv of [
    ['datasets', 'list'],
    ['datasets', 'remove', 'set'],
    ['jobs', 'list'],
    ['jobs', 'resume', '1'],
    ['score', 'set'],
    ['review', 'set', '--accept', '--agrees'],
    ['report', 'set', '--out', 'report.html'],
    ['scorers', 'list', 'set'],
    ['models', 'remove', 'model:1'],
    ['catalog', 'check'],
    ['catalog', 'repair'],
    ['catalog', 'backup', 'saved'],
  ]) {
    const ran = await crux([...argv, '--json'], cwd);
    expect(ran.exit, argv.join(' ')).toBe(1);
    expect(json(ran), argv.join(' ')).toMatchObject({ ok: false, error: { code: 'unusable' } });
    expect(ran.stderr).toMatch(
      /there is no catalog in .*catalog; .*--catalog; crux import or crux demo begins/,
    );
    expect(existsSync(catalog), argv.join(' ')).toBe(false);
  }
  writeFileSync(join(cwd, 'no-model.onnx'), 'no model');
  expect(json(await crux(['models', 'check', 'no-model.onnx', '--json'], cwd))).toMatchObject({
    usable: false,
  });
  expect(existsSync(catalog)).toBe(false);
  expect((await crux(['models', 'list'], cwd)).exit).toBe(0);
  expect(json(await crux(['datasets', 'list', '--json'], cwd))).toMatchObject({ ok: true, datasets: [] });
});
