/**
 * Owns what it means when SQLite cannot use a catalog: which file, what is wrong with it, and what to do. What is wrong
 * with the machine instead (a full or write-protected disk) is told by own-fault.ts.
 */
import { accessSync, closeSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ownFault } from '../files/own-fault.ts';
import { openUserFileSync, readSpan } from '../files/user-file.ts';
import { formOf, HEAD_BYTES, sentence } from '../files/what-it-is.ts';

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

export const hasCatalog = (folder: string): boolean => existsSync(join(folder, databaseName));

/** @throws CatalogError where there is no catalog in `folder`. */
export function requireCatalog(folder: string): void {
  if (!hasCatalog(folder))
    throw new CatalogError(
      'unusable',
      `there is no catalog in ${folder}; if it was moved, give its folder with --catalog; crux import or crux demo begins a new one`,
    );
}

/** @param has, knows numbers of the newest migration: the catalog's and this program's. */
export const newerVersion = (file: string, has: number, knows: number): CatalogError =>
  new CatalogError(
    'unusable',
    `the catalog ${file} was written by a newer version of Crux (it has migration ${has}, this one knows up to ${knows}); open it with that version or a newer one`,
  );

/** A folder as a command line takes it. */
const quoted = (folder: string): string => (/^[\w./\\:~-]+$/.test(folder) ? folder : `"${folder}"`);

const damaged = (folder: string, what: string): string =>
  `the catalog ${join(folder, databaseName)} is damaged (${what}); close Crux and run: crux catalog repair --catalog ${quoted(folder)}`;

/** What is there in its place, where a download or a clone left it. Null: it may have been a catalog. */
function notACatalog(folder: string): string | null {
  const file = join(folder, databaseName);
  const { descriptor, size } = openUserFileSync(file);
  try {
    const form = formOf(readSpan(descriptor, file, 0, Math.min(size, HEAD_BYTES)), databaseName);
    return form?.always ? `the catalog ${file} is ${sentence(form)}` : null;
  } finally {
    closeSync(descriptor);
  }
}

const moved = (folder: string): string =>
  `the catalog ${join(folder, databaseName)} is no longer there: it was moved or removed while Crux had it open; put it back, or quit and open it where it is now with --catalog`;

const notOpened = (folder: string, why: string): string =>
  `the catalog ${join(folder, databaseName)} cannot be opened (${why}); choose a folder on a local disk that you may read and write, with --catalog`;

/** SQLite's code -> what it means for a catalog. What is left is our machine's (own-fault.ts). */
const meanings: [code: RegExp, say: (folder: string, why: string) => string][] = [
  [/^SQLITE_NOTADB/, (folder) => notACatalog(folder) ?? damaged(folder, 'it does not begin like a catalog')],
  [/^SQLITE_CORRUPT/, damaged],
  [/^SQLITE_READONLY_DBMOVED/, moved],
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
];

/** The error in words where it is about the catalog's file or our machine; any other as it is. */
export function inWords(error: unknown, folder: string, wasOpen: boolean): unknown {
  if (error instanceof CatalogError) return error;
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code !== 'string') return error;
  const unusable = (said: string) => new CatalogError('unusable', said, { cause: error });
  const fault = ownFault(error, [folder]);
  if (fault?.kind === 'disk-full') return fault; // SQLite has other names for it as well
  const fromSqlite = code.startsWith('SQLITE_');
  // What SQLite makes of a file that was moved away differs from one system to the next.
  if (wasOpen && fromSqlite && !/^SQLITE_(CONSTRAINT|ERROR)/.test(code) && isGone(folder))
    return unusable(moved(folder));
  const say = meanings.find(([pattern]) => pattern.test(code))?.[1];
  if (say) return unusable(say(folder, message ?? ''));
  // SQLite opens no file where it may make no journal, and does not say why.
  if (!wasOpen && code.startsWith('SQLITE_CANTOPEN')) {
    const notWritable = whyNotWritable(folder);
    if (notWritable) return ownFault(notWritable, [folder]) ?? unusable(notOpened(folder, message ?? ''));
  }
  if (!wasOpen && (code.startsWith('SQLITE_CANTOPEN') || (!fromSqlite && /^E[A-Z]+$/.test(code) && !fault)))
    return unusable(notOpened(folder, message ?? ''));
  return fault ?? error;
}

/** The system's error where nothing can be written into a folder that is there; null: it can be. */
function whyNotWritable(folder: string): unknown {
  if (!existsSync(folder)) return null;
  try {
    accessSync(folder, constants.W_OK);
    return null;
  } catch (error) {
    return error;
  }
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
