/**
 * Owns scores as NumPy's .npz: a ZIP of .npy arrays, stored as they are. `numpy.load` reads it without pickle.
 *
 *   probabilities f32[n,k], labels i64[n] (column of the label; -1: none), predictions i64[n], difficulty f32[n] (NaN:
 *   none), paths U[n], classes U[k]
 *
 * Formats: numpy.lib.format, version 1.0, and PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
 */
import { crc32 } from 'node:zlib';
import type { ScoreRow } from '../../catalog/index.ts';

/** Sizes in a ZIP without its 64-bit extension. */
const LARGEST = 0xffffffff;

export async function* npzOfScores(
  classes: readonly string[],
  rows: AsyncIterable<ScoreRow>,
): AsyncGenerator<Uint8Array> {
  const all: ScoreRow[] = [];
  for await (const row of rows) all.push(row);
  const k = classes.length;
  const columnOf = new Map(classes.map((name, column) => [name, column]));
  const probabilities = new Float32Array(all.length * k);
  for (const [i, row] of all.entries()) probabilities.set(row.probabilities, i * k);
  const column = (name: string | null) => BigInt(name === null ? -1 : (columnOf.get(name) ?? -1));
  yield* storedZip({
    'probabilities.npy': npy('<f4', [all.length, k], probabilities),
    'labels.npy': npy(
      '<i8',
      [all.length],
      BigInt64Array.from(all, ({ label }) => column(label)),
    ),
    'predictions.npy': npy(
      '<i8',
      [all.length],
      BigInt64Array.from(all, (row) => column(row.prediction)),
    ),
    'difficulty.npy': npy(
      '<f4',
      [all.length],
      Float32Array.from(all, (row) => row.difficulty ?? Number.NaN),
    ),
    'paths.npy': npyOfTexts(all.map(({ path }) => path)),
    'classes.npy': npyOfTexts(classes),
  });
}

/** @param type in NumPy's words; all our machines are little-endian, as these are. */
function npy(
  type: string,
  shape: readonly number[],
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`;
  // Magic, version and length take 10 bytes; what follows the header begins at a multiple of 64.
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 10 - 1)}\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), Buffer.from(buffer, byteOffset, byteLength)]);
}

/** Texts as UTF-32 of the longest one's length, filled up with zeros. */
function npyOfTexts(texts: readonly string[]): Buffer {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const width = points.reduce((most, { length }) => Math.max(most, length), 1);
  const filled = new Uint32Array(texts.length * width);
  for (const [i, own] of points.entries()) filled.set(own, i * width);
  return npy(`<U${width}`, [texts.length], filled);
}

/** Local header, content, and at the end a list of all of them; the time is 1980, so that equal scores are equal files. */
function storedZip(files: Record<string, Buffer>): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x21, 8); // date: 1 January 1980
    common.writeUInt32LE(crc32(content), 10);
    refuseLarge(content.length);
    common.writeUInt32LE(content.length, 14); // compressed ...
    common.writeUInt32LE(content.length, 18); // ... and not, which is the same
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name, 'latin1')]);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    entry.writeUInt16LE(20, 4); // version made by
    common.copy(entry, 6);
    entry.writeUInt32LE(offset, 42);
    entries.push(entry, Buffer.from(name, 'latin1'));
    parts.push(local, content);
    offset += local.length + content.length;
    refuseLarge(offset);
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length / 2, 8);
  end.writeUInt16LE(entries.length / 2, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return [...parts, directory, end];
}

function refuseLarge(bytes: number): void {
  if (bytes > LARGEST)
    throw new Error(
      `export: ${Math.round(bytes / 1e9)} GB of scores do not fit into an .npz (4 GB); export fewer images, or as jsonl`,
    );
}
