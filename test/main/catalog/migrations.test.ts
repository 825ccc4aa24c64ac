/** The catalog's shape: made once, never half, and never read by a program that is too old for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, migrations } from '../../../src/main/catalog/migrations/index.ts';
import { openCatalog } from '../../../src/main/catalog/open.ts';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';

test('a new catalog has every migration, WAL and foreign keys; opening it again changes nothing', () => {
  const folder = tempFolder();
  const catalog = tempCatalog(folder);
  const applied = catalog.column<number>('SELECT number FROM migrations ORDER BY number');
  expect(applied).toEqual(migrations.map((m) => m.number));
  expect(catalog.db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(catalog.db.pragma('foreign_keys', { simple: true })).toBe(1);
  const again = tempCatalog(folder);
  expect(again.column('SELECT applied_at FROM migrations')).toEqual(
    catalog.column('SELECT applied_at FROM migrations'),
  );
});

test('numbers rise by one and are never reused', () => {
  expect(migrations.map((m) => m.number)).toEqual(migrations.map((_, i) => i + 1));
});

test('a migration that fails leaves neither its tables nor its record', () => {
  const db = new Database(':memory:');
  const bad = {
    number: migrations.length + 1,
    name: 'bad',
    sql: 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);',
  };
  expect(() => migrate(db, [...migrations, bad])).toThrow(/nowhere/);
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  expect(names).toContain('images');
  expect(names).not.toContain('half');
  expect(db.prepare('SELECT number FROM migrations').pluck().all()).toEqual(migrations.map((m) => m.number));
  db.close();
});

test('a catalog of a newer program is refused with the remedy', () => {
  const folder = tempFolder();
  const catalog = tempCatalog(folder);
  catalog.run("INSERT INTO migrations VALUES (99, 'future', 0)");
  expect(() => openCatalog(folder)).toThrow(
    /catalog\.sqlite was written by a newer version.*migration 99.*open it with/,
  );
});

test('a folder that cannot be made says so', () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  expect(() => openCatalog(join(file, 'catalog'))).toThrow(/cannot be made.*choose a folder/);
});

test('many processes that open one new catalog at the same time all succeed', async () => {
  const folder = tempFolder();
  const entry = join(import.meta.dirname, '../../../src/main/catalog/index.ts');
  const script = `import { openCatalog } from ${JSON.stringify(entry)}; openCatalog(process.argv[1]).close();`;
  const open = async () => {
    const child = spawn(nodeBinary(), ['--input-type=module', '-e', script, folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr);
    const [code] = await once(child, 'exit');
    return code === 0 ? 'opened' : `code ${code}: ${await said}`;
  };
  expect(await Promise.all(Array.from({ length: 8 }, open))).toEqual(Array(8).fill('opened'));
  expect(tempCatalog(folder).column('SELECT number FROM migrations')).toEqual(
    migrations.map((m) => m.number),
  );
});
