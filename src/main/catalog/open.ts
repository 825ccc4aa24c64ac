/**
 * Owns the catalog on disk: a folder with `catalog.sqlite` and what is derived beside it. Several processes
 * (app, engine, CLI) open one catalog at once: WAL, short transactions, a busy time-out.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { resolveInRoot } from '../engine/images/fs-names.ts';
import { migrate } from './migrations/index.ts';
import { CatalogError, databaseName, fileIdentity, inWords, requireSameFile } from './trouble.ts';

export { CatalogError } from './trouble.ts';

export type Value = string | number | bigint | Uint8Array | null;

/** An open catalog: its folder, and SQL with prepared statements kept by their text. */
export class Catalog {
  readonly dir: string;
  readonly db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #identity: string;

  constructor(dir: string, db: Database.Database) {
    this.dir = dir;
    this.db = db;
    this.#identity = fileIdentity(dir);
  }

  /** Does something with the database; what SQLite says against the file itself is told in words. */
  #named<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw inWords(error, this.dir, true);
    }
  }

  statement(sql: string, pluck = false): Database.Statement {
    const key = pluck ? `1:${sql}` : sql;
    let found = this.#statements.get(key);
    if (!found) {
      found = this.db.prepare(sql);
      if (pluck) found.pluck();
      // Filters build many different texts; the newest few hundred are enough.
      if (this.#statements.size >= 400) this.#statements.clear();
      this.#statements.set(key, found);
    }
    return found;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#named(() => this.statement(sql).all(...values) as Row[]);
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#named(() => this.statement(sql).get(...values) as Row | undefined);
  }

  /** The first column of every row. */
  column<T>(sql: string, ...values: Value[]): T[] {
    return this.#named(() => this.statement(sql, true).all(...values) as T[]);
  }

  /** The first column of the first row. */
  value<T>(sql: string, ...values: Value[]): T | undefined {
    return this.#named(() => this.statement(sql, true).get(...values) as T | undefined);
  }

  run(sql: string, ...values: Value[]): { changes: number; id: number } {
    if (!this.db.inTransaction) requireSameFile(this.dir, this.#identity);
    const { changes, lastInsertRowid } = this.#named(() => this.statement(sql).run(...values));
    return { changes, id: Number(lastInsertRowid) };
  }

  /** All or nothing; takes the write lock at once, so that it cannot fail half-way on another writer. */
  write<T>(body: () => T): T {
    if (this.db.inTransaction) return body();
    requireSameFile(this.dir, this.#identity);
    return this.#named(() => this.db.transaction(body).immediate());
  }

  /** A path stored relative to the catalog -> absolute. */
  file(relative: string): string {
    return resolveInRoot(this.dir, relative);
  }

  thumbnail(hash: string): string {
    return join(this.dir, 'thumbs', hash.slice(0, 2), `${hash}.webp`);
  }

  jobDir(jobId: number): string {
    return join(this.dir, 'jobs', String(jobId));
  }

  close(): void {
    this.db.close();
  }
}

/** Milliseconds. */
const busyTimeout = 15_000;

export interface OpenOptions {
  /** Only a catalog that is there: a new, empty one in its place would hide that it was moved. */
  existing?: boolean;
}

/** Opens or makes the catalog in `dir`. @throws CatalogError 'unusable' naming the file and what to do. */
export function openCatalog(dir: string, { existing = false }: OpenOptions = {}): Catalog {
  const folder = resolve(dir);
  const file = join(folder, databaseName);
  if (existing && !existsSync(file))
    throw new CatalogError(
      'unusable',
      `there is no catalog in ${folder}; it may have been moved: open it where it is now with --catalog`,
    );
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CatalogError(
      'unusable',
      `catalog: the folder ${folder} cannot be made (${(error as Error).message}); choose a folder that you may write to`,
    );
  }
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { timeout: busyTimeout });
    useWal(db);
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('temp_store = MEMORY');
    db.pragma('cache_size = -65536');
    migrate(db);
    return new Catalog(folder, db);
  } catch (error) {
    db?.close();
    throw inWords(error, folder, false);
  }
}

/**
 * Of two processes that turn a new file to WAL at once, SQLite refuses one right away, whatever the time-out: both hold
 * what the other waits for. It asks again.
 */
function useWal(db: Database.Database): void {
  const until = Date.now() + busyTimeout;
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (!code.startsWith('SQLITE_BUSY') || Date.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

export const notFound = (what: string, id: number | string) =>
  new CatalogError('not-found', `${what} ${id} is not in this catalog; it may have been removed`);
