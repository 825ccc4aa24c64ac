/**
 * Owns rows of Parquet files, in parts, so that memory does not grow with the file. Images inside of it are refused:
 * Crux imports files, which it can show, hash and find again.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { openUserFile, readSpanOf } from '../../files/user-file.ts';
import { classNamesOfFeatures } from '../label-names.ts';
import { ManifestError, type Row, type RowFile } from './row.ts';

const ROWS_AT_ONCE = 10_000;

/** Snappy is built in. */
const compressors: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
  ZSTD: (bytes) => zstdDecompressSync(bytes),
};

export async function openParquet(file: string): Promise<RowFile> {
  const metadata = await reading(file, async (source) => await parquetMetadataAsync(source));
  const columns = parquetSchema(metadata).children;
  const images = columnWithBytes(metadata);
  if (images !== null) throw new ManifestError(file, embedded(images));
  const names = columns.map(({ element }) => element.name);
  return { columns: names, rows: rowsOf(file, metadata), remarks: [], classNames: classNamesIn(metadata) };
}

function columnWithBytes(metadata: FileMetaData): string | null {
  const { children } = parquetSchema(metadata);
  const column = children.find((child) => child.children.some(({ element }) => element.name === 'bytes'));
  return column?.element.name ?? null;
}

/** The column with images themselves; null: none, or the file cannot be read. */
export async function columnOfImages(file: string): Promise<string | null> {
  try {
    return columnWithBytes(await reading(file, async (source) => await parquetMetadataAsync(source)));
  } catch {
    return null;
  }
}

export const embedded = (column: string): string =>
  `its column "${column}" holds the images themselves; Crux imports image files. Save them as files (datasets: to_folder, or image.save for each row) and import that folder`;

async function* rowsOf(file: string, metadata: FileMetaData): AsyncGenerator<Row> {
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += ROWS_AT_ONCE) {
    const rowEnd = Math.min(total, rowStart + ROWS_AT_ONCE);
    const rows = await reading(file, (source) =>
      parquetReadObjects({ file: source, metadata, rowStart, rowEnd, compressors }),
    );
    for (const [i, row] of rows.entries()) {
      const values = new Map(Object.entries(row).map(([name, value]) => [name, plain(value)]));
      yield { line: rowStart + i + 1, values, trim: false };
    }
  }
}

/** 64-bit integers come as bigint. */
const plain = (value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : Array.isArray(value) ? value.map(plain) : value;

async function reading<T>(file: string, read: (source: AsyncBuffer) => Promise<T>): Promise<T> {
  const { handle, size } = await openUserFile(file);
  const slice = async (start: number, end = size) =>
    (
      await readSpanOf(
        handle,
        file,
        start < 0 ? size + start : start,
        end - (start < 0 ? size + start : start),
      )
    ).buffer;
  try {
    return await read({ byteLength: size, slice });
  } catch (error) {
    throw new ManifestError(
      file,
      `cannot be read as Parquet (${(error as Error).message}); export it again`,
      {
        cause: error,
      },
    );
  } finally {
    await handle.close();
  }
}

/** Hugging Face keeps its features in the file. */
function classNamesIn({ key_value_metadata: entries = [] }: FileMetaData): ReadonlyMap<string, string[]> {
  const text = entries.find(({ key }) => key === 'huggingface')?.value;
  try {
    return classNamesOfFeatures(JSON.parse(text ?? 'null')?.info?.features);
  } catch {
    return new Map();
  }
}
