/**
 * Owns: class probabilities that come with images. A row has them by class name, as an object or as columns
 * (`probabilities.cat`, `prob_cat`, `p_cat`), or as a list in a stated order. A row alone cannot say whether its numbers
 * are probabilities or logits, nor what order a list has: rows are read as they are, and settled once all are known.
 */

import { displayName } from '../files/fs-names.ts';
import { FieldError, shown } from './field-error.ts';
import type { FoundImage } from './found.ts';
import { matchClasses } from './probability-classes.ts';
import type { Tally } from './tally.ts';

/** Class name -> number, or numbers in class order. As read, anything finite; NaN: the row says "none" there. */
export type Probabilities = Record<string, number> | number[];

/** What the numbers are; ask: refuse numbers that may be logits, and say how to tell. */
export type ProbabilityKind = 'ask' | 'probabilities' | 'logits';

/** The first is the documented one. */
export const probabilityPrefixes = ['probabilities.', 'probability.', 'prob_', 'p_'];
const NONE = new Set(['', 'nan', 'null', 'none', 'na', 'n/a']);

/** How far two decimals for each of so many numbers may bring a sum from 1. */
const rounding = (numbers: readonly number[]) =>
  Math.min(0.05, Math.max(0.01, 0.005 * numbers.length)) + EXACT;
/** Float32 sums are off by as much without anybody having rounded. */
const EXACT = 1e-5;

/** One cell: JSON, or numbers separated by spaces or semicolons. undefined: empty. @throws FieldError */
export function readProbabilities(value: unknown): Probabilities | undefined {
  if (isNone(value)) return undefined;
  const parsed = typeof value === 'string' ? parseText(value) : value;
  if (typeof parsed !== 'object' || parsed === null)
    throw new FieldError('probabilities', `got ${shown(value)}, expected [0.1, 0.9] or {"class": 0.9}`);
  if (Array.isArray(parsed)) return parsed.map(readNumber);
  return Object.fromEntries(
    Object.entries(parsed).map(([name, number]) => [name.normalize('NFC'), readNumber(number)]),
  );
}

/** The columns of one prefix, two or more: a single `p_value` is something else. @throws FieldError */
export function readProbabilityColumns(row: ReadonlyMap<string, unknown>): Probabilities | undefined {
  const columns = probabilityColumns([...row.keys()]);
  if (columns.length === 0) return undefined;
  return Object.fromEntries(columns.map(({ column, className }) => [className, readNumber(row.get(column))]));
}

/** Those of these columns that readProbabilityColumns reads. */
export function probabilityColumns(columns: readonly string[]): { column: string; className: string }[] {
  for (const prefix of probabilityPrefixes) {
    const found = columns.filter((name) => hasPrefix(name, prefix));
    if (found.length >= 2)
      return found.map((column) => ({
        column,
        className: column.trim().slice(prefix.length).normalize('NFC'),
      }));
  }
  return [];
}

const hasPrefix = (column: string, prefix: string): boolean => {
  const name = column.trim();
  return name.length > prefix.length && name.slice(0, prefix.length).toLowerCase() === prefix;
};

/** Of columns without a meaning of their own, two or more that hold 0 and a single 1: the name of that one; else null. */
export function oneHotLabel(row: ReadonlyMap<string, unknown>, used: ReadonlySet<string>): string | null {
  const hot: string[] = [];
  let columns = 0;
  for (const [name, value] of row) {
    if (used.has(name) || name.trim() === '') continue;
    columns++;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (number === 1) hot.push(name.trim().normalize('NFC'));
    else if (number !== 0) return null;
  }
  return columns >= 2 && hot.length === 1 ? hot[0] : null;
}

const isNone = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'number' && Number.isNaN(value)) ||
  (typeof value === 'string' && NONE.has(value.trim().toLowerCase()));

function readNumber(value: unknown): number {
  if (isNone(value)) return Number.NaN;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new FieldError('probabilities', `got ${shown(value)}, expected finite numbers`);
  return number;
}

