import { expect, test } from 'vitest';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import type { JobParams } from '../../src/shared/jobs/index.ts';
import { problemsOf } from '../../src/shared/rules.ts';

const good = generateParams.parse({ datasetId: 1 });
const wrong = (change: Partial<JobParams<'generate'>>) => problemsOf(generateParams, { ...good, ...change });

test('the defaults of the job are right', () => {
  expect(problemsOf(generateParams, good)).toEqual({});
});

test('each field has its own sentence', () => {
  expect(wrong({ mu: 1.2 })).toEqual({ mu: 'A number from 0 to 1.' });
  expect(Object.keys(wrong({ count: 0, steps: 1.5, seed: -1 })).sort()).toEqual(['count', 'seed', 'steps']);
  expect(wrong({ sigma: Number.NaN }).sigma).toBe('A number from 0 to 1.');
});

test('a seed is told its bound, and CLIP skip what it may be', () => {
  expect(wrong({ seed: 2 ** 53 }).seed).toBe('A whole number from 0 to 9,007,199,254,740,991 (2^53 - 1).');
  expect(wrong({ seed: 2 ** 53 - 1 })).toEqual({});
  expect(wrong({ clipSkip: 0 }).clipSkip).toContain('from 1 to');
  expect(wrong({ clipSkip: 2 })).toEqual({});
});

test('several classes need [CLS] in the prompt; one class does not', () => {
  expect(wrong({ prompt: 'a red hat' }).prompt).toContain('[CLS]');
  expect(wrong({ prompt: 'a red hat', classes: ['hat'] })).toEqual({});
  expect(wrong({ prompt: '  ', classes: ['hat'] }).prompt).toContain('Write a prompt');
});

test('a range has its lower end first, and a histogram a count', () => {
  expect(wrong({ distribution: 'uniform', low: 0.6, high: 0.4 })).toHaveProperty('high');
  expect(wrong({ distribution: 'normal', low: 0.6, high: 0.4 })).toEqual({});
  expect(wrong({ distribution: 'bins' }).bins).toContain('above 0');
  expect(wrong({ distribution: 'bins', bins: [1, Number.NaN] }).bins).toContain('commas');
  expect(wrong({ keepMin: 0.6, keepMax: 0.4 })).toHaveProperty('keepMax');
});

test('choices that are not written right are named by line and column', () => {
  expect(wrong({ prompt: 'a [CLS] {by day' }).prompt).toMatch(/^Line 1, column 9: this \{ is never closed/);
  const prompts = ['# mine', 'a [CLS]', 'a [CLS] } b'];
  expect(wrong({ promptSource: 'list', prompts }).prompts).toMatch(/^Line 3, column 9: /);
  expect(wrong({ promptSource: 'captions', captionPrompt: '[CAPTION] {' }).captionPrompt).toContain(
    'column 11',
  );
});

test('a list of prompts needs one, and each says where the class belongs', () => {
  const list = (...prompts: string[]) => wrong({ promptSource: 'list', prompts }).prompts;
  expect(list('', '# nothing')).toContain('Write a prompt');
  expect(list('a [CLS]', '', 'a hat')).toContain('Line 3');
  expect(wrong({ promptSource: 'list', prompts: ['a hat'], classes: ['hat'] })).toEqual({});
  expect(wrong({ promptSource: 'captions', captionPrompt: 'no place' }).captionPrompt).toContain('[CAPTION]');
});
