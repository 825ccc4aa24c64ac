/**
 * Owns the repair of a damaged catalog: what can be read of it goes into a new database, which takes its place only when
 * it is sound. The damaged file is read from a copy, never changed, and kept aside under a name with the date.
 */
import { copyFileSync, existsSync, linkSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { diskFull, freeSpace, onlyOurs } from '../files/own-fault.ts';
import { syncFile, syncFolder } from '../files/write-whole.ts';
import { integrity } from './check.ts';
import { migrate } from './migrations/index.ts';
import { mendBeginning, type Row, readableRows, showOnly, type TableShape, tableShapes } from './salvage.ts';
import { CatalogError, databaseName, inWords, requireCatalog } from './trouble.ts';

export interface RepairedTable {
  table: string;
  recovered: number;
  /** Rows that an intact index still counts, or that the new database did not take; null: nobody knows how many. */
  lost: number | null;
  /** Rows without the row they belong to: removed, or their reference emptied. */
  orphans: number;
}

export interface Repair {
  tables: RepairedTable[];
  /** The damaged database, in the catalog's folder. */
  kept: string;
}

/** null: nothing is wrong with the database. @throws CatalogError while another program has it open. */
export function repairCatalog(folder: string, now: Date): Repair | null {
  const file = join(folder, databaseName);
  requireCatalog(folder);
  let work: string | null = null;
  try {
    const needed = 2 * bytesOf(file); // a copy to read from, and the new database
    if (freeSpace(folder) < needed) throw diskFull(folder, needed);
    work = mkdtempSync(join(folder, '.repair-'));
    requireAlone(file, join(work, 'link.sqlite'));
    const copy = join(work, 'damaged.sqlite');
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    const { shapes, counts, sound } = openCopy(copy);
    if (sound) return null;
    const fresh = join(work, 'repaired.sqlite');
    const tables = fill(fresh, copy, shapes, counts, join(work, 'page.sqlite'));
    try {
      return { tables, kept: exchange(file, fresh, now) };
    } catch (error) {
      work = null; // it holds what was recovered
      throw new CatalogError(
        'unusable',
        `the repaired catalog could not take the damaged one's place (${(error as Error).message}); it is whole: close all programs that use ${folder}, and move ${fresh} to ${file}`,
        { cause: error },
      );
    }
  } catch (error) {
    throw inWords(error, folder, false);
  } finally {
    if (work !== null) rmSync(work, { recursive: true, force: true });
  }
}

/** The database with its journal. */
const bytesOf = (file: string): number =>
  [file, `${file}-wal`].reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0);

/**
 * Whoever has a catalog open holds a shared lock on its file, and only who is alone may remove its journal on closing. That
 * is tried through a hard link: the same file, but a journal of its own, so that the real one stays as it is.
 */