function parseText(text: string): unknown {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[') && !trimmed.startsWith('{')) return trimmed.split(/[\s;]+/);
  try {
    return JSON.parse(trimmed.replace(/\bNaN\b/g, 'null'));
  } catch {
    throw new FieldError('probabilities', `${shown(text)} is not valid JSON`);
  }
}

export interface ProbabilityOptions {
  kind: ProbabilityKind;
  /** Class of each place of a list; empty: not stated. */
  classOrder: readonly string[];
  /** Who states it, in words. */
  orderFrom: string;
  /** The source's classes in their order, which a list of as many numbers has where none is stated. */
  classes: readonly string[];
  /** Those and the ones that the dataset has already. */
  allClasses: readonly string[];
}

/** Names, one a line, of a file beside the manifest or in the folder that states the order of lists. */
export const classOrderFile = 'classes.txt';

export const hasLists = (found: readonly FoundImage[]): boolean =>
  found.some(({ probabilities }) => Array.isArray(probabilities));

/**
 * Turns what was read into probabilities by class name that sum to 1, or drops it: `found` changes, and what became of it
 * is counted. @throws where numbers may be logits and nobody has said, or an order does not fit.
 */
export function settleProbabilities(found: FoundImage[], options: ProbabilityOptions, tally: Tally): void {
  const given = found.filter((image) => image.probabilities !== undefined);
  const whole = given.filter(({ probabilities }) => numbersOf(probabilities!).every((p) => !Number.isNaN(p)));
  const odd = whole.filter(({ probabilities }) => !areProbabilities(numbersOf(probabilities!)));
  // One odd row is a slip; most of them are something else than probabilities.
  if (options.kind === 'ask' && odd.length > whole.length / 2) throw new Error(question(odd, whole.length));
  const usable = new Set(whole);
  const settled: { image: FoundImage; raw: Probabilities }[] = [];
  for (const image of given) {
    const raw = image.probabilities!;
    const path = displayName(image.relativePath);
    delete image.probabilities;
    if (!usable.has(image)) {
      tally.unused(NO_PROBABILITIES, path);
      continue;
    }
    const numbers = brought(numbersOf(raw), options.kind);
    if (!numbers) {
      tally.unused(NO_SUM, path);
      continue;
    }
    image.probabilities = named(raw, numbers, image.relativePath, options);
    settled.push({ image, raw });
    if (options.kind !== 'logits' && Math.abs(sumOf(numbersOf(raw)) - 1) > EXACT)
      tally.used('Class probabilities brought to a sum of 1', path);
  }
  const fits = matchClasses(
    settled.map(({ image }) => image),
    options.allClasses,
    tally,
  );
  for (const { image, raw } of settled) {
    if (Array.isArray(image.probabilities))
      tally.unused(otherLength(options), displayName(image.relativePath));
    else if (fits(image)) tally.used(`Class probabilities${from(raw, options)}`);
  }
}

const NO_PROBABILITIES = 'Images without probabilities (empty, null or NaN), which get no score from them';
const NO_SUM = 'Probabilities outside 0 to 1, or that do not sum to 1';

const otherLength = ({ classOrder, classes }: ProbabilityOptions): string =>
  `Lists of probabilities of another length than the ${(classOrder.length > 0 ? classOrder : classes).length} classes; state their order (--class-order)`;

function from(raw: Probabilities, { kind, classOrder, orderFrom, classes }: ProbabilityOptions): string {
  const logits = kind === 'logits' ? ', from logits' : '';
  if (!Array.isArray(raw)) return `${logits}, by class name`;
  const order = classOrder.length > 0 ? classOrder : classes;
  return `${logits}, in the order ${firstOf(order)} (${classOrder.length > 0 ? orderFrom : 'that of the classes'})`;
}

const numbersOf = (probabilities: Probabilities): number[] =>
  Array.isArray(probabilities) ? probabilities : Object.values(probabilities);

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, p) => sum + p, 0);
const inRange = (numbers: readonly number[]) => numbers.every((p) => p >= 0 && p <= 1 + EXACT);
const areProbabilities = (numbers: readonly number[]) =>
  inRange(numbers) && Math.abs(sumOf(numbers) - 1) <= rounding(numbers);

const arePercentages = (numbers: readonly number[]) => areProbabilities(numbers.map((p) => p / 100));

/** Probabilities of these numbers; null: they cannot be any, or the row is the odd one out. */
function brought(numbers: readonly number[], kind: ProbabilityKind): number[] | null {
  if (kind === 'logits') {
    const largest = Math.max(...numbers);
    const powers = numbers.map((logit) => Math.exp(logit - largest));
    const sum = sumOf(powers);
    return powers.map((power) => power / sum);
  }
  const sum = sumOf(numbers);
  const fit =
    kind === 'ask' ? areProbabilities(numbers) : sum > 0 && (inRange(numbers) || arePercentages(numbers));
  if (!fit) return null;
  return Math.abs(sum - 1) <= EXACT ? [...numbers] : numbers.map((p) => p / sum);
}

function named(
  raw: Probabilities,
  numbers: readonly number[],
  path: string,
  { classOrder, classes }: ProbabilityOptions,
): Probabilities {
  if (!Array.isArray(raw)) return Object.fromEntries(Object.keys(raw).map((name, at) => [name, numbers[at]]));
  if (classOrder.length > 0 && classOrder.length !== numbers.length)
    throw new Error(
      `import: the class order names ${classOrder.length} classes (${firstOf(classOrder)}), but ${path} has ${numbers.length} probabilities; state the order of all of them`,
    );
  const order = classOrder.length > 0 ? classOrder : classes;
  // Of another number of classes: kept as it is, and scoring says what is missing.
  if (order.length !== numbers.length) return [...numbers];
  return Object.fromEntries(order.map((name, at) => [name, numbers[at]]));
}

function question(odd: readonly FoundImage[], of: number): string {
  const [first] = odd;
  const numbers = numbersOf(first.probabilities!);
  const sum = Math.round(1000 * sumOf(numbers)) / 1000;
  const probabilities = '"probabilities" brings them to a sum of 1';
  const logits = '"logits" applies softmax';
  const [seen, ...choices] = arePercentages(numbers)
    ? ['sum to 100 (percentages?)', probabilities, logits]
    : inRange(numbers)
      ? ['do not sum to 1', probabilities, logits]
      : ['are outside 0 to 1 and look like logits', logits, probabilities];
  return `import: the probabilities of ${odd.length} of ${of} images ${seen} (${first.relativePath}: ${firstOf(numbers.map(String))}; sum ${sum}). Say what they are, with the option "probabilities" of the import: ${choices.join(', ')}`;
}

const firstOf = (list: readonly string[]) =>
  `${list.slice(0, 5).join(', ')}${list.length > 5 ? ', ...' : ''}`;
