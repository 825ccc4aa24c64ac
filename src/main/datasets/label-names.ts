/**
 * Owns finding the class names behind numbers, where a Hugging Face dataset tells them: `dataset_info` at the top of
 * README.md, dataset_infos.json, or dataset_info.json (save_to_disk). All hold features by column; a ClassLabel has names.
 */
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { readUserText } from '../files/user-file.ts';
import { readJson } from '../files/user-json.ts';
import { FieldError } from './fields.ts';

export type LabelNames = ReadonlyMap<string, string[]>; // column -> names in the order of their numbers

const MAX_BYTES = 8 * 1024 * 1024;

/** Where the first of these files tells names: which, and its columns. null: none does. */
export function findLabelNames(folder: string): { file: string; names: LabelNames } | null {
  for (const [file, read] of SOURCES) {
    let names: LabelNames;
    try {
      names = read(join(folder, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    if (names.size > 0) return { file, names };
  }
  return null;
}

/** A number by its name. -1 is none, as Hugging Face has it. @throws FieldError */
export function nameOfNumber(number: number, names: readonly string[]): string | null {
  if (number === -1) return null;
  const name = names[number];
  if (name === undefined)
    throw new FieldError(
      'label',
      `got ${number}, expected one of the ${names.length} class names, 0 to ${names.length - 1}`,
    );
  return name;
}

/** A whole number, also as text; null: it is none. */
export function wholeNumber(label: unknown): number | null {
  const number = typeof label === 'string' && /^\s*-?\d+(\.0+)?\s*$/.test(label) ? Number(label) : label;
  return Number.isInteger(number) ? (number as number) : null;
}

const SOURCES: [string, (file: string) => LabelNames][] = [
  ['README.md', (file) => inInfos(frontMatter(readUserText(file, { maxBytes: MAX_BYTES }))?.dataset_info)],
  ['dataset_infos.json', (file) => inInfos(Object.values(record(readJson(file, { maxBytes: MAX_BYTES }))))],
  ['dataset_info.json', (file) => inInfos(readJson(file, { maxBytes: MAX_BYTES }))],
];

/** Of one configuration, or of the first of several that names classes. */
function inInfos(infos: unknown): LabelNames {
  for (const info of Array.isArray(infos) ? infos : [infos]) {
    const names = classNamesOfFeatures(record(info).features);
    if (names.size > 0) return names;
  }
  return new Map();
}

/** JSON: { label: { names, _type: ClassLabel } }; YAML: [{ name: label, dtype: { class_label: { names: { '0': cat } } } }]. */
export function classNamesOfFeatures(features: unknown): LabelNames {
  const found = new Map<string, string[]>();
  const entries: [string, unknown][] = Array.isArray(features)
    ? features.map((feature) => [String(record(feature).name), record(record(feature).dtype).class_label])
    : Object.entries(record(features));
  for (const [column, feature] of entries) {
    const { names } = record(feature);
    const list = Array.isArray(names) ? names : byNumber(record(names));
    if (list.length > 0 && list.every((name) => typeof name === 'string' || typeof name === 'number'))
      found.set(
        column,
        list.map((name) => String(name).normalize('NFC')),
      );
  }
  return found;
}

const byNumber = (names: Record<string, unknown>): unknown[] =>
  Object.keys(names)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => names[key]);

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function frontMatter(text: string): Record<string, unknown> | null {
  const yaml = /^\s*---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
  if (yaml === undefined) return null;
  try {
    return record(parseYaml(yaml, { maxAliasCount: 100 }));
  } catch {
    return null; // a README of other tools: it may hold anything
  }
}
