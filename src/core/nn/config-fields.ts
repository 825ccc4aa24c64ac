/** Owns reading config.json of a network: what is missing, of the wrong type or not computed here is said by name. */

export interface ConfigFields {
  /** @throws unless it is an integer >= 1, or left out where there is a default. */
  count(name: string, otherwise?: number): number;
  counts(name: string): number[];
  number(name: string, otherwise?: number): number;
  numbers(name: string, length: number): number[];
  flag(name: string, otherwise: boolean): boolean;
  text(name: string, otherwise?: string): string;
  texts(name: string): string[];
  /** @throws unless the field, and each entry of a list, is left out or one of these. */
  only(name: string, ...accepted: readonly unknown[]): void;
  isList(name: string): boolean;
  fail(name: string, wanted: string): never;
}

/** @param what the network, as errors call it: 'U-Net' */
export function configFields(json: unknown, what: string): ConfigFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${what} config: wanted an object of fields`);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const fail = (name: string, wanted: string): never => {
    const is = name in fields ? `is ${JSON.stringify(fields[name])}` : 'is missing';
    throw new Error(`${what} config: ${name} ${is}, wanted ${wanted}`);
  };
  const read =
    <T>(fits: (v: unknown) => v is T, wanted: string) =>
    (name: string, otherwise?: T): T => {
      const value = fields[name] === undefined ? otherwise : fields[name];
      return fits(value) ? value : fail(name, wanted);
    };
  return {
    count: read(isCount, 'an integer of at least 1'),
    counts: read(listOf(isCount), 'a list of integers of at least 1'),
    number: read(isNumber, 'a number'),
    numbers(name, length) {
      const value = fields[name];
      return listOf(isNumber)(value) && value.length === length ? value : fail(name, `${length} numbers`);
    },
    flag: read(isFlag, 'true or false'),
    text: read(isText, 'a text'),
    texts: read(listOf(isText), 'a list of texts'),
    only(name, ...accepted) {
      const value = fields[name];
      const each = Array.isArray(value) ? value : [value];
      if (value !== undefined && !each.every((v) => accepted.includes(v))) {
        fail(name, accepted.map((v) => JSON.stringify(v)).join(' or '));
      }
    },
    isList: (name) => Array.isArray(fields[name]),
    fail,
  };
}

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const isCount = (v: unknown): v is number => isNumber(v) && Number.isInteger(v) && v >= 1;
const isFlag = (v: unknown): v is boolean => typeof v === 'boolean';
const isText = (v: unknown): v is string => typeof v === 'string';
const listOf =
  <T>(fits: (v: unknown) => v is T) =>
  (v: unknown): v is T[] =>
    Array.isArray(v) && v.length > 0 && v.every(fits);
