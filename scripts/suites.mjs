/** Owns running test suites and reading what became of them, for `npm test` and `npm run test:stress` alike. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './pinned-node.mjs';

/** e2e drives one app at a time, and runs after the others, alone. */
export const suiteRuns = [['pure', 'node', 'renderer', 'golden', 'torture'], ['e2e']];
export const suites = suiteRuns.flat();
export const resultsFolder = join(root, 'test-results');

/**
 * Runs these suites and writes their report to `file`. `filters` choose test files by their paths.
 * @returns what `readReport` finds there.
 */
export async function runSuites(names, file, { filters = [], stdio } = {}) {
  rmSync(file, { force: true });
  const code = await runTool(
    'vitest/vitest.mjs',
    [
      'run',
      ...names.flatMap((name) => ['--project', name]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...filters,
    ],
    { stdio },
  );
  return readReport(file, code);
}

/** A run that ends without a report (out of memory, killed) has failed; so has one with an error outside of any test. */
export function readReport(file, code) {
  const found = { passed: 0, skipped: 0, failures: [] };
  const fail = (name, message) => found.failures.push({ name, message: firstLine(message) });
  if (!existsSync(file)) {
    fail('(the whole run)', `it ended with code ${code} and without a report`);
    return found;
  }
  for (const { name: path, status, message, assertionResults } of JSON.parse(readFileSync(file, 'utf8'))
    .testResults) {
    const of = (...states) => assertionResults.filter((test) => states.includes(test.status));
    const skipped = of('skipped', 'pending', 'todo', 'disabled');
    found.passed += of('passed').length;
    for (const { fullName, failureMessages } of of('failed')) fail(fullName, failureMessages[0]);
    if (status !== 'failed' || of('failed').length > 0) found.skipped += skipped.length;
    // A file whose set-up broke ran none of its tests: they failed, they were not skipped.
    else if (skipped.length === 0) fail(`(the file ${path})`, message);
    else for (const { fullName } of skipped) fail(fullName, message);
  }
  if (code !== 0 && found.failures.length === 0)
    fail('(outside of any test)', `the run ended with code ${code}`);
  return found;
}

const firstLine = (text) => String(text ?? '').split('\n', 1)[0] || 'no message';
