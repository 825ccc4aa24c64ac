/** A parameter that is declared, and nothing else: checked, counted for memory, and recorded. */
import { expect, test } from 'vitest';
import { controlParams } from '../../src/shared/jobs/control.ts';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import { jobRequest } from '../../src/shared/jobs/index.ts';
import { memoryInputs } from '../../src/shared/jobs/memory.ts';
import { recordedRows, settingsOf } from '../../src/shared/recorded.ts';
import { problemsOf } from '../../src/shared/rules.ts';
import { declareThrowAway } from './throw-away.ts';

const jobs = [
  ['generate', generateParams],
  ['control', controlParams],
] as const;
for (const [, schema] of jobs) declareThrowAway(schema);

test.each(jobs)('%s: it is checked, with a sentence and a default of its own', (kind, schema) => {
  expect(problemsOf(schema, { datasetId: 1, throwAway: 8 })).toEqual({ throwAway: 'A number from 2 to 7.' });
  expect(jobRequest.parse({ kind, params: { datasetId: 1 } }).params).toMatchObject({ throwAway: 3 });
});

test.each(jobs)('%s: memory is asked for anew when it changes, and not for a prompt', (kind, schema) => {
  const params = { ...schema.parse({ datasetId: 1, prompt: 'a [CLS]' }), throwAway: 4 };
  const asked = memoryInputs(kind, params);
  expect(asked).toMatchObject({ kind, params: { datasetId: 1, throwAway: 4, batchSize: 8 } });
  expect(asked.params).not.toHaveProperty('prompt');
  expect(asked.params).not.toHaveProperty('seed');
});

test.each(jobs)('%s: it is recorded where it is not as usual, and told under its label', (_, schema) => {
  const params: Record<string, unknown> = schema.parse({ datasetId: 1, eta: 0.5, steps: 7 });
  expect(settingsOf(schema, params)).toBeUndefined(); // what has its own place is not recorded twice
  const settings = settingsOf(schema, { ...params, throwAway: 4 });
  expect(settings).toEqual({ throwAway: 4 });
  const rows = recordedRows(schema, { prompt: 'a cat', scheduler: 'ddim', settings });
  expect(rows.get('throwAway')).toEqual(['Throw-away', '4 km']);
  expect(rows.get('scheduler')).toEqual(['Scheduler', 'DDIM']);
  expect(rows.has('eta')).toBe(false);
});
