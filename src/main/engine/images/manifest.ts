/**
 * Owns: reading a dataset from a manifest, CSV (`.csv`, `.tsv`, `.txt`) or JSON lines (`.jsonl`, `.ndjson`): one image a
 * row with path, label and optionally split, caption, probabilities (words and forms: fields.ts). Streams: memory does
 * not grow with the file, but for the paths already seen. A row that cannot be used is skipped with its line, field
 * and reason; a file that cannot be used as a whole is a ManifestError.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, posix, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { openUserFile, piecesOf } from '../user-file.ts';
import { parseJson } from '../user-json.ts';
import { asUnreadable } from './errors.ts';
import {
  FIELD_NAMES,
  FieldError,
  type FieldName,
  matchColumns,
  type RowFields,
  readFields,
} from './fields.ts';
import type { FindOptions } from './found.ts';
import { displayName, extensionOf, fsPath, isWithin, realLocation, resolveInRoot } from './fs-names.ts';
import { readLines } from './lines.ts';

export interface ManifestOptions extends FindOptions {
  /** Folder that relative paths start from and that no path may leave. Default: the manifest's own. */
  root?: string;
  /** Field -> column name, where the file uses other words: { split: 'original_split' }. */
  columns?: Partial<Record<FieldName, string>>;
}

export interface ManifestResult {
  root: string; // absolute
  rows: number;
  found: number;
  skipped: number;
  classes: string[]; // sorted
  columns: Partial<Record<FieldName, string>>; // field -> column read (CSV; for JSON lines as far as the first row says)
}

/** The manifest itself cannot be used; the message names the file and what to do. */
export class ManifestError extends Error {
  constructor(file: string, message: string, options?: ErrorOptions) {
    super(`${displayName(file)}: ${message}`, options);
    this.name = 'ManifestError';
  }
}

type Row =
  | { line: number; values: ReadonlyMap<string, unknown>; trim: boolean }
  | { line: number; error: string };

export async function readManifest(file: string, options: ManifestOptions): Promise<ManifestResult> {
  const root = resolve(options.root ?? dirname(file));
  const realRoot = await realLocation(root).catch((error) => {
    throw new ManifestError(file, `the folder ${displayName(root)}: ${asUnreadable(error).reason}`);
  });
  const result: ManifestResult = { root, rows: 0, found: 0, skipped: 0, classes: [], columns: {} };
  const classes = new Set<string>();
  const lineOf = new Map<string, number>();
  const skip = async (line: number, relativePath: string, reason: string): Promise<void> => {
    result.skipped += 1;
    await options.onSkipped({
      relativePath,
      reason: `${basename(displayName(file))} line ${line}: ${reason}`,
    });
  };

  for await (const row of await openRows(file, options)) {
    options.signal?.throwIfAborted();
    result.rows += 1;
    if ('error' in row) {
      await skip(row.line, '', row.error);
      continue;
    }
    let named = '';
    try {
      const columns = matchColumns([...row.values.keys()], present(row, options));
      if (result.rows === 1) result.columns = dropUndefined(columns);
      const raw = columns.path === undefined ? undefined : row.values.get(columns.path);
      if (typeof raw === 'string') named = raw;
      const unusable: FieldError[] = [];
      const fields = readFields(row.values, columns, row.trim, (error) => unusable.push(error));
      // Asked first as it is written: a row that repeats another needs no look at the disk.
      refuseRepeated(lineOf.get(fields.path));
      const relativePath = await locate(fields.path, root, realRoot, options.allowOutsideLinks ?? false);
      named = relativePath;
      refuseRepeated(lineOf.get(relativePath));
      lineOf.set(relativePath, row.line);
      if (fields.label) classes.add(fields.label);
      result.found += 1;
      await options.onFound(foundImage(root, relativePath, fields));
      const where = `${basename(displayName(file))} line ${row.line}`;
      for (const { field, message } of unusable)
        options.onUnusable?.({ field, reason: `${where}: ${message}` });
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      await skip(row.line, named, error.message);
    }
  }
  result.classes = [...classes].sort();
  return result;
}

const foundImage = (root: string, relativePath: string, { path: _, ...fields }: RowFields) => ({
  file: resolveInRoot(root, relativePath),
  relativePath,
  ...fields,
  label: fields.label ?? null,
  split: fields.split ?? null,
});

function refuseRepeated(line: number | undefined): void {
  if (line !== undefined) throw new FieldError('path', `already listed on line ${line}`);
}

const dropUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;

/** JSON rows may leave out optional keys: an override counts only for the columns a row has (CSV: checkHeader). */
function present(
  row: { values: ReadonlyMap<string, unknown> },
  options: ManifestOptions,
): ManifestOptions['columns'] {
  const entries = Object.entries(options.columns ?? {}).filter(([, column]) => row.values.has(column));
  return Object.fromEntries(entries);
}

