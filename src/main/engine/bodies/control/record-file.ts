/**
 * Owns the file from which a long measurement goes on: one record of fixed size per item, only ever appended to, so
 * that a batch costs what the batch weighs however many came before. A killed process may leave part of a batch at the
 * end, and a power cut bytes that were never written; each record ends in its checksum, so opening cuts off whatever is
 * not whole, and the work goes on from the same batch border as if it had never been stopped.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeFolder, syncFolder, writeBytes } from '../../../files/write-whole.ts';

export interface RecordShape {
  /** float64 numbers of a record; 0: none. */
  numbers: number;
  /** float32 numbers that follow them, 1 or more. */
  features: number;
}

export interface Records {
  count: number;
  /** f64[count, shape.numbers] */
  numbers: Float64Array;
  /** f32[count, shape.features] */
  features: Float32Array;
}

export interface RecordFile {
  /** Records in the file. */
  readonly count: number;
  /** Items of one batch, in order. */
  append(numbers: Float64Array, features: Float32Array): void;
  readAll(): Records;
  close(): void;
}

/**
 * Opens or begins the file. Records are kept up to the last multiple of `batchSize`, or all where all `total` are there.
 * Byte order is the machine's own: the file does not outlive its job.
 */
export function openRecordFile(
  path: string,
  shape: RecordShape,
  {
    batchSize,
    total,
    onDamaged,
  }: {
    batchSize: number;
    total: number;
    /** Told where more is cut off than a kill leaves. */
    onDamaged?: (text: string) => void;
  },
): RecordFile {
  makeFolder(dirname(path));
  const file = openSync(path, 'a+');
  const content = 8 * shape.numbers + 4 * shape.features;
  const bytes = content + 4; // the checksum
  const readRecord = (i: number, record: Buffer): Buffer => {
    for (let got = 0; got < bytes; ) got += readSync(file, record, got, bytes - got, i * bytes + got);
    return record;
  };
  const there = Math.min(total, Math.floor(fstatSync(file).size / bytes));
  const record = Buffer.alloc(bytes);
  let whole = 0;
  while (whole < there && isWhole(readRecord(whole, record))) whole++;
  if (whole < there)
    onDamaged?.(`${basename(path)} is damaged at record ${whole} of ${there}; resumes from there`);
  let count = whole >= total ? total : whole - (whole % batchSize);
  ftruncateSync(file, count * bytes);
  syncFolder(dirname(path));
  return {
    get count() {
      return count;
    },
    append(numbers, features) {
      const items = features.length / shape.features;
      if (!Number.isInteger(items) || numbers.length !== items * shape.numbers)
        throw new Error(
          `records: ${numbers.length} numbers and ${features.length} features, wanted ${shape.numbers} and ${shape.features} for each item`,
        );
      const block = Buffer.alloc(items * bytes);
      for (let i = 0; i < items; i++) {
        const at = i * bytes;
        copyBytes(numbers.subarray(i * shape.numbers, (i + 1) * shape.numbers), block, at);
        copyBytes(
          features.subarray(i * shape.features, (i + 1) * shape.features),
          block,
          at + 8 * shape.numbers,
        );
        block.writeUInt32LE(crc32(block.subarray(at, at + content)), at + content);
      }
      writeBytes(file, block);
      fsyncSync(file);
      count += items;
    },
    readAll() {
      const records: Records = {
        count,
        numbers: new Float64Array(count * shape.numbers),
        features: new Float32Array(count * shape.features),
      };
      for (let i = 0; i < count; i++) {
        readRecord(i, record);
        const numbers = new Uint8Array(records.numbers.buffer, 8 * i * shape.numbers, 8 * shape.numbers);
        const features = new Uint8Array(records.features.buffer, 4 * i * shape.features, 4 * shape.features);
        record.copy(numbers, 0, 0, numbers.length);
        record.copy(features, 0, numbers.length, content);
      }
      return records;
    },
    close: () => closeSync(file),
  };
}

/** A block of zeros is not. */
const isWhole = (record: Buffer): boolean =>
  record.readUInt32LE(record.length - 4) === crc32(record.subarray(0, -4));

function copyBytes(from: Float64Array | Float32Array, to: Buffer, at: number): void {
  to.set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength), at);
}
