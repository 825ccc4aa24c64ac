/**
 * Owns reading config.json of a network: what is missing, of the wrong type or size, or not computed here is said by
 * name. A config comes from anywhere and networks are built by it, so each number in it has a range: of the sizes that
 * published networks have, with room above them, and far from what cannot be built.
 */
import { shown } from '../shown.ts';
import type { FieldTable } from './library-fields.ts';

/** The largest sizes. */
export const most = {
  /** Blocks of a transformer or a stage, layers of a block. */
  layers: 256,
  /** Sizes that maps are brought to, each half of the one before. */
  levels: 8,
  channels: 65_536,
  heads: 1024,
  /** Of a LoRA. */
  rank: 4096,
  /** Positions of a text; its mask has the square of it. */
  tokens: 1024,
  vocabulary: 1_000_000,
  classes: 1_000_000,
  /** Side of a picture, in pixels. */
  pixels: 8192,
  timesteps: 100_000,
} as const;

/** Both ends belong to it. */
export type Range = readonly [low: number, high: number];

export const ranges = {
  /** What keeps a norm from dividing by zero. */
  epsilon: [1e-30, 1],
  share: [0, 1],
  /** Of what pictures or latents are multiplied or divided by. */
  factor: [1e-6, 1e6],
  mean: [-1e6, 1e6],
} as const satisfies Record<string, Range>;

export interface ConfigFields {
  /** @throws unless it is an integer from 1 to `atMost`, or left out where there is a default. */
  count(name: string, atMost: number, otherwise?: number): number;
  /** As `count`; undefined where it is left out or null. */
  optionalCount(name: string, atMost: number): number | undefined;
  /** A list of at most `entries` such numbers. */
  counts(name: string, atMost: number, entries: number): number[];
  number(name: string, range: Range, otherwise?: number): number;
  integer(name: string, range: Range): number;
  numbers(name: string, range: Range, length: number): number[];
  /** A list of any length up to `entries`, of none as well. */
  eachNumber(name: string, range: Range, entries: number): void;
  /** null, where a field may be that, is as good as left out. */
  flag(name: string, otherwise: boolean): boolean;
  text(name: string, otherwise?: string): string;
  texts(name: string, entries: number): string[];
  /** @throws unless the field, and each entry of a list, is left out or one of these. */
  only(name: string, ...accepted: readonly unknown[]): void;
  /** @throws where a field says a part that the table has no use for. */
  refuse(table: FieldTable): void;
  isList(name: string): boolean;
  fail(name: string, wanted: string): never;
}

/** @param what the network, as errors call it: 'U-Net' */
export function configFields(json: unknown, what: string): ConfigFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${what} config: expected an object of fields`);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const fail = (name: string, wanted: string): never => {
    const is = Object.hasOwn(fields, name) ? `is ${shown(fields[name])}` : 'is missing';
    throw new Error(`${what} config: ${name} ${is}, expected ${wanted}`);
  };
  const read = <T>(name: string, fits: (v: unknown) => v is T, wanted: string, otherwise?: T): T => {
    const value = fields[name] === undefined ? otherwise : fields[name];
    return fits(value) ? value : fail(name, wanted);
  };
  return {
    integer: (name, range) => read(name, isWhole(range), `an integer of ${range[0]} to ${range[1]}`),
    count: (name, atMost, otherwise) =>
      read(name, isCount(atMost), `an integer of 1 to ${atMost}`, otherwise),
    optionalCount: (name, atMost) =>
      fields[name] == null ? undefined : read(name, isCount(atMost), `null or an integer of 1 to ${atMost}`),
    counts: (name, atMost, entries) =>
      read(name, listOf(isCount(atMost), entries), `a list of at most ${entries} integers of 1 to ${atMost}`),
    number: (name, range, otherwise) =>
      read(name, isWithin(range), `a number of ${range[0]} to ${range[1]}`, otherwise),
    numbers(name, range, length) {
      const wanted = `${length} numbers of ${range[0]} to ${range[1]}`;
      const list = read(name, listOf(isWithin(range), length), wanted);
      return list.length === length ? list : fail(name, wanted);
    },
    eachNumber(name, range, entries) {
      const empty = Array.isArray(fields[name]) && fields[name].length === 0;
      const wanted = `a list of at most ${entries} numbers of ${range[0]} to ${range[1]}`;
      if (!empty) read(name, listOf(isWithin(range), entries), wanted);
    },
    flag: (name, otherwise) =>
      fields[name] === null ? otherwise : read(name, isFlag, 'true or false', otherwise),
    text: (name, otherwise) => read(name, isText, 'a text', otherwise),
    texts: (name, entries) => read(name, listOf(isText, entries), `a list of at most ${entries} texts`),
    only(name, ...accepted) {
      const value = fields[name];
      const each = Array.isArray(value) ? value : [value];
      if (value !== undefined && !each.every((v) => accepted.includes(v))) {
        fail(name, accepted.map((v) => JSON.stringify(v)).join(' or '));
      }
    },
    refuse(table) {
      for (const [name, use] of Object.entries(table)) if (typeof use !== 'string') this.only(name, ...use);
    },
    isList: (name) => Array.isArray(fields[name]),
    fail,
  };
}

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const isWithin =
  ([low, high]: Range) =>
  (v: unknown): v is number =>
    isNumber(v) && v >= low && v <= high;
const isWhole =
  (range: Range) =>
  (v: unknown): v is number =>
    isWithin(range)(v) && Number.isInteger(v);
const isCount = (atMost: number) => isWhole([1, atMost]);
const isFlag = (v: unknown): v is boolean => typeof v === 'boolean';
const isText = (v: unknown): v is string => typeof v === 'string';
const listOf =
  <T>(fits: (v: unknown) => v is T, entries: number) =>
  (v: unknown): v is T[] =>
    Array.isArray(v) && v.length > 0 && v.length <= entries && v.every(fits);
