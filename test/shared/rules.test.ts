import { expect, test } from 'vitest';
import { z } from 'zod';
import { field, fieldsOf } from '../../src/shared/field.ts';
import { problemsOf, withoutRules, withRules } from '../../src/shared/rules.ts';

const words = { label: 'x', help: 'x.', level: 'basic' } as const;

const schema = withRules(
  z.object({
    low: field(z.number().min(0).max(1).default(0), words),
    high: field(z.number().min(0).max(1).nullable().default(1), words),
    name: field(z.string().max(3, 'text of at most 3 characters').default(''), words),
  }),
  { high: ({ low, high }) => (high !== null && low > high ? 'The highest is below the lowest.' : null) },
);

test('a rule speaks at the parameter that it names, and the fields stay reachable', () => {
  expect(fieldsOf(schema).map(({ name }) => name)).toEqual(['low', 'high', 'name']);
  expect(problemsOf(schema, {})).toEqual({});
  expect(problemsOf(schema, { low: 0.5, high: 0.2 })).toEqual({ high: 'The highest is below the lowest.' });
  expect(schema.safeParse({ low: 0.5, high: null }).success).toBe(true);
});

test('a parameter that does not fit by itself is told its range, and rules wait until all fit', () => {
  expect(problemsOf(schema, { low: 2, high: 'x', name: 'long' })).toEqual({
    low: 'A number from 0 to 1.',
    high: 'A number from 0 to 1, or empty.',
    name: 'text of at most 3 characters',
  });
});

test('a rule holds inside what a job is asked for by', () => {
  const request = z.discriminatedUnion('kind', [z.object({ kind: z.literal('draw'), params: schema })]);
  const { error } = request.safeParse({ kind: 'draw', params: { low: 1, high: 0 } });
  expect(error?.issues).toMatchObject([
    { path: ['params', 'high'], message: 'The highest is below the lowest.' },
  ]);
});

test('without its rules each parameter is still checked by itself', () => {
  expect(problemsOf(withoutRules(schema), { low: 0.5, high: 0.2 })).toEqual({});
  expect(problemsOf(withoutRules(schema), { low: 2 })).toEqual({ low: 'A number from 0 to 1.' });
});
