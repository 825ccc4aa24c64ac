/**
 * Owns the file from which a long measurement goes on: one record of fixed size per item, only ever appended to, so
 * that a batch costs what the batch weighs however many came before. A killed process may leave part of a batch at the
 * end; opening cuts it off, and the work goes on from the same batch border as if it had never been stopped.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

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
  { batchSize, total }: { batchSize: number; total: number },
): RecordFile {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+');
  const bytes = 8 * shape.numbers + 4 * shape.features;
  const whole = Math.floor(fstatSync(file).size / bytes);
  let count = whole >= total ? total : whole - (whole % batchSize);
  ftruncateSync(file, count * bytes);
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
      }
      for (let written = 0; written < block.length; ) written += writeSync(file, block, written);
      count += items;
    },
    readAll() {
      const records: Records = {
        count,
        numbers: new Float64Array(count * shape.numbers),
        features: new Float32Array(count * shape.features),
      };
      const record = Buffer.alloc(bytes);
      for (let i = 0; i < count; i++) {
        for (let got = 0; got < bytes; ) got += readSync(file, record, got, bytes - got, i * bytes + got);
        const numbers = new Uint8Array(records.numbers.buffer, 8 * i * shape.numbers, 8 * shape.numbers);
        const features = new Uint8Array(records.features.buffer, 4 * i * shape.features, 4 * shape.features);
        record.copy(numbers, 0, 0, numbers.length);
        record.copy(features, 0, numbers.length);
      }
      return records;
    },
    close: () => closeSync(file),
  };
}

function copyBytes(from: Float64Array | Float32Array, to: Buffer, at: number): void {
  to.set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength), at);
}
