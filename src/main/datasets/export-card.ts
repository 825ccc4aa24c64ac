/**
 * Owns what tells Hugging Face `datasets` the columns of an export: the README.md beside metadata.jsonl, in its YAML. Without
 * it labels would be text, and their numbers each reader's own. `load_dataset("imagefolder", data_dir=...)` reads no
 * README.md, load_dataset("FOLDER") does.
 */

/** What a metadata row may hold, besides null. */
export type CardValue = string | number | boolean;
type Type = 'string' | 'int64' | 'float64' | 'bool';

/** Columns in the order of their first row, with the narrowest type that holds all values; null: no row had one. */
export class Columns {
  readonly #types = new Map<string, Type | null>();

  see(row: Record<string, CardValue | null>): void {
    for (const [name, value] of Object.entries(row)) {
      const before = this.#types.get(name) ?? null;
      this.#types.set(name, value === null ? before : wider(name, before, typeOf(value)));
    }
  }

  /** Those that hold something: a column of nulls has no type, and other readers fail on it. */
  get filled(): [string, Type][] {
    return [...this.#types].filter((column): column is [string, Type] => column[1] !== null);
  }
}

function typeOf(value: CardValue): Type {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Number.isSafeInteger(value) ? 'int64' : 'float64';
}

function wider(name: string, before: Type | null, type: Type): Type {
  if (before === null || before === type) return type;
  const numbers: Type[] = ['int64', 'float64'];
  if (numbers.includes(before) && numbers.includes(type)) return 'float64';
  throw new Error(`export: the column ${name} holds ${before} and ${type}, expected one type`);
}

/** @param classes in the order of their numbers; empty: no image has a label. */
export function datasetCard(columns: readonly [string, Type][], classes: readonly string[]): string {
  // JSON's strings are YAML's, whatever they hold.
  const text = JSON.stringify;
  const features = columns.flatMap(([name, type]) => {
    if (name === 'file_name') return ['  - name: image', '    dtype: image'];
    if (name !== 'label' || classes.length === 0) return [`  - name: ${text(name)}`, `    dtype: ${type}`];
    return [
      '  - name: label',
      '    dtype:',
      '      class_label:',
      '        names:',
      ...classes.map((label, number) => `          '${number}': ${text(label)}`),
    ];
  });
  return [
    '---',
    'configs:',
    '- config_name: default',
    '  data_files:',
    '  - split: train',
    "    path: '**'",
    '  features:',
    ...features,
    '---',
    '',
    'Images in one folder per class, and `metadata.jsonl` with a row for each. Exported by Crux.',
    '',
    '`datasets.load_dataset("THIS FOLDER")` gives the labels as a ClassLabel with the names above. The column `split`, where',
    'there is one, says train, val or test; all rows are loaded as "train".',
    '',
  ].join('\n');
}
