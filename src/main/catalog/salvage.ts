/**
 * Owns the reading of what is left of a damaged database. Each table is read by itself: page 1 of a copy is replaced by
 * one that knows that table only, so that neither a damaged list of tables nor a damaged index stands in the way. Around
 * damaged pages the rows are looked for by their keys. Source: the SQLite file format (header, b-trees, root pages).
 */
import { closeSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';

export interface TableShape {
  name: string;
  /** First page of its b-tree. */
  root: number;
  columns: { name: string; type: string; default: string | null }[];
  /** The primary key's columns; of a table with row ids, its one INTEGER column, or none. */
  key: string[];
  withoutRowid: boolean;
}

export type Row = Record<string, unknown>;

const magic = 'SQLite format 3\0';

/** Shapes of all tables of a sound database, the ones of SQLite's own left out. @throws where its list is damaged. */
export function tableShapes(db: Database.Database): TableShape[] {
  const tables = db
    .prepare(
      "SELECT name, rootpage AS root FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .all() as { name: string; root: number }[];
  const kinds = db.pragma('table_list') as { name: string; wr: number }[];
  return tables.map(({ name, root }) => {
    const columns = db.pragma(`table_info("${name}")`) as {
      name: string;
      type: string;
      dflt_value: string | null;
      pk: number;
    }[];
    return {
      name,
      root,
      columns: columns.map((c) => ({ name: c.name, type: c.type, default: c.dflt_value })),
      key: columns
        .filter((c) => c.pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((c) => c.name),
      withoutRowid: kinds.some((kind) => kind.name === name && kind.wr === 1),
    };
  });
}

/** How every catalog's file begins: SQLite's words, pages of 4,096 bytes, a write-ahead log, fixed fractions. */
const beginning = Buffer.from([...Buffer.from(magic, 'latin1'), 0x10, 0, 2, 2, 0, 64, 32, 32]);
const pageSize = 4096;

/** Writes the beginning anew where it is damaged. @returns whether it was. */
export function mendBeginning(file: string): boolean {
  const handle = openSync(file, 'r+');
  try {
    const found = Buffer.alloc(beginning.length);
    readSync(handle, found, 0, found.length, 0);
    if (found[18] === 1 && found[19] === 1) found.fill(2, 18, 20); // a rollback journal is as good
    if (found.equals(beginning)) return false;
    writeSync(handle, beginning, 0, beginning.length, 0);
    return true;
  } finally {
    closeSync(handle);
  }
}

/**
 * Gives `file` (a copy) a page 1 by which its only table is this one, without types, checks and indexes.
 * `scratch`: a path for a small database that is made to take page 1 from.
 */
export function showOnly(file: string, table: TableShape, scratch: string): void {
  rmSync(scratch, { force: true });
  const maker = new Database(scratch);
  let page: Buffer;
  try {
    maker.pragma(`page_size = ${pageSize}`);
    maker.pragma('journal_mode = DELETE');
    maker.exec(plainTable(table));
    maker.unsafeMode(true);
    maker.pragma('writable_schema = ON');
    maker.prepare("UPDATE sqlite_schema SET rootpage = ? WHERE type = 'table'").run(table.root);
  } finally {
    maker.close();
  }
  const made = openSync(scratch, 'r');
  try {
    page = Buffer.alloc(pageSize);
    readSync(made, page, 0, pageSize, 0);
  } finally {
    closeSync(made);
    rmSync(scratch, { force: true });
  }
  const pages = Math.max(1, Math.floor(statSync(file).size / pageSize));
  page.writeUInt32BE(pages, 28);
  page.writeUInt32BE(page.readUInt32BE(24), 92); // "version valid for": the count of pages is to be believed
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, page, 0, pageSize, 0);
  } finally {
    closeSync(handle);
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function plainTable({ name, columns, key, withoutRowid }: TableShape): string {
  const parts = columns.map((column) => {
    const rowid = !withoutRowid && key.length === 1 && key[0] === column.name ? ' INTEGER PRIMARY KEY' : '';
    return `${quote(column.name)}${rowid}${column.default === null ? '' : ` DEFAULT ${column.default}`}`;
  });
  if (withoutRowid) parts.push(`PRIMARY KEY (${key.map(quote).join(', ')})`);
  return `CREATE TABLE ${quote(name)} (${parts.join(', ')})${withoutRowid ? ' WITHOUT ROWID' : ''}`;
}

const isDamage = (error: unknown): boolean =>
  /^SQLITE_(CORRUPT|NOTADB|IOERR|ERROR)/.test((error as { code?: string } | null)?.code ?? '');

/** So many rows in a row are tried one by one; beyond them the search takes larger steps. */
const patience = 64;

/** Bits of one whole number in a key. */
const bits = 63n;
const most = (1n << bits) - 1n;

/**
 * Every row that can be read, in the key's order; `onGap` is called for each stretch that cannot. `db`: a file by
 * `showOnly`. The leading whole numbers of the key, taken together as one, are where reading goes on behind damage;
 * in a table whose key begins with text it ends there.
 */
export function* readableRows(db: Database.Database, table: TableShape, onGap: () => void): Generator<Row> {
  const keys = table.withoutRowid ? table.key.map(quote) : ['rowid'];
  const numbers = table.withoutRowid ? leadingNumbers(table) : 1;
  const leading = keys.slice(0, numbers);
  const reach =
    numbers === 0 ? '' : `WHERE (${leading.join(', ')}) >= (${leading.map(() => '?').join(', ')})`;
  const from = `FROM ${quote(table.name)} ${reach} ORDER BY ${keys.join(', ')}`;
  const named = leading.map((key, i) => `${key} AS "crux ${i}", `).join('');
  const onward = db.prepare(`SELECT ${named}* ${from}`).safeIntegers(true);
  const probe = db
    .prepare(`SELECT ${leading.join(', ') || '1'} ${from} LIMIT 1`)
    .raw()
    .safeIntegers(true);
  const split = (at: bigint): bigint[] =>
    numbers === 2 ? [at >> bits, at & most] : numbers === 1 ? [at] : [];
  const join = (parts: readonly unknown[]): bigint =>
    parts.reduce<bigint>(
      (sum, part) => (sum << bits) + (typeof part === 'bigint' && part > 0n ? part : 0n),
      0n,
    );

  const end = numbers === 2 ? most << bits : most;
  let fruitless = 0; // reads in a row that gave nothing
  for (let at = 0n; ; ) {
    let last = at - 1n; // damaged keys may be in any order: only what is larger counts as progress
    let rows = 0;
    try {
      for (const row of onward.iterate(...split(at)) as Iterable<Row>) {
        const key = join(leading.map((_, i) => row[`crux ${i}`]));
        if (key > last) last = key;
        rows += 1;
        yield row;
      }
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      onGap();
    }
    if (numbers === 0) return;
    fruitless = rows > 0 ? 0 : fruitless + 1;
    // A row that begins well and goes on in a damaged page would be found again: the search begins behind it. Where
    // that gives nothing for long, by ever larger steps.
    const start = (last < at ? at : last) + (fruitless < patience ? 1n : 1n << BigInt(fruitless - patience));
    if (start > end) return;
    const next = nextReadable((from) => probe.get(...split(from)) as unknown[] | undefined, start, end);
    if (next === null) return;
    const found = join(next);
    at = found > start ? found : start;
  }
}

/** How many columns of the key, two at most, are whole numbers from the first on. */
const leadingNumbers = ({ key, columns }: TableShape): number => {
  const other = key.findIndex((name) => columns.find((c) => c.name === name)?.type !== 'INTEGER');
  return Math.min(2, other < 0 ? key.length : other);
};

/** The first key from `start` on behind the damage there, by doubling steps and halving back; null: none. */
function nextReadable(
  probe: (at: bigint) => unknown[] | undefined,
  start: bigint,
  end: bigint,
): unknown[] | null {
  /** null: past the last row; undefined: damaged. */
  const found = (at: bigint): unknown[] | null | undefined => {
    try {
      return probe(at) ?? null;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return undefined;
    }
  };
  let step = 1n;
  let bad = start - 1n;
  let good = start;
  while (found(good) === undefined) {
    if (good >= end) return null;
    bad = good;
    good = good + step > end ? end : good + step;
    step *= 2n;
  }
  while (good - bad > 1n) {
    const middle = (good + bad) / 2n;
    if (found(middle) === undefined) bad = middle;
    else good = middle;
  }
  return found(good) ?? null;
}
