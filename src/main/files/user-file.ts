/**
 * Owns opening a file of the analyst's: only regular files, without waiting, and never more of one than was there when
 * it was opened. Anything else that a name may lead to (a named pipe, a device, a socket, a folder) could hold a
 * process for ever or has no end. Links are followed: caches of models are made of them. Paths may be in the form of
 * fs-names.ts.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fsPath } from './fs-names.ts';
import { HEAD_BYTES, type Wanted, whyNot } from './what-it-is.ts';

export interface OpenLimits {
  /** Larger files are refused. Default: any size. */
  maxBytes?: number;
  /** A file that is plainly something else is refused, in a sentence that says what it is. Default: any file. */
  wanted?: Wanted;
}

/** It is no file that can be read as one. The message names it; `reason` does not. */
export class UnfitFile extends Error {
  readonly reason: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file}: ${reason}`, options);
    this.name = 'UnfitFile';
    this.reason = reason;
  }
}

/** Opening a named pipe would otherwise wait for its writer. No such flags, and no such files, on Windows. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const MIB = 1024 * 1024;

/** @throws UnfitFile, or Node's own error where nothing can be opened. The caller closes the handle. */
export async function openUserFile(
  file: string,
  limits: OpenLimits = {},
): Promise<{ handle: FileHandle; size: number }> {
  const handle = await open(fsPath(file), WITHOUT_WAITING).catch((error) => refused(file, error));
  try {
    const size = fit(file, await handle.stat(), limits);
    if (limits.wanted) {
      const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      requireForm(file, limits.wanted, head.subarray(0, bytesRead));
    }
    return { handle, size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** As openUserFile, for what reads without giving way. The caller closes the descriptor. */
export function openUserFileSync(
  file: string,
  limits: OpenLimits = {},
): { descriptor: number; size: number } {
  let descriptor: number;
  try {
    descriptor = openSync(fsPath(file), WITHOUT_WAITING);
  } catch (error) {
    return refused(file, error);
  }
  try {
    const size = fit(file, fstatSync(descriptor), limits);
    if (limits.wanted) {
      const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
      const read = readSync(descriptor, head, 0, head.length, 0);
      requireForm(file, limits.wanted, head.subarray(0, read));
    }
    return { descriptor, size };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The whole file. */
export function readUserFile(file: string, limits: OpenLimits = {}): Buffer<ArrayBuffer> {
  const { descriptor, size } = openUserFileSync(file, limits);
  try {
    return readSpan(descriptor, file, 0, size);
  } finally {
    closeSync(descriptor);
  }
}

/** The whole file as text; a byte-order mark is dropped. */
export const readUserText = (file: string, limits: OpenLimits): string =>
  new TextDecoder().decode(readUserFile(file, limits));

/** One call reads at most this much: larger ones fail on some systems. */
const CHUNK = 1 << 30;

/** `length` bytes from `offset` on. @throws where the file ends before. */
export function readSpan(
  descriptor: number,
  file: string,
  offset: number,
  length: number,
): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const got = readSync(descriptor, bytes, done, Math.min(CHUNK, length - done), offset + done);
    if (got === 0) throw new UnfitFile(file, endsEarly(offset + done, offset + length));
    done += got;
  }
  return bytes;
}

/** As readSpan, giving way while the disk works. */
export async function readSpanOf(
  handle: FileHandle,
  file: string,
  offset: number,
  length: number,
): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(CHUNK, length - done), offset + done);
    if (bytesRead === 0) throw new UnfitFile(file, endsEarly(offset + done, offset + length));
    done += bytesRead;
  }
  return bytes;
}

/** The file in pieces, each in memory of its own. */
export async function* piecesOf(file: string, pieceBytes = 64 * 1024): AsyncGenerator<Buffer> {
  const { handle, size } = await openUserFile(file);
  try {
    for (let at = 0; at < size; at += pieceBytes)
      yield await readSpanOf(handle, file, at, Math.min(pieceBytes, size - at));
  } finally {
    await handle.close();
  }
}

function fit(file: string, stat: Stats, { maxBytes = Number.POSITIVE_INFINITY }: OpenLimits): number {
  if (stat.isDirectory()) throw new UnfitFile(file, 'a folder, not a file');
  if (!stat.isFile()) throw new UnfitFile(file, 'not a regular file');
  if (stat.size <= maxBytes) return stat.size;
  const mib = (n: number) => `${Math.round(n / MIB).toLocaleString('en-US')} MiB`;
  throw new UnfitFile(file, `too large: a file of ${mib(stat.size)}, limit ${mib(maxBytes)}`);
}

function requireForm(file: string, wanted: Wanted, head: Buffer): void {
  const reason = whyNot(wanted, head, file);
  if (reason !== null) throw new UnfitFile(file, reason);
}

/** What is no file at all may be refused by the system itself: a socket, or a device without its driver. */
function refused(file: string, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENXIO' || code === 'ENODEV')
    throw new UnfitFile(file, 'not a regular file', { cause: error });
  if (code === 'EISDIR') throw new UnfitFile(file, 'a folder, not a file', { cause: error });
  if (code === 'ENOENT') {
    const target = linkTarget(file);
    if (target !== null) throw new UnfitFile(file, brokenLink(target), { cause: error });
  }
  if (code === 'ELOOP') throw new UnfitFile(file, 'a symbolic link that loops', { cause: error });
  throw error;
}

function linkTarget(file: string): string | null {
  try {
    return readlinkSync(fsPath(file));
  } catch {
    return null; // no link, or no longer there
  }
}

const brokenLink = (target: string): string =>
  `a broken link to ${target}; put that file back, or copy or download it again`;

const endsEarly = (found: number, expected: number): string =>
  `ends early (expected ${expected.toLocaleString('en-US')} bytes, found ${found.toLocaleString('en-US')}); copy it again`;