function requireAlone(file: string, link: string): void {
  try {
    linkSync(file, link);
  } catch (error) {
    if (onlyOurs(error)) throw error;
    throw new CatalogError(
      'unusable',
      `on the disk of ${file} it cannot be told whether another program has the catalog open (no hard links: ${(error as Error).message}); copy its folder to a local disk, and repair it there with --catalog`,
      { cause: error },
    );
  }
  const db = new Database(link, { timeout: 1000 });
  let held = false;
  try {
    db.prepare('SELECT COUNT(*) FROM sqlite_schema').get();
  } catch (error) {
    held = (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true; // anything else is the damage
  } finally {
    db.close();
  }
  if (held || existsSync(`${link}-wal`))
    throw new CatalogError(
      'conflict',
      `the catalog ${file} is open in another program (the app, or another crux); close it and run the repair again`,
    );
}

interface Copied {
  /** null: the list of tables is damaged. */
  shapes: TableShape[] | null;
  /** By table, where an index or the table itself still tells. */
  counts: Map<string, number>;
  sound: boolean;
}

/** Brings the journal into the copy and takes down what its list of tables says. */
function openCopy(copy: string): Copied {
  const counts = new Map<string, number>();
  let shapes: TableShape[] | null = null;
  let sound = !mendBeginning(copy);
  const db = new Database(copy);
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    shapes = tableShapes(db);
    sound = sound && integrity(db) === null && (db.pragma('foreign_key_check') as unknown[]).length === 0;
    for (const { name } of shapes) {
      try {
        counts.set(name, db.prepare(`SELECT COUNT(*) FROM "${name}"`).pluck().get() as number);
      } catch {
        // Neither the table nor an index can be counted.
      }
    }
  } catch {
    sound = false; // the list of tables is damaged: they are looked for where every catalog has them
  } finally {
    db.close();
    for (const end of ['-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  }
  return { shapes: shapes?.some(({ name }) => name === 'images') ? shapes : null, counts, sound };
}

function fill(
  fresh: string,
  copy: string,
  found: TableShape[] | null,
  counts: ReadonlyMap<string, number>,
  scratch: string,
): RepairedTable[] {
  const target = new Database(fresh);
  try {
    migrate(target);
    target.pragma('foreign_keys = OFF');
    target.pragma('synchronous = OFF'); // written to the disk at the end
    const usual = tableShapes(target);
    const tables = usual.map((table): RepairedTable => {
      const shape = found?.find(({ name }) => name === table.name) ?? table;
      if (table.name === 'migrations') return { table: table.name, recovered: 0, lost: 0, orphans: 0 };
      showOnly(copy, shape, scratch);
      const { recovered, refused, gaps } = copyRows(copy, target, shape, table);
      const known = counts.get(table.name);
      const lost = known !== undefined ? Math.max(refused, known - recovered) : gaps === 0 ? refused : null;
      return { table: table.name, recovered, lost, orphans: 0 };
    });
    for (const [table, orphans] of dropOrphans(target, usual)) {
      const entry = tables.find((t) => t.table === table);
      if (entry) entry.orphans += orphans;
    }
    target.pragma('synchronous = FULL');
    const wrong = integrity(target);
    if (wrong !== null) throw new Error(`the repaired catalog is not sound: ${wrong.examples.join('; ')}`);
    target.pragma('journal_mode = WAL');
    syncFile(fresh);
    return tables.filter(({ table }) => table !== 'migrations');
  } finally {
    target.close();
  }
}

/** Rows of one table into the new database; those that its rules forbid (damaged values) are counted and left out. */
function copyRows(
  copy: string,
  target: Database.Database,
  from: TableShape,
  to: TableShape,
): { recovered: number; refused: number; gaps: number } {
  const names = to.columns
    .map(({ name }) => name)
    .filter((name) => from.columns.some((c) => c.name === name));
  const list = names.map((name) => `"${name}"`).join(', ');
  const insert = target.prepare(
    `INSERT OR IGNORE INTO "${to.name}" (${list}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  let recovered = 0;
  let refused = 0;
  let gaps = 0;
  const source = new Database(copy, { readonly: true });
  const put = (row: Row) => {
    try {
      const { changes } = insert.run(...names.map((name) => row[name]));
      if (changes === 1) recovered += 1;
      else refused += 1;
    } catch (error) {
      if (!/^SQLITE_(CONSTRAINT|MISMATCH)/.test((error as { code?: string }).code ?? '')) throw error;
      refused += 1;
    }
  };
  try {
    target.transaction(() => {
      for (const row of readableRows(source, from, () => gaps++)) put(row);
    })();
  } catch (error) {
    // The very root of the table is damaged.
    if (!/^SQLITE_(CORRUPT|NOTADB)/.test((error as { code?: string }).code ?? '')) throw error;
    gaps += 1;
  } finally {
    source.close();
  }
  return { recovered, refused, gaps };
}

/** Empties references to rows that are gone where that is allowed, and removes the rows otherwise; until none is left. */
function dropOrphans(db: Database.Database, tables: readonly TableShape[]): Map<string, number> {
  const dropped = new Map<string, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const { name } of tables) {
      for (const { parent, from, to, optional } of references(db, name)) {
        const missing = `${from.map((c) => `"${c}" IS NOT NULL`).join(' AND ')} AND NOT EXISTS (SELECT 1 FROM "${parent}" p WHERE ${to
          .map((c, i) => `p."${c}" = "${name}"."${from[i]}"`)
          .join(' AND ')})`;
        const sql = optional
          ? `UPDATE "${name}" SET ${from.map((c) => `"${c}" = NULL`).join(', ')} WHERE ${missing}`
          : `DELETE FROM "${name}" WHERE ${missing}`;
        const { changes } = db.prepare(sql).run();
        if (changes === 0) continue;
        changed = true;
        dropped.set(name, (dropped.get(name) ?? 0) + changes);
      }
    }
  }
  return dropped;
}

function references(db: Database.Database, table: string) {
  const rows = db.pragma(`foreign_key_list("${table}")`) as {
    id: number;
    table: string;
    from: string;
    to: string;
  }[];
  const required = new Set(
    (db.pragma(`table_info("${table}")`) as { name: string; notnull: number; pk: number }[])
      .filter(({ notnull, pk }) => notnull === 1 || pk > 0)
      .map(({ name }) => name),
  );
  return [...new Set(rows.map(({ id }) => id))].map((id) => {
    const own = rows.filter((row) => row.id === id);
    const from = own.map((row) => row.from);
    return {
      parent: own[0].table,
      from,
      to: own.map((row) => row.to),
      optional: !from.some((c) => required.has(c)),
    };
  });
}

/**
 * The repaired file takes the damaged one's place in one step, after that has got a second name, which is returned. At
 * no moment is there no database, or one with another's journal: whoever is killed between leaves the damaged one.
 */
function exchange(file: string, fresh: string, now: Date): string {
  const day = now.toISOString().slice(0, 10);
  let kept = '';
  for (let n = 1; kept === '' || existsSync(kept); n++)
    kept = file.replace(/\.sqlite$/, `.damaged-${day}${n > 1 ? `-${n}` : ''}.sqlite`);
  const journal = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  linkSync(file, kept);
  if (journal) linkSync(`${file}-wal`, `${kept}-wal`);
  syncFolder(dirname(file));
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true }); // else read into the new database
  try {
    renameSync(fresh, file);
  } catch (error) {
    if (journal) renameSync(`${kept}-wal`, `${file}-wal`);
    rmSync(kept);
    throw error;
  }
  syncFolder(dirname(file));
  return kept;
}
