/** Owns one row of a table -> fields: which columns are read, and numbers as class names where these are known. */
import { type FieldName, matchColumns, type RowFields, readFields } from './fields.ts';
import { displayName } from './fs-names.ts';
import { type LabelNames, nameOfNumber, wholeNumber } from './label-names.ts';
import type { Tally } from './tally.ts';

export type Columns = Partial<Record<FieldName, string>>;

export interface ReadRow {
  fields: RowFields;
  /** The label is a number whose name nobody tells. */
  bareNumber: boolean;
}

/** Columns not read are told up to so many: rows of JSON may each have their own. */
const MOST_COLUMNS = 100;

export class RowReader {
  readonly #override: Columns;
  readonly #names: LabelNames;
  readonly #tally: Tally;
  readonly #unread = new Set<string>();
  #keys = '';
  #columns: Columns = {};

  /** `override`: field -> column. `names`: column -> class names in the order of their numbers. */
  constructor(override: Columns, names: LabelNames, tally: Tally) {
    this.#override = override;
    this.#names = names;
    this.#tally = tally;
  }

  /** Of a row with these columns. @throws FieldError */
  columnsOf(columns: Iterable<string>): Columns {
    const list = [...columns];
    const keys = list.join('\0');
    if (keys === this.#keys && keys !== '') return this.#columns;
    // Rows of JSON may leave out optional keys: an override counts for the columns that are there.
    const present = Object.entries(this.#override).filter(([, column]) => list.includes(column));
    const matched = matchColumns(list, Object.fromEntries(present));
    // A column by hand has no substitute.
    for (const field of Object.keys(this.#override) as FieldName[])
      if (this.#override[field] !== undefined && !present.some(([name]) => name === field))
        delete matched[field];
    // As Hugging Face names files of several kinds.
    if (this.#override.path === undefined) matched.path ??= list.find((name) => /_file_name$/i.test(name));
    const read = new Set(Object.values(matched));
    for (const name of list) {
      if (read.has(name) || this.#unread.has(name) || this.#unread.size >= MOST_COLUMNS) continue;
      this.#unread.add(name);
      this.#tally.unused('Columns', displayName(name));
    }
    this.#keys = keys;
    this.#columns = matched;
    return matched;
  }

  /** `trim`: the row is text by hand (CSV). @throws FieldError */
  read(values: ReadonlyMap<string, unknown>, trim: boolean): ReadRow {
    const columns = this.columnsOf(values.keys());
    const fields = readFields(values, columns, trim);
    const raw = columns.label === undefined ? undefined : values.get(columns.label);
    const number = trim || typeof raw === 'number' ? wholeNumber(raw) : null;
    if (number === null) return { fields, bareNumber: false };
    const names = this.#names.get(columns.label as string);
    if (!names) return { fields, bareNumber: true };
    return { fields: { ...fields, label: nameOfNumber(number, names) }, bareNumber: false };
  }
}

/** What the rows said, counted. */
export function countFields(
  tally: Tally,
  { label, split, caption, probabilities }: Omit<RowFields, 'path'>,
  source: string,
): void {
  if (label) tally.used(`Labels from ${source}`);
  if (split) tally.used(`Splits from ${source}`);
  if (caption !== undefined) tally.used(`Captions from ${source}`);
  if (probabilities !== undefined) tally.used(`Class probabilities from ${source}`);
}
