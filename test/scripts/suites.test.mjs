import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readReport } from '../../scripts/suites.mjs';

const folder = mkdtempSync(join(tmpdir(), 'crux-suites-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(code, ...testResults) {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify({ testResults }));
  return readReport(file, code);
}
const passed = { fullName: 'a', status: 'passed', failureMessages: [] };
const failed = { fullName: 'b', status: 'failed', failureMessages: ['Error: 1 is not 2\n    at b.test.ts'] };
const skipped = { fullName: 'c', status: 'skipped', failureMessages: [] };

it('counts what passed and was skipped, and names what failed with its first line', () => {
  expect(read(1, { status: 'failed', assertionResults: [passed, failed, skipped] })).toEqual({
    passed: 1,
    skipped: 1,
    failures: [{ name: 'b', message: 'Error: 1 is not 2' }],
  });
});

it('counts the tests of a file that could not be set up as failed, not as skipped', () => {
  const broken = { name: 'c.test.ts', status: 'failed', message: 'Error: no database' };
  expect(read(1, { ...broken, assertionResults: [skipped] })).toMatchObject({
    skipped: 0,
    failures: [{ name: 'c', message: 'Error: no database' }],
  });
  expect(read(1, { ...broken, assertionResults: [] }).failures).toEqual([
    { name: '(the file c.test.ts)', message: 'Error: no database' },
  ]);
});

it('a run without a report, or with an error outside of any test, has failed', () => {
  expect(readReport(join(folder, 'nothing.json'), 137).failures).toHaveLength(1);
  expect(read(1, { status: 'passed', assertionResults: [passed] }).failures).toHaveLength(1);
  expect(read(0, { status: 'passed', assertionResults: [passed] }).failures).toEqual([]);
});
