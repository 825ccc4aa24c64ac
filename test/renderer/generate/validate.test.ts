import { expect, test } from 'vitest';
import { checkGenerate, type GenerateInput } from '../../../src/renderer/generate/validate.ts';
import { generateParams } from '../../../src/shared/jobs.ts';

const good = generateParams.parse({ datasetId: 1 });
const wrong = (change: Partial<GenerateInput>) => checkGenerate({ ...good, ...change });

test('the defaults of the job are right', () => {
  expect(checkGenerate(good)).toEqual({});
});

test('each field has its own sentence', () => {
  expect(wrong({ mu: 1.2 })).toEqual({ mu: 'A difficulty from 0 (easy) to 1 (hard).' });
  expect(Object.keys(wrong({ count: 0, steps: 1.5, seed: -1 })).sort()).toEqual(['count', 'seed', 'steps']);
  expect(wrong({ sigma: Number.NaN }).sigma).toContain('spread');
});

test('several classes need [CLS] in the prompt; one class does not', () => {
  expect(wrong({ prompt: 'a red hat' }).prompt).toContain('[CLS]');
  expect(wrong({ prompt: 'a red hat', classes: ['hat'] })).toEqual({});
  expect(wrong({ prompt: '  ', classes: ['hat'] }).prompt).toContain('Write a prompt');
});
