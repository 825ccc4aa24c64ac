/**
 * Owns telling a fault of our own machine (a full disk, missing rights, no memory, too many open files) from a fault of
 * the analyst's files, and the one sentence that each is told with.
 *
 * An error's code and what was being done decide, never its text. Codes like ENOSPC and everything from SQLite can only
 * be ours, whatever was read at that moment (`onlyOurs`). EIO, EACCES and EPERM are the file's where one of the analyst's
 * files was being read (images/errors.ts, which asks here first), and ours everywhere else (`ownFault`).
 */
import { type StatsFs, statfsSync } from 'node:fs';
import { dirname, sep } from 'node:path';

export type FaultKind =
  | 'disk-full'
  | 'quota'
  | 'read-only'
  | 'no-permission'
  | 'disk-error'
  | 'too-many-files'
  | 'no-memory';

const systemCodes = new Map<string, FaultKind>([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'quota'],
  ['EROFS', 'read-only'],
  ['EACCES', 'no-permission'],
  ['EPERM', 'no-permission'],
  ['EIO', 'disk-error'],
  ['EMFILE', 'too-many-files'],
  ['ENFILE', 'too-many-files'],
  ['ENOMEM', 'no-memory'],
]);

/** The first part of SQLite's own code that fits: SQLITE_IOERR_NOMEM before SQLITE_IOERR. */
const sqliteCodes: [string, FaultKind][] = [
  ['SQLITE_FULL', 'disk-full'],
  ['SQLITE_IOERR_NOMEM', 'no-memory'],
  ['SQLITE_NOMEM', 'no-memory'],
  ['SQLITE_IOERR', 'disk-error'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_CANTOPEN', 'disk-error'],
  ['SQLITE_PERM', 'no-permission'],
];

/** Kinds that reading one of the analyst's files can have by that file's own doing. */
const alsoTheFiles: readonly FaultKind[] = ['no-permission', 'disk-error'];

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** What an error's code says; null: no fault of the machine's. */
const kindOf = (error: unknown): FaultKind | null =>
  error instanceof OwnFault
    ? error.kind
    : (systemCodes.get(codeOf(error)) ??
      sqliteCodes.find(([start]) => codeOf(error).startsWith(start))?.[1] ??
      null);

/** Whether this can be no fault of a file that was being read. */
export function onlyOurs(error: unknown): boolean {
  if (error instanceof OwnFault || codeOf(error).startsWith('SQLITE_')) return true;
  const kind = kindOf(error);
  return kind !== null && !alsoTheFiles.includes(kind);
}

/** A fault of our own machine as a sentence for people. */
export class OwnFault extends Error {
  readonly kind: FaultKind;
  /** What scripts branch on. */
  readonly code: FaultKind;
  /** The file it is about, or the folder whose disk is full. */
  readonly place: string;
  /** Bytes that were to be written, about. */
  readonly needed: number;
  constructor(kind: FaultKind, place: string, needed: number, o: { code?: string; cause?: unknown } = {}) {
    super(sentenceOf(kind, place, o.code ?? '', needed), { cause: o.cause });
    this.name = 'OwnFault';
    this.kind = kind;
    this.code = kind;
    this.place = place;
    this.needed = needed;
  }
}

/** What a few rows, or SQLite's shared memory, take on the disk. */
export const smallWrite = 1_000_000; // bytes

/**
 * The fault behind `error` with its sentence; null: it is none of ours.
 * @param folders that the operation writes to; the error's own path, where it has one, goes before them.
 * @param needed bytes that the operation takes; about.
 */
export function ownFault(error: unknown, folders: readonly string[], needed = smallWrite): OwnFault | null {
  const said = kindOf(error);
  if (!said) return null;
  // Said once, it is only said again where more is known to be needed.
  if (error instanceof OwnFault)
    return error.needed >= needed ? error : new OwnFault(said, error.place, needed, { cause: error });
  const code = codeOf(error);
  const path = pathOf(error);
  // An error of writing has no path in Node: of several disks the fullest is meant.
  const folder =
    path === null ? fullest(folders) : (folders.find((f) => path.startsWith(f + sep)) ?? dirname(path));
  // SQLite calls it an I/O error where a full disk has no room for its shared memory.
  const full = said === 'disk-error' && code.startsWith('SQLITE_') && freeSpace(folder) < smallWrite;
  const kind = full ? 'disk-full' : said;
  const place = kind === 'disk-full' || kind === 'quota' ? folder : (path ?? folder);
  return new OwnFault(kind, place, needed, { code, cause: error });
}

/** Runs `body`; a fault of ours that it throws becomes its sentence. */
export function told<T>(folder: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw ownFault(error, [folder]) ?? error;
  }
}

/** A lack of memory that a library told without a code. */
export const noMemory = (cause: unknown): OwnFault => new OwnFault('no-memory', '', 0, { cause });

/** Not enough room for what is about to be written. */
export const diskFull = (folder: string, needed: number): OwnFault =>
  new OwnFault('disk-full', folder, needed);

function sentenceOf(kind: FaultKind, place: string, code: string, needed: number): string {
  const because = code ? ` (${code})` : '';
  switch (kind) {
    case 'disk-full':
      return `disk is full: ${freeAt(place)}, about ${megabytes(needed)} needed`;
    case 'quota':
      return `the disk quota is used up at ${place}, about ${megabytes(needed)} needed; make space or ask for a larger quota`;
    case 'read-only':
      return `${place} is write-protected${because}; make it writable, or use another folder`;
    case 'no-permission':
      return `no permission for ${place}${because}; allow this user to read and write it, or use another folder`;
    case 'disk-error':
      return `the disk failed at ${place}${because}; check the disk, and copy the folder to another one`;
    case 'too-many-files':
      return `too many files are open${because}; close other programs, or allow more (ulimit -n)`;
    case 'no-memory':
      return `the computer is out of memory${because}; close other programs and try again`;
  }
}

function freeAt(place: string): string {
  const free = freeSpace(place);
  return Number.isFinite(free) ? `${megabytes(free)} free at ${place}` : place;
}

/** The file or folder an error of Node's names; of a copy or a rename, where it was going. */
function pathOf(error: unknown): string | null {
  const { dest, path } = error as { dest?: unknown; path?: unknown };
  return typeof dest === 'string' ? dest : typeof path === 'string' ? path : null;
}

const fullest = (folders: readonly string[]): string =>
  folders.reduce((least, folder) => (freeSpace(folder) < freeSpace(least) ? folder : least));

/** The file system of a folder, or of the nearest one above it that exists; null: not known. */
function fileSystemOf(folder: string): StatsFs | null {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return statfsSync(at);
    } catch {
      if (dirname(at) === at) return null;
    }
  }
}

/** Bytes that this user may still write there; where that is not known nothing is claimed. */
export function freeSpace(folder: string): number {
  const disk = fileSystemOf(folder);
  return disk && disk.blocks > 0 ? disk.bavail * disk.bsize : Number.POSITIVE_INFINITY;
}

/** "0.4 MB", "12 MB", "3.2 GB". */
export function megabytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
