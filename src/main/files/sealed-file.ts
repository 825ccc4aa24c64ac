/**
 * Owns files that know whether they are whole. A disk that lost its power may give back a file of the right name that
 * ends early or in zeros; neither deserialising nor arithmetic would notice. So what a job works on later ends in a
 * seal (its length and sha256), or its length and sha256 are kept elsewhere, and nothing is used that does not match.
 *
 * A checkpoint is such a file in two generations, FILE and FILE.previous: one that is not whole is put aside for the one
 * before it.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { syncFolder, writeWhole } from './write-whole.ts';

/** Bytes at the end of a sealed file: a mark, the length of what is before it as u64 little-endian, and its sha256. */
const MARK = Buffer.from('CRUXSEAL');
const SEAL_BYTES = MARK.length + 8 + 32;

export function writeSealed(file: string, bytes: Uint8Array): void {
  const seal = Buffer.alloc(SEAL_BYTES);
  MARK.copy(seal);
  seal.writeBigUInt64LE(BigInt(bytes.length), MARK.length);
  createHash('sha256')
    .update(bytes)
    .digest()
    .copy(seal, MARK.length + 8);
  writeWhole(file, bytes, seal);
}

/** The bytes as they were written; null where there is no such file. @throws saying what is wrong with it. */
export function readSealed(file: string): Uint8Array<ArrayBuffer> | null {
  let all: Buffer<ArrayBuffer>;
  try {
    all = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const length = all.length - SEAL_BYTES;
  if (length < 0 || !all.subarray(length, length + MARK.length).equals(MARK))
    throw new Error(`${all.length} bytes without a seal at their end`);
  const sealed = Number(all.readBigUInt64LE(length + MARK.length));
  if (sealed !== length) throw new Error(`${length} bytes, expected ${sealed}`);
  // A copy, so that arrays of any element size can be laid over it.
  const bytes = new Uint8Array(all.subarray(0, length));
  if (
    !createHash('sha256')
      .update(bytes)
      .digest()
      .equals(all.subarray(length + MARK.length + 8))
  )
    throw new Error('its bytes do not match their checksum');
  return bytes;
}

/** What a checkpoint knows of a large file beside it. */
export interface FileSeal {
  name: string;
  bytes: number;
  sha256: string;
}

export function sealOf(folder: string, name: string): FileSeal {
  const fd = openSync(join(folder, name), 'r');
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(1 << 20);
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk))
      hash.update(chunk.subarray(0, got));
    return { name, bytes: fstatSync(fd).size, sha256: hash.digest('hex') };
  } finally {
    closeSync(fd);
  }
}

/** @throws unless the file in `folder` is the one that was sealed. */
export function requireSealed(folder: string, seal: FileSeal): void {
  if (!existsSync(join(folder, seal.name))) throw new Error(`${seal.name} is missing`);
  const { bytes, sha256 } = sealOf(folder, seal.name);
  if (bytes !== seal.bytes) throw new Error(`${seal.name} has ${bytes} bytes, expected ${seal.bytes}`);
  if (sha256 !== seal.sha256) throw new Error(`${seal.name} does not match its checksum`);
}

const previousOf = (file: string) => `${file}.previous`;

/** The one that was there becomes the one before. Anything that can be structured-cloned: typed arrays, maps. */
export function writeGeneration(file: string, value: unknown): void {
  const next = `${file}.next`;
  writeSealed(next, serialize(value));
  // Killed between the two, there is only the one before: reading finds it.
  if (existsSync(file)) renameSync(file, previousOf(file));
  renameSync(next, file);
  syncFolder(dirname(file));
}

export interface GenerationReading<T> {
  /** Throws where the value cannot be used: what it names is not there. */
  check?: (value: T) => void;
  /** Told of every file that cannot be used, with the reason, in a sentence. */
  onDamaged(text: string): void;
}

/** The newest that can be used; null: there is none. Those that cannot are removed, so that they replace no good one. */
export function readGeneration<T>(file: string, { check, onDamaged }: GenerationReading<T>): T | null {
  for (const candidate of [file, previousOf(file)]) {
    try {
      const bytes = readSealed(candidate);
      if (bytes === null) continue;
      const value = deserialize(bytes) as T;
      check?.(value);
      return value;
    } catch (error) {
      // What the system refuses for a reason of its own (permissions, memory) may be whole.
      const { code = 'EIO' } = error as NodeJS.ErrnoException;
      if (code !== 'EIO') throw error;
      onDamaged(`checkpoint ${basename(candidate)} cannot be read: ${(error as Error).message}`);
      rmSync(candidate);
    }
  }
  return null;
}
