/**
 * Owns: what the fields of a manifest row or a metadata row may hold, and the error that names the field. Shared by
 * `manifest.ts` and `scan.ts`, so that both understand the same words.
 */
import { FieldError, shown } from './field-error.ts';
import {
  oneHotLabel,
  type Probabilities,
  readProbabilities,
  readProbabilityColumns,
} from './probabilities.ts';

export { FieldError } from './field-error.ts';
export type { Probabilities } from './probabilities.ts';

export type Split = 'train' | 'val' | 'test';

export interface RowFields {
  path: string;
  label?: string | null; // undefined: the row does not say
  split?: Split | null;
  caption?: string;
  probabilities?: Probabilities;
  /** Of a row without a label: what its one-hot columns would say. */
  oneHot?: string;
}

export type FieldName = Exclude<keyof RowFields, 'oneHot'>;

/** Accepted column names, in the form of `columnKey`, per field; the first is the documented one. */
export const FIELD_NAMES: Record<FieldName, string[]> = {
  path: 'path file file_name filename file_path filepath image_path img_path image image_name image_file img image_id'.split(
    ' ',
  ),
  label: ['label', 'class', 'labels', 'class_name', 'label_name', 'category'],
  split: ['split'],
  caption: ['caption', 'text', 'prompt'],
  probabilities: ['probabilities'],
};

const SPLITS = new Map<string, Split>([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['dev', 'val'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** 'Validation' -> 'val'; null for any other word. */
export const splitOfWord = (word: string): Split | null => SPLITS.get(word.trim().toLowerCase()) ?? null;

/** 'File Name' and 'file_name' are one column name. */
const columnKey = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

/** Column name in the file -> field, for the columns present. `override` maps a field to a column by hand. */
export function matchColumns(
  columns: readonly string[],
  override: Partial<Record<FieldName, string>> = {},
): Partial<Record<FieldName, string>> {
  const matched: Partial<Record<FieldName, string>> = {};
  for (const field of Object.keys(FIELD_NAMES) as FieldName[]) {
    const wanted = override[field];
    if (wanted !== undefined && !columns.includes(wanted)) {
      throw new FieldError(field, `no column "${wanted}"; the columns are ${columns.join(', ')}`);
    }
    matched[field] =
      wanted ??
      FIELD_NAMES[field]
        .map((name) => columns.find((c) => columnKey(c) === name))
        .find((c) => c !== undefined);
  }
  matched.path ??= imageFileColumn(columns);
  return matched;
}

/** As Hugging Face names files of several kinds. Which of several others (masks, depths) are the images, nobody can tell. */
function imageFileColumn(columns: readonly string[]): string | undefined {
  const named = columns.filter((name) => columnKey(name).endsWith('_file_name'));
  const images = named.find((name) => columnKey(name) === 'image_file_name');
  return images ?? (named.length === 1 ? named[0] : undefined);
}

/**
 * One row's raw values by column (CSV: strings; JSON: anything) -> fields. `trim`: drop blanks around the label, as people put them
 * into CSV files by hand; a program that writes JSON means them. What an image can do without and cannot be used is left out and told. Throws FieldError.
 */
export function readFields(
  row: ReadonlyMap<string, unknown>,
  columns: Partial<Record<FieldName, string>>,
  trim: boolean,
  onUnusable: (error: FieldError) => void,
): RowFields {
  const raw = (field: FieldName): unknown => {
    const column = columns[field];
    return column === undefined ? undefined : row.get(column);
  };
  const fields: RowFields = { path: readPath(raw('path')) };
  const optional = <T>(read: () => T | undefined): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      onUnusable(error);
      return undefined;
    }
  };
  const label = raw('label');
  const named =
    label === undefined
      ? undefined
      : optional(() => readLabel(trim && typeof label === 'string' ? label.trim() : label));
  if (named !== undefined) fields.label = named;
  const split = raw('split');
  const told = split === undefined ? undefined : optional(() => readSplit(split));
  if (told !== undefined) fields.split = told;
  const caption = optional(() => readCaption(raw('caption')));
  if (caption !== undefined) fields.caption = caption;
  const probabilities = optional(() =>
    columns.probabilities === undefined
      ? readProbabilityColumns(row)
      : readProbabilities(raw('probabilities')),
  );
  if (probabilities !== undefined) fields.probabilities = probabilities;
  if (label === undefined && probabilities === undefined) {
    const oneHot = oneHotLabel(row, new Set(Object.values(columns)));
    if (oneHot !== null) fields.oneHot = oneHot;
  }
  return fields;
}

function readPath(value: unknown): string {
  if (value === undefined || value === null || value === '') throw new FieldError('path', 'is missing');
  if (typeof value !== 'string') throw new FieldError('path', `got ${shown(value)}, expected text`);
  if (value.includes('\ufffd')) {
    throw new FieldError('path', `${shown(value)} is not valid UTF-8; save the manifest as UTF-8`);
  }
  if (value.includes('\0')) throw new FieldError('path', 'holds a NUL character');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value)) {
    throw new FieldError('path', `${shown(value)} is a web address, expected a file on this machine`);
  }
  return value;
}

/** NFC; numbers become their digits; empty, null or NaN: unlabelled. */
function readLabel(value: unknown): string | null {
  if (value === null || Number.isNaN(value)) return null;
  if (Array.isArray(value) && value.length === 1) return readLabel(value[0]);
  if (Array.isArray(value) || (typeof value === 'string' && /[^|]\|[^|]/.test(value))) {
    throw new FieldError('label', `${shown(value)} are several classes; Crux uses one class per image`);
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new FieldError('label', `got ${shown(value)}, expected a class name`);
  }
  // Spreadsheets and pandas write a column of integers with gaps as 0.0, 1.0.
  const label = String(value)
    .normalize('NFC')
    .replace(/^(-?\d+)\.0+$/, '$1');
  if (label.includes('\ufffd')) throw new FieldError('label', `${shown(label)} is not valid UTF-8`);
  return label === '' ? null : label;
}

function readSplit(value: unknown): Split | null {
  if (value === null || value === '') return null;
  const split = typeof value === 'string' ? splitOfWord(value) : null;
  if (split === null) throw new FieldError('split', `got ${shown(value)}, expected train, val or test`);
  return split;
}

function readCaption(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new FieldError('caption', `got ${shown(value)}, expected text`);
  return value.normalize('NFC');
}
