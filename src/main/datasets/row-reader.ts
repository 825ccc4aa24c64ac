/** Owns one row of a table -> fields: which columns are read, and numbers as class names where these are known. */

import { displayName } from '../files/fs-names.ts';
import { FieldError, type FieldName, matchColumns, type RowFields, readFields } from './fields.ts';
import type { UnusableField } from './found.ts';
import { type LabelNames, nameOfNumber, wholeNumber } from './label-names.ts';
import { probabilityColumns } from './probabilities.ts';
import type { Row } from './rows/row.ts';
import type { Tally } from './tally.ts';

export type Columns = Partial<Record<FieldName, string>>;

export interface ReadRow {
  fields: RowFields;
  /** Fields that the row has and that cannot be used, without the file's name. */
  unusable: UnusableField[];
  /** The label is a number whose name nobody tells. */
  bareNumber: boolean;
}

/** Columns not read are told up to so many: rows of JSON may each have their own. */
const MOST_COLUMNS = 100;

export class RowReader {
  readonly #override: Columns;
  readonly #names: LabelNames;
  readonly #tally: Tally;
  readonly #told = new Set<string>();
  #keys = '';
  #columns: Columns = {};
  /** Of the same row as `#columns`: those that nothing is read from, and that were not told yet. */
  #unread: string[] = [];

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
    const read = new Set(Object.values(matched));
    if (matched.probabilities === undefined)
      for (const { column } of probabilityColumns(list)) read.add(column);
    this.#unread = list.filter((name) => !read.has(name) && !this.#told.has(name));
    this.#keys = keys;
    this.#columns = matched;
    return matched;
  }

  /** `trim`: the row is text by hand (CSV), and so are its numbers. @throws FieldError */
  read({ line, values, trim }: Extract<Row, { values: unknown }>): ReadRow {
    const columns = this.columnsOf(values.keys());
    const unusable: UnusableField[] = [];
    const onUnusable = ({ field, message }: FieldError) =>
      void unusable.push({ field, reason: `line ${line}: ${message}` });
    const fields = readFields(values, columns, trim, onUnusable);
    // One-hot columns may turn out to be the labels.
    if (fields.oneHot === undefined) this.#tellUnread();
    const raw = columns.label === undefined ? undefined : values.get(columns.label);
    const number = trim || typeof raw === 'number' ? wholeNumber(raw) : null;
    if (number === null) return { fields, unusable, bareNumber: false };
    const names = this.#names.get(columns.label as string);
    if (!names) return { fields, unusable, bareNumber: true };
    delete fields.label;
    try {
      fields.label = nameOfNumber(number, names);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      onUnusable(error);
    }
    return { fields, unusable, bareNumber: false };
  }

  #tellUnread(): void {
    for (const name of this.#unread.splice(0)) {
      if (this.#told.size >= MOST_COLUMNS) return;
      this.#told.add(name);
      this.#tally.unused('Columns', displayName(name));
    }
  }
}

/** What the rows said, counted; probabilities are, once it is known which of them can be used (probabilities.ts). */
export function countFields(
  tally: Tally,
  { label, split, caption }: Omit<RowFields, 'path'>,
  source: string,
  example?: string,
): void {
  if (label) tally.used(`Labels from ${source}`, example);
  if (split) tally.used(`Splits from ${source}`, example);
  if (caption !== undefined) tally.used(`Captions from ${source}`, example);
}
