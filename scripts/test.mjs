/**
 * Owns `npm test`: checks and builds the program, runs every suite, and closes with one line of figures,
 * "N passed, N failed, N skipped". Exit code 0 only when something ran and nothing failed.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { runStages, staticStages } from './check.mjs';
import { resultsFolder, runSuites, suiteRuns } from './suites.mjs';

rmSync(resultsFolder, { recursive: true, force: true });
mkdirSync(resultsFolder, { recursive: true });

const totals = { passed: 0, failed: 0, skipped: 0 };
const broken = await runStages(staticStages);
totals.failed += broken.length;
totals.passed += staticStages.length - broken.length;
if ((await build('warn')) !== 0) {
  console.error('test: the build failed; the end-to-end suite needs it');
  totals.failed++;
}
for (const [index, names] of suiteRuns.entries()) {
  const ran = await runSuites(names, join(resultsFolder, `run-${index}.json`));
  totals.passed += ran.passed;
  totals.failed += ran.failures.length;
  totals.skipped += ran.skipped;
}
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
