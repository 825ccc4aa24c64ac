/** Check, backup and repair of a catalog: damage is named, nothing is written into it, and what can be read is saved. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupCatalog, checkCatalog, openCatalog, repairCatalog } from '../../../src/main/catalog/index.ts';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import { damage, damages, images, makeFullCatalog } from './damage.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-repair-'));
const whole = join(folder, 'whole');
const now = new Date('2026-11-30T12:00:00Z');
let copies = 0;
const copy = (): string => {
  const to = join(folder, `copy ${++copies}`);
  cpSync(whole, to, { recursive: true });
  return to;
};
/** Names in a catalog's folder, without its reserve. */
const names = (of: string) =>
  readdirSync(of)
    .filter((name) => name !== '.reserve')
    .sort();
const database = (of: string) => join(of, 'catalog.sqlite');

beforeAll(() => makeFullCatalog(whole));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('check', () => {
  it('a sound catalog: counts, and notes of what mends itself; nothing is written', () => {
    const at = copy();
    const before = readFileSync(database(at));
    const found = checkCatalog(at);
    expect(found.problems).toEqual([]);
    expect(found.rows.find(({ table }) => table === 'images')?.rows).toBe(images + 1);
    expect(found.notes.map(({ what, count }) => [what, count])).toEqual([
      ['thumbnails that are missing', images + 1],
      ['datasets whose folder is not there now', 1],
    ]);
    expect(readFileSync(database(at)).equals(before)).toBe(true);
  });

  it('names what rows promise and what is not there', () => {
    const at = copy();
    rmSync(join(at, 'synthetic'), { recursive: true });
    const db = new Database(database(at));
    db.pragma('foreign_keys = OFF');
    db.exec(`DELETE FROM images WHERE id = 7;
      INSERT INTO models (name, kind, path, hash, summary, created_at) VALUES ('mine', 'encoder', '/gone.onnx', '', '', 0);
      UPDATE embeddings SET vector = x'00' WHERE image_id = 9;
      INSERT INTO settings VALUES ('broken', '{');`);
    db.close();
    const { problems } = checkCatalog(at);
    expect(problems.map(({ what, count }) => [what, count])).toEqual([
      ['rows whose parent row is missing', 2], // a score and its features
      ['generated images whose file is missing', 1],
      ['models whose file or folder is missing', 1],
      ['malformed values', 2],
    ]);
    for (const { remedy, examples } of problems) {
      expect(remedy).not.toBe('');
      expect(examples.length).toBeGreaterThan(0);
    }
  });

  it('there is no catalog, or one of a newer version', () => {
    expect(() => checkCatalog(join(folder, 'nowhere'))).toThrow(/no catalog in .*nowhere.*--catalog/);
    const at = copy();
    const db = new Database(database(at));
    db.exec("INSERT INTO migrations VALUES (99, 'future', 0)");
    db.close();
    expect(() => checkCatalog(at)).toThrow(/newer version of Crux \(it has migration 99/);
  });
});

describe('repair', () => {
  it.each(Object.keys(damages).flatMap((how) => [1, 2].map((seed) => [how, seed] as const)))(
    '%s (seed %i): named, and what can be read is saved',
    (how, seed) => {
      const at = copy();
      const spoilt = damage(at, how, seed);
      const named = checkCatalog(at).problems;
      expect(named[0]).toMatchObject({ what: 'places where the database is damaged' });
      const done = repairCatalog(at, now)!;
      expect(done.kept).toBe(join(at, 'catalog.damaged-2026-11-30.sqlite'));
      expect(readFileSync(done.kept).equals(spoilt)).toBe(true);
      expect(names(at)).toEqual(['catalog.damaged-2026-11-30.sqlite', 'catalog.sqlite', 'synthetic']);
      const sound = checkCatalog(at);
      expect(sound.problems).toEqual([]);
      const saved = (table: string) => sound.rows.find((row) => row.table === table)?.rows ?? 0;
      const least = how === 'the end is missing' ? 0.25 : how === '3% of the pages' ? 0.6 : 0.9;
      for (const table of ['images', 'scores', 'embeddings'])
        expect(saved(table), table).toBeGreaterThanOrEqual(least * images);
      for (const { table, recovered, orphans } of done.tables)
        expect(saved(table), table).toBeGreaterThanOrEqual(recovered - orphans);
      const catalog = openCatalog(at); // and it works
      expect(catalog.value('SELECT COUNT(*) FROM images')).toBe(saved('images'));
      catalog.run("UPDATE images SET split = 'test'");
      catalog.close();
    },
    60_000,
  );

  it('an index alone: every row is there again', () => {
    const at = copy();
    const db = new Database(database(at));
    const root = db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'scores_by_difficulty'")
      .pluck()
      .get();
    db.close();
    const bytes = readFileSync(database(at));
    bytes.fill(0x5a, ((root as number) - 1) * 4096, (root as number) * 4096);
    writeFileSync(database(at), bytes);
    expect(checkCatalog(at).problems).toHaveLength(1);
    const done = repairCatalog(at, now)!;
    for (const { lost, orphans, table } of done.tables) expect([table, lost, orphans]).toEqual([table, 0, 0]);
    expect(checkCatalog(at).rows.find(({ table }) => table === 'scores')?.rows).toBe(images);
  });

  it('what is in the journal alone is saved too', () => {
    const at = copy();
    const live = openCatalog(at);
    live.run("INSERT INTO tags VALUES (1, 'in the journal')");
    const crashed = join(folder, 'crashed');
    cpSync(at, crashed, { recursive: true }); // as a power cut leaves it
    live.close();
    rmSync(join(crashed, 'catalog.sqlite-shm'), { force: true });
    expect(existsSync(join(crashed, 'catalog.sqlite-wal'))).toBe(true);
    damage(crashed, 'one page', 5);
    const journal = readFileSync(join(crashed, 'catalog.sqlite-wal'));
    const done = repairCatalog(crashed, now)!;
    expect(readFileSync(`${done.kept}-wal`).equals(journal)).toBe(true);
    const saved = openCatalog(crashed);
    expect(saved.column("SELECT image_id FROM tags WHERE tag = 'in the journal'")).toEqual([1]);
    saved.close();
  });

  it('a sound catalog is left alone', () => {
    const at = copy();
    const before = readFileSync(database(at));
    expect(repairCatalog(at, now)).toBeNull();
    expect(readFileSync(database(at)).equals(before)).toBe(true);
    expect(names(at)).toEqual(['catalog.sqlite', 'synthetic']);
  });

  it('is refused while another program has the catalog open, also one that does nothing', async () => {
    const at = copy();
    const entry = join(import.meta.dirname, '../../../src/main/catalog/index.ts');
    const script = `import { openCatalog } from ${JSON.stringify(entry)}; const open = openCatalog(process.argv[1]); console.log('open'); setInterval(() => open.dir, 1000);`;
    const child = spawn(nodeBinary(), ['--input-type=module', '-e', script, at], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => repairCatalog(at, now)).toThrow(/is open in another program.*close it/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(repairCatalog(at, now)).toBeNull();
  });
});

describe('backup', () => {
  it('of a catalog that is written to meanwhile: sound, whole, with its files', async () => {
    const at = copy();
    const live = openCatalog(at);
    const out = join(folder, 'backups', 'monday');
    const made = backupCatalog(at, out);
    live.run("INSERT INTO tags VALUES (2, 'later')");
    expect(await made).toMatchObject({ out, files: 2, problems: [] });
    live.close();
    expect(names(out)).toEqual(['catalog.sqlite', 'synthetic']);
    expect(readFileSync(join(out, 'synthetic/1/1.png'), 'utf8')).toBe('file');
    const restored = openCatalog(out);
    expect(restored.value('SELECT COUNT(*) FROM embeddings')).toBe(images);
    restored.close();
    await expect(backupCatalog(at, out)).rejects.toThrow(/is there already/);
  });

  it('of the database alone', async () => {
    const out = join(folder, 'alone.sqlite');
    expect(await backupCatalog(whole, out)).toMatchObject({ files: 1, problems: [] });
    expect(existsSync(`${out}-wal`)).toBe(false);
  });

  it('of a damaged catalog says so, and a failed one leaves nothing', async () => {
    const at = copy();
    damage(at, 'one page', 4);
    const out = join(folder, 'damaged backup');
    expect((await backupCatalog(at, out)).problems).toHaveLength(1);
    truncateSync(database(at), 10);
    await expect(backupCatalog(at, join(folder, 'never'))).rejects.toThrow(/damaged.*crux catalog repair/);
    expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([]);
  });
});
