/**
 * Owns: reading a dataset folder's `metadata.jsonl`: one JSON object a line with `file_name` (relative, '/'), and
 * optionally label, split, caption (or text) and probabilities; other keys are left alone. Held in memory, about
 * 200 bytes a row.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../user-json.ts';
import { FieldError, matchColumns, type RowFields, readFields } from './fields.ts';
import type { FindOptions } from './found.ts';
import { fsPath } from './fs-names.ts';
import { readLines } from './lines.ts';

export type FolderMetadata = Map<string, Omit<RowFields, 'path'>>;

/** An empty map where there is no such file. Rows that cannot be used are told through `onBadRow`. */
export async function readFolderMetadata(
  root: string,
  onBadRow: (reason: string) => Promise<void>,
  onUnusable: FindOptions['onUnusable'],
): Promise<FolderMetadata> {
  const rows: FolderMetadata = new Map();
  const file = join(root, 'metadata.jsonl');
  try {
    await access(fsPath(file));
  } catch {
    return rows;
  }
  for await (const { number, text } of readLines(file)) {
    try {
      const row: unknown = parseJson(text);
      if (typeof row !== 'object' || row === null || Array.isArray(row))
        throw new Error('wanted a JSON object');
      const values = new Map<string, unknown>(Object.entries(row));
      const { path, ...fields } = readFields(
        values,
        matchColumns([...values.keys()]),
        false,
        ({ field, message }) => onUnusable?.({ field, reason: `metadata.jsonl line ${number}: ${message}` }),
      );
      // A number here is a class index of another tool's making; the folder's name says more.
      if (typeof values.get('label') === 'number') delete fields.label;
      rows.set(path, fields);
    } catch (error) {
      const what =
        error instanceof FieldError ? error.message : `not a JSON object (${(error as Error).message})`;
      await onBadRow(`line ${number}: ${what}`);
    }
  }
  return rows;
}
