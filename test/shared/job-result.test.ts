/** What this version makes of results that another one wrote. */
import { expect, test } from 'vitest';
import { job, storedResult } from '../../src/shared/jobs/job.ts';

test('a field that is missing or does not fit is missing, and the others are read', () => {
  expect(storedResult('train', { modelId: 'model:2', steps: 'many', images: 12 })).toEqual({
    modelId: 'model:2',
    images: 12,
  });
});

test('a list is whole or missing', () => {
  const fits = { className: 'hat', candidates: 3, accepted: 2, atLimit: 0 };
  expect(storedResult('generate', { generated: 2, acceptance: [fits, { className: 'cap' }] })).toEqual({
    generated: 2,
  });
  expect(storedResult('generate', { acceptance: [fits] })).toEqual({ acceptance: [fits] });
});

test('a figure that no schema knows stays for the lists of figures', () => {
  expect(storedResult('export', { exported: 7, images: 7 })).toEqual({ exported: 7, images: 7 });
});

test.each([
  ['none yet', null],
  ['a text', 'done'],
  ['a number', 3],
])('%s is no result', (_, written) => {
  expect(storedResult('score', written)).toBeNull();
});

test('the contract reads a job like the catalog, by its kind', () => {
  const row = {
    ...{ id: 1, datasetId: 1, title: 'x', state: 'done', stage: '', done: 1, total: 1, secondsLeft: null },
    ...{ error: null, device: 'cpu', createdAt: 0, startedAt: 0, finishedAt: 1, params: {} },
  };
  const result = { file: 'issues/1/issues.json', images: -1, modelId: 4 };
  expect(job.parse({ ...row, kind: 'issues', result }).result).toEqual({ file: result.file, modelId: 4 });
  expect(job.parse({ ...row, kind: 'fit', result }).result).toEqual({ file: result.file });
  expect(() => job.parse({ ...row, kind: 'sing', result })).toThrow();
});
