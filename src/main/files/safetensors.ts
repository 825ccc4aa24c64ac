/**
 * Owns reading and writing of safetensors files: tensors by name with their absolute place in the file, so that
 * a graph's initializers can point into it, and conversion to float32 where values are wanted. Files are opened
 * read-only. Little-endian machines only, as every platform the program runs on.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { notFinite, requireFinite } from '../../core/finite.ts';
import { damagedWeights } from './finite-weights.ts';
import { firstFew } from './first-few.ts';
import { numberToHalf, toFloat32 } from './float-formats.ts';
import { duplicateKey, isRecord, MAX_HEADER_BYTES, parseHeader } from './safetensors-header.ts';
import type { FileSeal } from './sealed-file.ts';
import { type OpenLimits, openUserFileSync, readSpan, readUserText } from './user-file.ts';
import { parseJson } from './user-json.ts';
import { syncFolder, writeBytes } from './write-whole.ts';

export interface TensorPlace {
  /** The format's own name: F32, F16, BF16, I64 ... */
  dtype: string;
  shape: number[];
  /** The file that holds it (of a sharded checkpoint, the shard). */
  file: string;
  /** Bytes from the start of the FILE. */
  offset: number;
  /** Bytes. */
  length: number;
}

export interface TensorFile {
  /** The file, or the index of a sharded checkpoint. */
  readonly file: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  /** Values as f32[product of shape], freshly allocated. @throws naming file and tensor, also where one is not finite. */
  read(name: string): Float32Array;
  close(): void;
}

export interface SafetensorsFile extends TensorFile {
  /** Length of the JSON header; the data starts at 8 + headerBytes. */
  readonly headerBytes: number;
}

