/**
 * Owns the copy of a catalog while others may be working on it: SQLite's online backup first, then the files that its
 * rows name (a file is always there before its row). Whole or not at all, and looked at before it gets its name.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { filesBelow } from '../files/files-below.ts';
import { diskFull, freeSpace, OwnFault, ownFault } from '../files/own-fault.ts';
import { checkCatalog, type Finding, integrity, openToRead } from './check.ts';
import { CatalogError, databaseName, inWords } from './trouble.ts';

export interface Backup {
  /** The folder, or the file of the database alone. */
  out: string;
  bytes: number;
  files: number;
  /** What was wrong in the catalog before and is so in its copy. */
  problems: Finding[];
}

/** Thumbnails are rebuilt by an import. The database and its journal are copied by SQLite. */
const notCopied = new Set(['thumbs', databaseName, `${databaseName}-wal`, `${databaseName}-shm`]);
/** All pages in one step: a backup in several begins again whenever somebody writes between two of them. */
const allPages = 0x7fffffff;

/**
 * `out`: a folder that is not there yet, for the database and its files; or, ending in .sqlite, the file of the database
 * alone. @throws CatalogError
 */
export async function backupCatalog(folder: string, out: string): Promise<Backup> {
  if (existsSync(out)) throw new CatalogError('conflict', `${out} is there already; choose another name`);
  const alone = out.endsWith('.sqlite');
  const target = dirname(out);
  const partial = join(target, `.${basename(out)}.crux-partial-${process.pid}`);
  const db = openToRead(folder);
  let needed = 0;
  try {
    needed =
      databaseBytes(db) +
      (alone ? 0 : copiedFiles(folder).reduce((sum, name) => sum + bytesOf(join(folder, name)), 0));
    if (freeSpace(target) < needed) throw diskFull(target, needed);
    mkdirSync(alone ? target : partial, { recursive: true });
    const copy = alone ? partial : join(partial, databaseName);
    writeFileSync(copy, ''); // where that is not allowed the system says why; SQLite does not
    await db.backup(copy, { progress: () => allPages });
    const made = new Database(copy);
    made.pragma('journal_mode = DELETE'); // one file, without a journal beside it
    made.close();
    if (!alone) copyFiles(folder, partial);
    const problems = alone ? soundCopy(partial) : checkCatalog(partial).problems;
    renameSync(partial, out);
    const files = alone ? [out] : filesBelow(out);
    return {
      out,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      problems,
    };
  } catch (error) {
    throw faultOfWriting(error, target, needed) ?? inWords(error, folder, true);
  } finally {
    db.close();
    for (const end of ['', '-wal', '-shm']) rmSync(`${partial}${end}`, { recursive: true, force: true });
  }
}

/** What can only come of writing the copy, and so is about its disk; null: about the catalog. */
function faultOfWriting(error: unknown, target: string, needed: number): OwnFault | null {
  if (error instanceof OwnFault) return error;
  const { code } = error as { code?: unknown };
  const reading =
    typeof code !== 'string' ||
    (code.startsWith('SQLITE_') && !/^SQLITE_(FULL|IOERR_(WRITE|FSYNC|TRUNCATE))/.test(code));
  return reading ? null : ownFault(error, [target], needed);
}

const databaseBytes = (db: Database.Database): number =>
  (db.pragma('page_count', { simple: true }) as number) *
  (db.pragma('page_size', { simple: true }) as number);

function bytesOf(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts?.isDirectory()) return facts?.size ?? 0;
  return filesBelow(path).reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Names in a catalog's folder that go into its copy. Our own working folders begin with a dot. */
const copiedFiles = (folder: string): string[] =>
  readdirSync(folder).filter(
    (name) => !notCopied.has(name) && !name.startsWith('.') && !name.includes('.damaged-'),
  );

function copyFiles(folder: string, to: string): void {
  for (const name of copiedFiles(folder))
    cpSync(join(folder, name), join(to, name), {
      recursive: true,
      preserveTimestamps: true,
      filter: (file) => !file.endsWith('.tmp') && existsSync(file),
    });
}

function soundCopy(file: string): Finding[] {
  const db = openToRead(dirname(file), basename(file));
  try {
    const damage = integrity(db);
    return damage === null ? [] : [damage];
  } finally {
    db.close();
  }
}
