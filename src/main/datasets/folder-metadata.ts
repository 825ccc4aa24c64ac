/**
 * Owns: reading a folder's metadata file (metadata.jsonl, .csv or .parquet, as Hugging Face's ImageFolder and our own
 * export have it): one row a file below that folder, with `file_name` from there, and label, split, caption and
 * probabilities where there. Held in memory, about 200 bytes a row.
 */
import { join, posix } from 'node:path';
import { displayName } from '../files/fs-names.ts';
import { FieldError, matchColumns, type RowFields } from './fields.ts';
import type { UnusableField } from './found.ts';
import type { LabelNames } from './label-names.ts';
import { RowReader } from './row-reader.ts';
import { openRows } from './rows/open-rows.ts';
import type { Tally } from './tally.ts';

export interface Told {
  fields: Omit<RowFields, 'path'>;
  /** With lines of the file. */
  unusable: readonly UnusableField[];
  /** The label is a number without a name: the folder's name says more. */
  bareNumber: boolean;
  /** The file that told it, from the root. */
  source: string;
}

/** By path from the root. */
export type FolderMetadataRows = Map<string, Told>;

const FILES = ['metadata.jsonl', 'metadata.csv', 'metadata.parquet'];

/** Which of these names is read as a folder's metadata, and which others are there. */
export function metadataAmong(names: ReadonlySet<string>): { file: string; others: string[] } | null {
  const [file, ...others] = FILES.filter((name) => names.has(name));
  return file === undefined ? null : { file, others };
}

export interface MetadataOptions {
  root: string; // absolute
  /** Folder of the file, from the root. */
  folder: readonly string[];
  names: LabelNames;
  tally: Tally;
  /** Rows of this file are added. */
  rows: FolderMetadataRows;
  onBadRow: (reason: string) => Promise<void>;
}

export async function readFolderMetadata(name: string, options: MetadataOptions): Promise<void> {
  const { root, folder, tally, rows } = options;
  const file = join(root, ...folder, name);
  const source = displayName([...folder, name].join('/'));
  const opened = await openRows(file, {
    isHeader: () => true,
    isFile: async () => false,
    pathColumn: (columns) => matchColumns(columns).path,
  });
  for (const remark of opened.remarks) tally.remark(`${source}: ${remark}`);
  const reader = new RowReader({}, opened.classNames.size > 0 ? opened.classNames : options.names, tally);
  if (opened.columns && reader.columnsOf(opened.columns).path === undefined) {
    tally.unused(`Metadata without a column file_name`, source);
    return;
  }
  for await (const row of opened.rows) {
    try {
      if ('error' in row) throw new FieldError('path', row.error);
      const { fields: all, unusable, bareNumber } = reader.read(row);
      const { path, ...fields } = all;
      rows.set(fromRoot(folder, path), { fields, unusable, bareNumber, source });
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      await options.onBadRow(`line ${row.line}: ${'error' in row ? row.error : error.message}`);
    }
  }
}

/** @throws FieldError where it leaves the dataset. */
function fromRoot(folder: readonly string[], path: string): string {
  const inside = posix.normalize([...folder, path.replaceAll('\\', '/')].join('/'));
  if (inside === '..' || inside.startsWith('../') || posix.isAbsolute(path))
    throw new FieldError('path', `${displayName(path)} leaves the dataset folder`);
  return inside;
}