/** @throws Error naming the file (and tensor) when it is no whole, valid safetensors file. */
export function openSafetensors(file: string, limits: OpenLimits = {}): SafetensorsFile {
  const { descriptor: fd, size } = openUserFileSync(file, { ...limits, wanted: 'safetensors' });
  let descriptor: number | null = fd;
  try {
    if (size < 8) throw new Error(`${file}: not a valid safetensors file: ${size} bytes, too short`);
    const declared = readSpan(fd, file, 0, 8).readBigUInt64LE();
    if (declared <= BigInt(MAX_HEADER_BYTES) && declared > BigInt(size - 8)) {
      throw new Error(
        `${file}: not a valid safetensors file, or one that ends early: a header of ${declared} bytes in a file of ${size}; download or copy it again`,
      );
    }
    if (declared > BigInt(MAX_HEADER_BYTES)) {
      throw new Error(
        `${file}: not a valid safetensors file: a header of ${declared} bytes in a file of ${size} (limit ${MAX_HEADER_BYTES})`,
      );
    }
    const headerBytes = Number(declared);
    const dataStart = 8 + headerBytes;
    const header = parseHeader(file, readSpan(fd, file, 8, headerBytes), size - dataStart);
    const tensors = new Map<string, TensorPlace>();
    for (const [name, { dtype, shape, begin, end }] of header.tensors) {
      tensors.set(name, { dtype, shape, file, offset: dataStart + begin, length: end - begin });
    }
    return {
      file,
      headerBytes,
      metadata: header.metadata,
      tensors,
      read(name) {
        const place = tensors.get(name);
        if (!place) throw new Error(`${file}: no tensor ${name}`);
        if (descriptor === null)
          throw new Error(`${file}: tensor ${name} asked for after the file was closed`);
        const bytes = readSpan(descriptor, file, place.offset, place.length);
        let values: Float32Array;
        try {
          values = toFloat32(place.dtype, bytes);
        } catch (error) {
          throw new Error(`${file}: tensor ${name}: ${(error as Error).message}`);
        }
        requireFinite(values, `${file}: tensor ${name}`, damagedWeights);
        return values;
      },
      close() {
        if (descriptor !== null) closeSync(descriptor);
        descriptor = null;
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Opens the shards that an index file (`*.safetensors.index.json`) names in its `weight_map`. Shards lie beside
 * the index; a name with a folder in it is refused. Tensors the index does not name are left out.
 */
export function openShardedSafetensors(indexFile: string): TensorFile {
  const text = readUserText(indexFile, { maxBytes: MAX_HEADER_BYTES, wanted: 'json' });
  let index: unknown;
  try {
    index = parseJson(text);
  } catch (error) {
    throw new Error(`${indexFile}: not JSON (${(error as Error).message})`);
  }
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map))
    throw new Error(`${indexFile}: no weight_map; expected the index of a sharded checkpoint`);
  const twice = duplicateKey(text);
  if (twice !== null) throw new Error(`${indexFile}: "${twice}" is there twice`);

  const shards = new Map<string, SafetensorsFile>();
  requireShards(indexFile, map);
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    const tensors = new Map<string, TensorPlace>();
    for (const [name, shardName] of Object.entries(map)) {
      if (!isShardName(shardName)) {
        throw new Error(
          `${indexFile}: tensor ${name} is said to be in ${JSON.stringify(shardName)}, wanted the plain name of a .safetensors file beside the index`,
        );
      }
      let shard = shards.get(shardName);
      if (!shard) {
        shard = openSafetensors(join(dirname(indexFile), shardName));
        shards.set(shardName, shard);
      }
      const place = shard.tensors.get(name);
      if (!place)
        throw new Error(`${indexFile}: tensor ${name} is not in ${shardName}, where the index puts it`);
      tensors.set(name, place);
    }
    return {
      file: indexFile,
      metadata: {},
      tensors,
      read(name) {
        if (!tensors.has(name)) throw new Error(`${indexFile}: no tensor ${name}`);
        return shards.get(map[name] as string)!.read(name);
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

const isShardName = (name: unknown): name is string =>
  typeof name === 'string' && /^[^/\\:\0]+\.safetensors$/.test(name);

/** @throws naming all shards that are missing. */
function requireShards(indexFile: string, map: Readonly<Record<string, unknown>>): void {
  const names = [...new Set(Object.values(map))].filter(isShardName);
  const missing = names.filter((name) => !existsSync(join(dirname(indexFile), name)));
  if (missing.length > 0)
    throw new Error(
      `${indexFile}: shards of the model are missing (${missing.length} of ${names.length}): ${firstFew(missing)}; put them beside the index, or download the model again with all of its files`,
    );
}

export interface TensorToWrite {
  shape: readonly number[];
  /** f32[product of shape] */
  data: Float32Array;
  /** Stored as; F16 rounds to the nearest. Default F32. */
  dtype?: 'F32' | 'F16';
}

/**
 * Writes a file whole or not at all (temporary file beside it, then rename); an existing one is replaced.
 * The same tensors in the same order give the same bytes. F32 tensors come first, so every tensor is aligned.
 * @returns what it was meant to hold, computed while it was written.
 * @throws NotFinite rather than write what is not finite, or not in half precision.
 */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  metadata: Readonly<Record<string, string>> = {},
): FileSeal {
  const all = Object.entries(tensors);
  const ordered = [
    ...all.filter(([, tensor]) => tensor.dtype !== 'F16'),
    ...all.filter(([, tensor]) => tensor.dtype === 'F16'),
  ];
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let at = 0;
  for (const [name, { shape, data, dtype = 'F32' }] of ordered) {
    const size = shape.reduce((product, d) => product * d, 1);
    if (name === '__metadata__' || size !== data.length) {
      throw new Error(
        `${file}: tensor ${name}: ${data.length} values for shape [${shape}], which takes ${size}`,
      );
    }
    const end = at + size * (dtype === 'F16' ? 2 : 4);
    header.push([name, { dtype, shape, data_offsets: [at, end] }]);
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  if (padded.length > MAX_HEADER_BYTES) {
    throw new Error(`${file}: a header of ${padded.length} bytes, the format allows ${MAX_HEADER_BYTES}`);
  }
  const lengthField = new Uint8Array(8);
  new DataView(lengthField.buffer).setBigUint64(0, BigInt(padded.length), true);

  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const hash = createHash('sha256');
  let written = 0;
  const fd = openSync(temporary, 'w');
  const write = (bytes: Uint8Array) => {
    writeBytes(fd, bytes);
    hash.update(bytes);
    written += bytes.length;
  };
  try {
    try {
      write(lengthField);
      write(padded);
      for (const [name, { data, dtype }] of ordered) {
        requireFinite(data, `${file}: tensor ${name}`);
        const stored = dtype === 'F16' ? Uint16Array.from(data, numberToHalf) : data;
        const over = dtype === 'F16' ? stored.findIndex((bits) => (bits & 0x7c00) === 0x7c00) : -1;
        if (over >= 0)
          throw notFinite(`${file}: tensor ${name}, in half precision,`, {
            value: data[over],
            at: over,
            of: data.length,
          });
        write(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
    syncFolder(dirname(file));
    return { name: basename(file), bytes: written, sha256: hash.digest('hex') };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
