/**
 * Owns: what the fields of a manifest row or a metadata row may hold, and the error that names the field. Shared by
 * `manifest.ts` and `scan.ts`, so that both understand the same words.
 */
export type Split = 'train' | 'val' | 'test';

/** Class name -> probability, or probabilities in the classifier's class order. Each in [0,1], sum 1 +- 0.01. */
export type Probabilities = Record<string, number> | number[];

export interface RowFields {
  path: string;
  label?: string | null; // undefined: the row does not say
  split?: Split | null;
  caption?: string;
  probabilities?: Probabilities;
}

export type FieldName = keyof RowFields;

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

/** A value that its field cannot hold. The message names the field, what it got and what it wants. */
export class FieldError extends Error {
  constructor(field: FieldName, message: string) {
    super(`${field}: ${message}`);
    this.name = 'FieldError';
  }
}

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
  return matched;
}

/**
 * One row's raw values by column (CSV: strings; JSON: anything) -> fields. `trim`: drop blanks around the label, as people put them
 * into CSV files by hand. Throws FieldError.
 */
export function readFields(
  row: ReadonlyMap<string, unknown>,
  columns: Partial<Record<FieldName, string>>,
  trim = false,
): RowFields {
  const raw = (field: FieldName): unknown => {
    const column = columns[field];
    return column === undefined ? undefined : row.get(column);
  };
  const fields: RowFields = { path: readPath(raw('path')) };
  const label = raw('label');
  if (label !== undefined) fields.label = readLabel(trim && typeof label === 'string' ? label.trim() : label);
  const split = raw('split');
  if (split !== undefined) fields.split = readSplit(split);
  const caption = readCaption(raw('caption'));
  if (caption !== undefined) fields.caption = caption;
  const probabilities = readProbabilities(raw('probabilities'));
  if (probabilities !== undefined) fields.probabilities = probabilities;
  return fields;
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

function readPath(value: unknown): string {
  if (value === undefined || value === null || value === '') throw new FieldError('path', 'is missing');
  if (typeof value !== 'string') throw new FieldError('path', `got ${show(value)}, wanted text`);
  if (value.includes('\ufffd')) {
    throw new FieldError('path', `${show(value)} is not valid UTF-8; save the manifest as UTF-8`);
  }
  if (value.includes('\0')) throw new FieldError('path', 'holds a NUL character');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value)) {
    throw new FieldError('path', `${show(value)} is a web address, wanted a file on this machine`);
  }
  return value;
}

/** NFC; numbers become their digits; empty or null: unlabelled. */
function readLabel(value: unknown): string | null {
  if (value === null) return null;
  if (Array.isArray(value) && value.length === 1) return readLabel(value[0]);
  if (Array.isArray(value) || (typeof value === 'string' && /[^|]\|[^|]/.test(value))) {
    throw new FieldError('label', `${show(value)} are several classes; Crux uses one class per image`);
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new FieldError('label', `got ${show(value)}, wanted a class name`);
  }
  const label = String(value).normalize('NFC');
  if (label.includes('\ufffd')) throw new FieldError('label', `${show(label)} is not valid UTF-8`);
  return label === '' ? null : label;
}

function readSplit(value: unknown): Split | null {
  if (value === null || value === '') return null;
  const split = typeof value === 'string' ? splitOfWord(value) : null;
  if (split === null) throw new FieldError('split', `got ${show(value)}, wanted train, val or test`);
  return split;
}

function readCaption(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new FieldError('caption', `got ${show(value)}, wanted text`);
  return value.normalize('NFC');
}

function readProbabilities(value: unknown): Probabilities | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const parsed = typeof value === 'string' ? parseText(value) : value;
  if (typeof parsed !== 'object' || parsed === null) {
    throw new FieldError('probabilities', `got ${show(value)}, wanted [0.1, 0.9] or {"class": 0.9}`);
  }
  const numbers = Array.isArray(parsed) ? parsed : Object.values(parsed);
  for (const p of numbers) {
    if (typeof p !== 'number' || !(p >= 0 && p <= 1)) {
      throw new FieldError('probabilities', `got ${show(p)}, wanted numbers from 0 to 1`);
    }
  }
  const sum = numbers.reduce((total: number, p: number) => total + p, 0);
  if (Math.abs(sum - 1) > 0.01) {
    throw new FieldError('probabilities', `sum to ${Math.round(sum * 1000) / 1000}, wanted 1`);
  }
  if (Array.isArray(parsed)) return parsed as number[];
  return Object.fromEntries(
    Object.entries(parsed as Record<string, number>).map(([name, p]) => [name.normalize('NFC'), p]),
  );
}

/** JSON, or numbers apart by spaces or semicolons. */
function parseText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) {
    try {
      return JSON.parse(trimmed);
    } catch {
      throw new FieldError('probabilities', `${show(text)} is not valid JSON`);
    }
  }
  return trimmed.split(/[\s;]+/).map((part) => (part === '' ? Number.NaN : Number(part)));
}
