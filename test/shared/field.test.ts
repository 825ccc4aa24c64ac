import { expect, test } from 'vitest';
import { z } from 'zod';
import { expectedNumber, expectedOf, field, fieldsOf, numbersOf } from '../../src/shared/field.ts';
import { controlParams } from '../../src/shared/jobs/control.ts';
import { embedParams } from '../../src/shared/jobs/embed.ts';
import { fitParams } from '../../src/shared/jobs/fit.ts';
import { hardFactorsParams } from '../../src/shared/jobs/hard-factors.ts';
import { issuesParams } from '../../src/shared/jobs/issues.ts';
import { projectParams } from '../../src/shared/jobs/project.ts';

test.each([
  [z.int().min(1).max(10_000), 'a whole number from 1 to 10,000'],
  [z.number().positive().max(1), 'a number above 0, up to 1'],
  [z.number().gt(0.5), 'a number above 0.5'],
  [z.number().min(0.02).max(0.5), 'a number from 0.02 to 0.5'],
  [z.int().min(0), 'a whole number, at least 0'],
  [z.number().max(3), 'a number, at most 3'],
  [z.int().min(0).max(Number.MAX_SAFE_INTEGER), 'a whole number from 0 to 9,007,199,254,740,991 (2^53 - 1)'],
  [z.number(), 'a number'],
])('a range in words: %#', (schema, words) => {
  expect(expectedNumber(schema)).toBe(words);
});

test('a parameter is its schema, and what is said of it', () => {
  const params = z.object({
    datasetId: z.int(),
    cropScale: field(z.number().gt(0).max(1).nullable().default(null), {
      label: 'Smallest crop',
      help: 'Smallest share of the area.',
      level: 'advanced',
      none: 'No crops',
    }),
  });
  const [crop, ...others] = fieldsOf(params);
  expect(others).toEqual([]); // what no field() declares is none
  expect(crop).toMatchObject({ name: 'cropScale', flag: 'crop-scale', label: 'Smallest crop' });
  expect(crop.kind).toMatchObject({ type: 'number', nullable: true, defaultValue: null });
  expect(params.parse({ datasetId: 1 })).toEqual({ datasetId: 1, cropScale: null });
});

test.each([
  ['embed', embedParams],
  ['fit', fitParams],
  ['issues', issuesParams],
  ['project', projectParams],
  ['control', controlParams],
  ['hard-factors', hardFactorsParams],
])('every parameter of %s is declared with its words', (_, schema) => {
  const named = fieldsOf(schema).map(({ name }) => name);
  expect(named).toEqual(Object.keys(schema.shape).filter((name) => name !== 'datasetId'));
});

test('two jobs that share a schema say their own of it', () => {
  const helpOf = (schema: z.ZodObject) => fieldsOf(schema).find(({ name }) => name === 'modelId')?.help;
  expect(helpOf(embedParams)).toBe('The network that makes the features.');
  expect(helpOf(projectParams)).toBe('The network whose features are laid out.');
});

test.each([
  [
    z.array(z.number().min(0).max(1)).min(2).max(20),
    'Between 2 and 20 numbers from 0 to 1, with commas between.',
  ],
  [z.array(z.number().min(0)).max(1000), 'At most 1,000 numbers, at least 0, with commas between.'],
  [z.number().gt(0).max(100).nullable(), 'A number above 0, up to 10,000, or empty.', '%'],
])('what fits, as a sentence: %#', (schema, sentence, unit?: string) => {
  const words = { label: 'x', help: 'x.', level: 'basic', ...(unit && { unit }) } as const;
  expect(expectedOf(fieldsOf(z.object({ x: field(schema, words) }))[0])).toBe(sentence);
});

test('numbers are read in any spelling; what is none of them fits no schema', () => {
  expect(numbersOf('0.9, 0.1; .5 0.5')).toEqual([0.9, 0.1, 0.5, 0.5]);
  expect(numbersOf('0.9, 0.1; .5 0.5', true)).toEqual([0.1, 0.5, 0.9]);
  expect(numbersOf(' ')).toEqual([]);
  expect(numbersOf('0.5, 1, ')).toEqual([0.5, 1]);
  expect(numbersOf('1,,2')).toEqual([1, Number.NaN, 2]);
  expect(numbersOf('half')).toEqual([Number.NaN]);
});