/** A row's path -> path from the root as it is on disk. Throws FieldError. */
async function locate(path: string, root: string, realRoot: string, outside: boolean): Promise<string> {
  let failure = 'no such file';
  for (const spelling of spellings(path)) {
    const inside = isAbsolute(spelling)
      ? relative(root, spelling).split(sep).join('/')
      : posix.normalize(spelling);
    if (inside === '..' || inside.startsWith('../') || isAbsolute(inside)) {
      throw new FieldError('path', `${displayName(path)} leaves the dataset folder ${displayName(root)}`);
    }
    const file = resolveInRoot(root, inside);
    try {
      const target = await realLocation(file);
      if (!outside && !isWithin(realRoot, target)) {
        throw new FieldError('path', `${displayName(path)} is a link to a file outside the dataset folder`);
      }
      if (!(await stat(fsPath(file))).isFile())
        throw new FieldError('path', `${displayName(path)} is not a regular file`);
      return inside;
    } catch (error) {
      if (error instanceof FieldError) throw error;
      failure = asUnreadable(error).reason;
    }
  }
  throw new FieldError('path', `${displayName(path)}: ${failure}`);
}

/** As written; then with Windows separators turned; then in the other Unicode forms that file systems use. */
function spellings(path: string): Set<string> {
  const turned = path.replaceAll('\\', '/');
  return new Set([path, turned, turned.normalize('NFC'), turned.normalize('NFD')]);
}

async function openRows(file: string, options: ManifestOptions): Promise<AsyncIterable<Row>> {
  const head = await readHead(file);
  if (head.length === 0)
    throw new ManifestError(file, 'empty file, wanted a CSV with a header line or JSON lines');
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (utf16) throw new ManifestError(file, 'is in UTF-16; save it as UTF-8');
  const extension = extensionOf(file);
  if (extension === '.jsonl' || extension === '.ndjson') return jsonRows(file);
  if (extension === '.csv' || extension === '.tsv' || extension === '.txt')
    return csvRows(file, head, options);
  throw new ManifestError(
    file,
    `got a ${extension || 'nameless'} file, wanted .csv, .tsv, .jsonl or .ndjson`,
  );
}

async function readHead(file: string): Promise<Buffer> {
  try {
    const { handle } = await openUserFile(file, { wanted: 'text' });
    try {
      const head = Buffer.alloc(64 * 1024);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new ManifestError(file, asUnreadable(error).reason, { cause: error });
  }
}

async function* jsonRows(file: string): AsyncGenerator<Row> {
  for await (const { number, text } of readLines(file)) {
    let values: unknown;
    try {
      values = parseJson(text);
    } catch (error) {
      yield { line: number, error: `not valid JSON (${(error as Error).message})` };
      continue;
    }
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      yield { line: number, error: 'not a JSON object' };
    } else yield { line: number, values: new Map(Object.entries(values)), trim: false };
  }
}

async function* csvRows(file: string, head: Buffer, options: ManifestOptions): AsyncGenerator<Row> {
  const bad: Row[] = [];
  const headerLine = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n|\r/, 1)[0];
  const source = Readable.from(piecesOf(file), { objectMode: false });
  const parser = source.pipe(
    parse({
      bom: true,
      delimiter: delimiterOf(headerLine),
      columns: (header: string[]) => {
        checkHeader(file, header, options);
        return header;
      },
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: 16 * 1024 * 1024,
      on_skip: (error: CsvError | undefined) => {
        bad.push({ line: Number(error?.lines ?? 0), error: csvReason(error) });
        return undefined;
      },
    }),
  );
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      // The parser is ahead of us: bad rows wait for their turn.
      while (bad.length > 0 && bad[0].line < info.lines) yield bad.shift() as Row;
      yield { line: info.lines, values: new Map(Object.entries(record)), trim: true };
    }
    while (bad.length > 0) yield bad.shift() as Row;
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    if ((error as CsvError).code?.startsWith('CSV_')) throw new ManifestError(file, (error as Error).message);
    throw error;
  } finally {
    source.destroy();
  }
}

interface CsvRecord {
  record: Record<string, string>;
  info: { lines: number };
}

function checkHeader(file: string, header: string[], options: ManifestOptions): void {
  const repeated = header.find((name, i) => header.indexOf(name) !== i);
  if (repeated !== undefined) throw new ManifestError(file, `the column "${repeated}" appears twice`);
  let columns: Partial<Record<FieldName, string>>;
  try {
    columns = matchColumns(header, options.columns);
  } catch (error) {
    throw new ManifestError(file, (error as Error).message);
  }
  if (columns.path === undefined) {
    const wanted = FIELD_NAMES.path.join(', ');
    throw new ManifestError(
      file,
      `no column for the image's path among "${header.join('", "')}"; call it one of ${wanted}`,
    );
  }
}

/** The one of comma, semicolon and tab that splits the header line most often. */
function delimiterOf(headerLine: string): string {
  const unquoted = headerLine.replace(/"[^"]*"/g, '');
  const count = (d: string): number => unquoted.split(d).length;
  return [',', ';', '\t'].reduce((best, d) => (count(d) > count(best) ? d : best));
}

function csvReason(error: CsvError | undefined): string {
  if (error?.code?.startsWith('CSV_RECORD_INCONSISTENT'))
    return 'a row with more or fewer fields than the header';
  if (error?.code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that is not closed';
  return error?.message ?? 'cannot be read';
}
