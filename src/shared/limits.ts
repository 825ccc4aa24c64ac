/**
 * Owns how much one message may hold. Whatever crosses from the window to main has a limit here, so that checking a
 * message never takes long; test/shared/contract.test.ts finds a field without one.
 */
import { z } from 'zod';

export const limits = {
  /** Characters of a file's path; Linux allows 4,096 bytes, Windows 32,767 characters where it allows long ones. */
  path: 32_767,
  /** Characters of a name that a person gives: of a dataset, a model. */
  name: 200,
  /** Characters of a class's or a tensor's name, which files bring along. */
  label: 10_000,
  /** Characters of an identifier such as model:12. */
  modelId: 100,
  /** Characters that a filter looks for. SQLite's LIKE takes 50,000 bytes: 3 for a character, 2 where it is escaped. */
  search: 10_000,
  /** Classes: of a filter, a job, a classifier's labels. ImageNet-21k has 21,841. */
  classes: 100_000,
  /** Images that a search by text finds. */
  found: 100_000,
  /** Characters of a prompt, and how many a generation draws from. */
  prompt: 20_000,
  prompts: 10_000,
  /** The largest seed, 2^53 - 1: the largest whole number that is exact in JSON and in JavaScript. */
  seed: Number.MAX_SAFE_INTEGER,
  /** Layers of a text encoder. */
  layers: 256,
  /** Images that one edit changes. */
  images: 1_000_000,
} as const;

/** Its `most`, for those who walk through a schema: a custom type shows none by itself. */
export const longLists = z.registry<{ most: number }>();

/**
 * A list that may hold very many: looked through in one loop that ends at the first wrong element. `z.array` makes an
 * issue of every one of a million, which takes seconds, and needs 100 ms where all are right.
 */
function longList<T>([least, most]: [number, number], wanted: string, fits: (value: unknown) => value is T) {
  const schema = z.custom<T[]>().superRefine((value: unknown, context) => {
    const refuse = (message: string, path: number[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    if (!Array.isArray(value)) return refuse(`expected a list, each a ${wanted}`);
    if (value.length < least) return refuse(`expected at least ${least}, each a ${wanted}`);
    if (value.length > most) return refuse(`expected at most ${most} of them, got ${value.length}`);
    for (let i = 0; i < value.length; i++) if (!fits(value[i])) return refuse(`expected a ${wanted}`, [i]);
  });
  return schema.register(longLists, { most });
}

const isRow = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** Ids of rows: images, or classes. */
export const idList = (most: number) => longList([0, most], 'row number', isRow);

const isText =
  (most: number) =>
  (value: unknown): value is string =>
    typeof value === 'string' && value.length <= most;

/** Names of classes. */
export const labelList = (least: 0 | 1) =>
  longList([least, limits.classes], 'class name', isText(limits.label));

const promptLength = `at most ${limits.prompt.toLocaleString('en-US')} characters`;

/** What is said where it does not fit follows "Expected". */
export const promptText = z.string().max(limits.prompt, `text of ${promptLength}`);

export const promptList = longList([0, limits.prompts], `prompt of ${promptLength}`, isText(limits.prompt));
