/**
 * Owns what a window that was taken over may send: messages that fit a schema, the largest that fit it, and such with a
 * hostile value at any place. All of them can cross from one process to another (structured clone).
 */
import type { z } from 'zod';
import type { Rng } from '../../../src/core/rng.ts';
import { longLists } from '../../../src/shared/limits.ts';
import { type PathPurpose, pathFields } from '../../../src/shared/paths.ts';

type Schema = z.core.$ZodType;
const defOf = (schema: Schema) => (schema as z.core.$ZodTypes)._zod.def;
const fits = (schema: Schema, value: unknown) => (schema as z.ZodType).safeParse(value).success;
export const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.int(list.length)];

/** Limits of a text, a list or a number, as its schema has them. */
function bounds(schema: Schema): { least: number; most: number } {
  const checks = (schema._zod.def.checks ?? []).map(
    (check) => check._zod.def as { minimum?: number; maximum?: number },
  );
  return {
    least: checks.find(({ minimum }) => minimum !== undefined)?.minimum ?? 0,
    most: longLists.get(schema)?.most ?? checks.find(({ maximum }) => maximum !== undefined)?.maximum ?? 10,
  };
}

const texts = [
  'cat',
  'a photo of a [CLS]',
  '[CAPTION] {a|b}',
  '__proto__',
  'constructor',
  'toString',
  '%',
  "'; DROP TABLE images; --",
  '\\',
  '\0',
  '\x1b[2J',
  '\u202e',
  '猫',
  '\ud800',
  '{'.repeat(500),
  '[CLS]'.repeat(100),
  'builtin:encoder',
  'model:1',
];
const numbers = [0, 1, 2, 3, 10, 0.5, 0.1, 0.05, 50, 300, -1, 1e15, Number.MAX_SAFE_INTEGER];

/** The token of a file that was chosen for this. */
export type TokenFor = (purposes: readonly PathPurpose[]) => string;

/** A message that fits. */
export function fitting(schema: Schema, rng: Rng, tokenFor: TokenFor): unknown {
  const purposes = pathFields.get(schema)?.purposes;
  if (purposes !== undefined)
    return rng.uniform() < 0.8 ? tokenFor(purposes) : pick(rng, ['x', '/etc/passwd', '__proto__']);
  const again = (part: Schema) => fitting(part, rng, tokenFor);
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
      return rng.uniform() < 0.5 ? undefined : again(def.innerType);
    case 'nullable':
      return rng.uniform() < 0.3 ? null : again(def.innerType);
    case 'object':
      return Object.fromEntries(Object.entries(def.shape).map(([key, part]) => [key, again(part)]));
    case 'array': {
      const { least, most } = bounds(schema);
      return Array.from({ length: Math.min(most, least + rng.int(4)) }, () => again(def.element));
    }
    case 'union':
      return again(pick(rng, def.options));
    case 'string':
      return pick(
        rng,
        texts.filter((text) => fits(schema, text)),
      );
    case 'number':
      return pick(
        rng,
        [...numbers, 1 + rng.int(300)].filter((number) => fits(schema, number)),
      );
    case 'custom':
      return pick(
        rng,
        [[], [1], [3, 1, 2], [1e15], ['cat'], ['cat', '__proto__']].filter((list) => fits(schema, list)),
      );
    case 'enum':
      return pick(rng, Object.values(def.entries));
    case 'literal':
      return def.values[0];
    case 'boolean':
      return rng.uniform() < 0.5;
    case 'null':
      return null;
    default:
      throw new Error(`fitting: schemas of type ${def.type} are not known here`);
  }
}

/** For each kind of a message, the one that takes longest to look through: all lists and texts at their limit. */
export function largest(schema: Schema, tokenFor: TokenFor): unknown[] {
  const purposes = pathFields.get(schema)?.purposes;
  if (purposes !== undefined) return [tokenFor(purposes)];
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'nullable':
      return largest(def.innerType, tokenFor);
    case 'object': {
      const parts = Object.entries(def.shape).map(([key, part]) => [key, largest(part, tokenFor)] as const);
      const kinds = Math.max(1, ...parts.map(([, values]) => values.length));
      return Array.from({ length: kinds }, (_, i) =>
        Object.fromEntries(parts.map(([key, values]) => [key, values[Math.min(i, values.length - 1)]])),
      );
    }
    case 'array':
      return [new Array(bounds(schema).most).fill(largest(def.element, tokenFor)[0])];
    case 'union':
      return def.options.flatMap((option) => largest(option, tokenFor));
    case 'string':
      return ['x'.repeat(bounds(schema).most)];
    case 'custom': {
      const { most } = bounds(schema);
      const rows = Array.from({ length: most }, (_, i) => i + 1);
      return [fits(schema, [1]) ? rows : rows.map((i) => `class ${i}`)];
    }
    case 'number':
      return [numbers.find((number) => fits(schema, number))];
    case 'enum':
      return [Object.values(def.entries)[0]];
    case 'literal':
      return [def.values[0]];
    case 'boolean':
      return [true];
    default:
      return [null];
  }
}

const deep = (depth: number) => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value, __proto__: null };
  return value;
};

/** Values that no schema expects; made anew each time. */
const hostile: readonly (() => unknown)[] = [
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -0,
  () => 2 ** 53,
  () => 1e308,
  () => 1n << 70n,
  () => '',
  () => 'x'.repeat(1_000_000),
  () => '\ud800'.repeat(1000),
  () => null,
  () => undefined,
  () => ({}),
  () => [],
  () => [null],
  () => new Array(1_000_000),
  () => new Array(1_000_000).fill('x'),
  () => new Array(1_000_001).fill(1),
  () => Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i])),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  () => deep(2000),
  () => new Map([[1, 2]]),
  () => new Date(Number.NaN),
  () => new Uint8Array(1_000_000),
  () => /(a+)+$/,
  () => new Error('mine'),
];

/** `message` with a hostile value at a place of chance, a key less, or a key more. */
export function spoiled(message: unknown, rng: Rng): unknown {
  const inside = message !== null && typeof message === 'object' && Object.keys(message).length > 0;
  if (!inside || rng.uniform() < 0.2) return pick(rng, hostile)();
  const copy = (Array.isArray(message) ? [...message] : { ...message }) as Record<string, unknown>;
  const key = pick(rng, Object.keys(copy));
  const way = rng.uniform();
  if (way < 0.1) delete copy[key];
  else if (way < 0.2)
    Object.defineProperty(copy, pick(rng, ['__proto__', 'constructor', 'toString', 'path']), {
      value: pick(rng, hostile)(),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  else copy[key] = spoiled(copy[key], rng);
  return copy;
}

/** `message` with the longest lists of wrong elements in place of each of its lists: what zod explains one by one. */
export function wrongThroughout(message: unknown): unknown {
  if (Array.isArray(message)) return new Array(message.length).fill({});
  if (message === null || typeof message !== 'object') return message;
  return Object.fromEntries(Object.entries(message).map(([key, part]) => [key, wrongThroughout(part)]));
}
