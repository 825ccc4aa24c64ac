/**
 * Owns `npm test`: checks and builds the program, runs every suite, and closes with one line of figures,
 * "N passed, N failed, N skipped". Exit code 0 only when something ran and nothing failed.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { runStages, staticStages } from './check.mjs';
import { root, runTool } from './pinned-node.mjs';

// e2e drives one app at a time and is timed by a person's patience, so it runs after the others, alone.
const runs = [['pure', 'node', 'renderer', 'golden', 'torture'], ['e2e']];
const results = join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const totals = { passed: 0, failed: 0, skipped: 0 };

/** A run that ends without a report (out of memory, killed) is a failure, not silence. */
function count(file, code) {
  if (!existsSync(file)) {
    totals.failed++;
    return;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  let failed = 0;
  for (const suite of report.testResults) {
    const tests = suite.assertionResults;
    const of = (...states) => tests.filter((test) => states.includes(test.status)).length;
    const skipped = of('skipped', 'pending', 'todo', 'disabled');
    totals.passed += of('passed');
    failed += of('failed');
    // A file whose set-up broke ran none of its tests: they failed, they were not skipped.
    if (suite.status === 'failed' && of('failed') === 0) failed += Math.max(1, skipped);
    else totals.skipped += skipped;
  }
  if (code !== 0 && failed === 0) failed = 1; // an error outside of any test
  totals.failed += failed;
}

const broken = await runStages(staticStages);
totals.failed += broken.length;
totals.passed += staticStages.length - broken.length;
if ((await build('warn')) !== 0) {
  console.error('test: the build failed; the end-to-end suite needs it');
  totals.failed++;
}
for (const [index, projects] of runs.entries()) {
  const file = join(results, `run-${index}.json`);
  const code = await runTool('vitest/vitest.mjs', [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  count(file, code);
}
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
