/**
 * Owns what it means when SQLite cannot use a catalog: which file, what is wrong with it, and what to do. A disk that is
 * full, and a statement of ours that is wrong, are none of this.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The database's name within the catalog's folder. */
export const databaseName = 'catalog.sqlite';

/** Error with a code that callers branch on. */
export class CatalogError extends Error {
  readonly code: 'not-found' | 'invalid' | 'conflict' | 'unusable';
  constructor(code: CatalogError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A folder as a command line takes it. */
const quoted = (folder: string): string => (/^[\w./\\:~-]+$/.test(folder) ? folder : `"${folder}"`);

const damaged = (folder: string, what: string): string =>
  `the catalog ${join(folder, databaseName)} is damaged (${what}); close Crux and run: crux catalog repair --catalog ${quoted(folder)}`;

const moved = (folder: string): string =>
  `the catalog ${join(folder, databaseName)} is no longer there: it was moved or removed while Crux had it open; put it back, or quit and open it where it is now with --catalog`;

const notWritable = (folder: string): string =>
  `the catalog ${join(folder, databaseName)} cannot be written; get permission to write the file and its folder, or open a copy of the folder with --catalog`;

const notOpened = (folder: string, why: string): string =>
  `the catalog ${join(folder, databaseName)} cannot be opened (${why}); choose a folder on a local disk that you may read and write, with --catalog`;

/** Code of SQLite or of the system -> what to say. The first that matches the beginning wins. */
const meanings: [code: RegExp, say: (folder: string, why: string) => string][] = [
  [/^SQLITE_NOTADB/, (folder) => damaged(folder, 'it does not begin like a catalog')],
  [/^SQLITE_CORRUPT/, damaged],
  [/^SQLITE_READONLY_DBMOVED/, moved],
  [/^SQLITE_(READONLY|PERM|AUTH)|^E(ACCES|PERM|ROFS)$/, notWritable],
  [
    /^SQLITE_(IOERR_(LOCK|UNLOCK|RDLOCK|CHECKRESERVEDLOCK|SHM)|PROTOCOL|NOLFS)/,
    (folder) =>
      `the catalog ${join(folder, databaseName)} cannot be locked, as on some network drives; move its folder to a local disk and open it there with --catalog`,
  ],
  [
    /^SQLITE_BUSY/,
    (folder) =>
      `the catalog ${join(folder, databaseName)} is held by another program; wait until it has finished, or close it`,
  ],
  [
    /^SQLITE_IOERR/,
    (folder, why) =>
      `the catalog ${join(folder, databaseName)} cannot be read or written (${why}); check the disk, then run: crux catalog check --catalog ${quoted(folder)}`,
  ],
  [/^SQLITE_CANTOPEN|^E(NOTDIR|EXIST|ISDIR|LOOP|NAMETOOLONG|INVAL)$/, notOpened],
];

/** The error in words where it is about the catalog as a file; any other as it is. */
export function inWords(error: unknown, folder: string, wasOpen: boolean): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || error instanceof CatalogError) return error;
  // Errors of the system are about the catalog's file only while it is opened; later they come out of other work.
  if (wasOpen && !code.startsWith('SQLITE_')) return error;
  // What SQLite makes of a file that was moved away differs from one system to the next.
  if (
    wasOpen &&
    code.startsWith('SQLITE_') &&
    !/^SQLITE_(FULL|CONSTRAINT|ERROR)/.test(code) &&
    isGone(folder)
  )
    return new CatalogError('unusable', moved(folder), { cause: error });
  const say = meanings.find(([pattern]) => pattern.test(code))?.[1];
  return say ? new CatalogError('unusable', say(folder, (error as Error).message), { cause: error }) : error;
}

const isGone = (folder: string): boolean =>
  statSync(join(folder, databaseName), { throwIfNoEntry: false }) === undefined;

/** Which file a path leads to: the same number and disk as long as nobody moves or replaces it. */
export function fileIdentity(folder: string): string {
  const facts = statSync(join(folder, databaseName), { bigint: true, throwIfNoEntry: false });
  return facts === undefined ? '' : `${facts.dev}:${facts.ino}`;
}

/** @throws CatalogError when the path no longer leads to the file that was opened: it would be written for nobody. */
export function requireSameFile(folder: string, identity: string): void {
  if (fileIdentity(folder) !== identity) throw new CatalogError('unusable', moved(folder));
}
