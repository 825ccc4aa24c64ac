/**
 * Owns: reading a dataset from a manifest, one image a row with path, label and optionally split, caption, probabilities
 * (words and forms: fields.ts; kinds of files: rows/). Streams: memory does not grow with the file, but for the paths
 * already seen and, where a path is not as written, the names of the files in the folder. A row that cannot be used is
 * skipped with its line, field and reason; a file that cannot be used as a whole is a ManifestError.
 */
import { basename, dirname, resolve } from 'node:path';
import { inClassOrder } from '../../shared/class-order.ts';
import type { ImportNote } from '../../shared/import-summary.ts';
import { displayName, realLocation, resolveInRoot } from '../files/fs-names.ts';
import { asUnreadable } from '../images/errors.ts';
import { FIELD_NAMES, FieldError, type FieldName, matchColumns, type RowFields } from './fields.ts';
import type { FindOptions } from './found.ts';
import { findLabelNames } from './label-names.ts';
import { PathFinder } from './path-finder.ts';
import { type Columns, countFields, RowReader } from './row-reader.ts';
import { openRows } from './rows/open-rows.ts';
import { ManifestError } from './rows/row.ts';
import { Tally } from './tally.ts';

export { ManifestError } from './rows/row.ts';

export interface ManifestOptions extends FindOptions {
  /** Folder that relative paths start from and that no path may leave. Default: the manifest's own. */
  root?: string;
  /** Field -> column name, where the file uses other words: { split: 'original_split' }. */
  columns?: Columns;
}

export interface ManifestResult {
  root: string; // absolute
  rows: number;
  found: number;
  skipped: number;
  repeated: number; // rows of an image that an earlier row has named
  classes: string[]; // in their order
  columns: Columns; // field -> column read (for JSON as far as the first row says)
  used: ImportNote[];
  unused: ImportNote[];
}

export async function readManifest(file: string, options: ManifestOptions): Promise<ManifestResult> {
  const root = resolve(options.root ?? dirname(file));
  const realRoot = await realLocation(root).catch((error) => {
    throw new ManifestError(file, `the folder ${displayName(root)}: ${asUnreadable(error).reason}`);
  });
  const name = displayName(basename(file));
  const tally = new Tally();
  const finder = new PathFinder(root, realRoot, options.followLinks ?? false);
  const override = options.columns ?? {};
  const opened = await openRows(file, {
    pathColumn: (columns) => pathColumnOf(columns, override),
    isHeader: (columns) => pathColumnOf(columns, override) !== undefined,
    isFile: async (path) => await finder.find(path).then(() => true, notThere),
  });
  if (opened.columns) checkHeader(file, opened.columns, override);
  for (const remark of opened.remarks) tally.remark(`${name}: ${remark}`);
  const told =
    opened.classNames.size > 0 ? { file: name, names: opened.classNames } : findLabelNames(dirname(file));
  const reader = new RowReader(override, told?.names ?? new Map(), tally);

  const counts = { rows: 0, found: 0, skipped: 0, repeated: 0 };
  const classes = new Set<string>();
  const listed = new Map<string, Listed>();
  let columns: Columns | null = null;
  const skip = async (line: number, relativePath: string, reason: string): Promise<void> => {
    counts.skipped += 1;
    await options.onSkipped({ relativePath, reason: `${name} line ${line}: ${reason}` });
  };
  for await (const row of opened.rows) {
    options.signal?.throwIfAborted();
    counts.rows += 1;
    if ('error' in row) {
      await skip(row.line, '', row.error);
      continue;
    }
    let named = '';
    try {
      const matched = reader.columnsOf(row.values.keys());
      columns ??= dropUndefined(matched);
      const raw = matched.path === undefined ? undefined : row.values.get(matched.path);
      if (typeof raw === 'string') named = raw;
      const { fields, unusable } = reader.read(row);
      // Asked first as it is written: a row that repeats another needs no look at the disk.
      let earlier = listed.get(fields.path);
      const { relativePath, byEnding } = earlier
        ? { relativePath: fields.path, byEnding: false }
        : await finder.find(fields.path);
      named = relativePath;
      earlier ??= listed.get(relativePath);
      if (earlier) {
        counts.repeated += 1;
        tellRepeated(tally, relativePath, earlier, { line: row.line, label: fields.label ?? null });
        continue;
      }
      listed.set(relativePath, { line: row.line, label: fields.label ?? null });
      if (byEnding)
        tally.used('Paths found by their ending or without regard to letter case', displayName(fields.path));
      if (fields.label) classes.add(fields.label);
      countFields(tally, fields, name);
      counts.found += 1;
      await options.onFound(foundImage(root, relativePath, fields));
      for (const { field, reason } of unusable) options.onUnusable?.({ field, reason: `${name} ${reason}` });
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      await skip(row.line, named, error.message);
    }
  }
  if (told && columns?.label !== undefined && told.names.has(columns.label))
    tally.used(`Class names of numbers, from ${told.file}`, undefined, told.names.get(columns.label)!.length);
  return { root, ...counts, classes: inClassOrder(classes), columns: columns ?? {}, ...tally.notes() };
}

const notThere = (error: unknown): false => {
  if (error instanceof FieldError) return false;
  throw error;
};

const foundImage = (root: string, relativePath: string, { path: _, ...fields }: RowFields) => ({
  file: resolveInRoot(root, relativePath),
  relativePath,
  ...fields,
  label: fields.label ?? null,
  ...(fields.label === null ? { saysUnlabelled: true as const } : {}),
  split: fields.split ?? null,
});

/** What the first row of an image said. */
interface Listed {
  line: number;
  label: string | null;
}

function tellRepeated(tally: Tally, path: string, first: Listed, again: Listed): void {
  const shown = displayName(path);
  if (again.label === null || again.label === first.label)
    tally.unused(
      'Rows of an image that an earlier row names, which counts',
      `${shown} on line ${again.line}, first on line ${first.line}`,
    );
  else
    tally.unused(
      'Rows that give an image another label than an earlier row, which counts',
      `${shown}: ${displayName(again.label)} on line ${again.line}, ${first.label === null ? 'none' : displayName(first.label)} on line ${first.line}`,
    );
}

const dropUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;

/** undefined: none of these; an override that is not there is for checkHeader to tell. */
const pathColumnOf = (columns: readonly string[], { path }: Columns): string | undefined =>
  path !== undefined && columns.includes(path) ? path : matchColumns(columns).path;

function checkHeader(file: string, header: readonly string[], override: Columns): void {
  let columns: Partial<Record<FieldName, string>>;
  try {
    columns = matchColumns(header, override);
  } catch (error) {
    throw new ManifestError(file, (error as Error).message);
  }
  if (columns.path !== undefined) return;
  throw new ManifestError(
    file,
    `no column for the image's path among "${header.join('", "')}"; name it with --column path=NAME, or call it one of ${FIELD_NAMES.path.join(', ')}`,
  );
}
