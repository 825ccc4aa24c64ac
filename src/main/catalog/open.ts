/**
 * Owns the catalog on disk: a folder with `catalog.sqlite` and what is derived beside it. Several processes
 * (app, engine, CLI) open one catalog at once: WAL, short transactions, a busy time-out.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { resolveInRoot } from '../files/fs-names.ts';
import { onlyOurs } from '../files/own-fault.ts';
import { syncFile } from '../files/write-whole.ts';
import { migrate } from './migrations/index.ts';
import { insist, keepReserve } from './reserve.ts';
import {
  CatalogError,
  databaseName,
  fileIdentity,
  inWords,
  requireCatalog,
  requireSameFile,
} from './trouble.ts';

export { CatalogError, hasCatalog } from './trouble.ts';

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

  /** Does something with the database; what is wrong with its file or our machine is told in words. */
  #told<T>(body: () => T): T {
    try {
      return body();
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
    return this.#told(() => this.statement(sql).all(...values) as Row[]);
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#told(() => this.statement(sql).get(...values) as Row | undefined);
  }

  /** The first column of every row. */
  column<T>(sql: string, ...values: Value[]): T[] {
    return this.#told(() => this.statement(sql, true).all(...values) as T[]);
  }

  /** The first column of the first row. */
  value<T>(sql: string, ...values: Value[]): T | undefined {
    return this.#told(() => this.statement(sql, true).get(...values) as T | undefined);
  }

  run(sql: string, ...values: Value[]): { changes: number; id: number } {
    if (!this.db.inTransaction) requireSameFile(this.dir, this.#identity);
    const { changes, lastInsertRowid } = this.#told(() => this.statement(sql).run(...values));
    return { changes, id: Number(lastInsertRowid) };
  }

  /** All or nothing; takes the write lock at once, so that it cannot fail half-way on another writer. */
  write<T>(body: () => T): T {
    if (this.db.inTransaction) return body();
    requireSameFile(this.dir, this.#identity);
    return this.#told(() => this.db.transaction(body).immediate());
  }

  /** For how a job ended and the like, also on a full disk. Not inside `write`: out of room, a transaction is over. */
  insist<T>(body: () => T): T {
    return insist(this.dir, body);
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

  /**
   * Brings what was committed to the disk. In WAL mode with `synchronous = NORMAL` a power cut takes the last
   * transactions back (it breaks nothing): whoever writes a file that counts on rows brings these there first.
   */
  flush(): void {
    // SQLite itself syncs this log before it copies it into the database, and the database before it empties the log.
    const log = join(this.dir, `${databaseName}-wal`);
    if (existsSync(log)) syncFile(log);
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

/**
 * Opens or makes the catalog in `dir`. Also on a full disk, as long as its reserve is there.
 * @throws CatalogError 'unusable' or OwnFault, naming the file and what to do.
 */
export function openCatalog(dir: string, { existing = false }: OpenOptions = {}): Catalog {
  const folder = resolve(dir);
  if (existing) requireCatalog(folder);
  const catalog = insist(folder, () => openFolder(folder));
  keepReserve(folder);
  return catalog;
}

function openFolder(folder: string): Catalog {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (onlyOurs(error)) throw error;
    throw new CatalogError(
      'unusable',
      `catalog: the folder ${folder} cannot be made (${(error as Error).message}); choose a folder that you may write to`,
    );
  }
  let db: Database.Database | null = null;
  try {
    db = new Database(join(folder, databaseName), { timeout: busyTimeout });
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
