import { expect, it } from 'vitest';
import { jobTitle } from '../../../src/main/jobs/title.ts';
import { jobRequest } from '../../../src/shared/jobs/index.ts';

const titleOf = (request: unknown, dataset: string | null = 'pets') =>
  jobTitle(jobRequest.parse(request), dataset);

it('is one plain line, whatever the dataset and its classes are called', () => {
  expect(titleOf({ kind: 'score', params: { datasetId: 1 } }, 'a\n\x1b[2Jb\u202e')).toBe(
    'Score a\\n\\x1b[2Jb\\u202e (out-of-fold)',
  );
  expect(titleOf({ kind: 'import', params: { source: '/a/\x1b[31m', name: 'n' } }, null)).toBe(
    'Import n from \\x1b[31m',
  );
});

it('names a few classes, and counts the others', () => {
  const of = (classes: string[]) =>
    titleOf({ kind: 'generate', params: { datasetId: 1, count: 40, classes } });
  expect(of(['cat', 'dog'])).toBe('Generate 40 of cat, dog for pets');
  expect(of(Array.from({ length: 5000 }, (_, i) => `c${i}`))).toBe(
    'Generate 40 of c0, c1, c2, c3, c4 and 4995 more for pets',
  );
});
