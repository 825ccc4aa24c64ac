import { expect, test } from 'vitest';
import { leftOutText, resultText } from '../../../src/renderer/jobs/result-text.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';

const job = (kind: Job['kind'], result: Job['result']) => ({ kind, result }) as Job;

test('images that were left out are told apart from the figures, however many those are', () => {
  const figures = { modelId: 'model:1', a: 1, b: 2, c: 3, d: 4, e: 5 };
  expect(resultText(job('train', { ...figures, changed: 2, missing: 1 }))).toBe(
    'a 1, b 2, c 3, d 4; left out: 2 changed, 1 missing',
  );
  expect(resultText(job('train', { ...figures, changed: 0, missing: 0 }))).toBe('a 1, b 2, c 3, d 4');
  expect(leftOutText(job('export', { missing: 1200 }))).toBe('left out: 1,200 missing');
});

test('what an import found changed it has brought in', () => {
  expect(resultText(job('import', { found: 5, changed: 2 }))).toBe('found 5, changed 2');
});
