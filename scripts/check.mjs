/**
 * Owns `npm run check`: types, lint and format, directions of imports, tables by text, pure tests; under a minute.
 * `npm test` runs the first four: what does not compile, or breaks one of these rules, is a failed test.
 */
import { join } from 'node:path';
import { root, runNode, runTool } from './pinned-node.mjs';

export const staticStages = [
  ['types', () => runNode([join(root, 'scripts/types.mjs')])],
  ['lint', () => runTool('@biomejs/biome/bin/biome', ['check', '.', '--error-on-warnings'])],
  ['layers', () => runNode([join(root, 'scripts/layers.mjs')])],
  ['tables', () => runNode([join(root, 'scripts/tables.mjs')])],
];
const pureTests = [
  'pure tests',
  () => runTool('vitest/vitest.mjs', ['run', '--project', 'pure', '--reporter', 'dot']),
];

/** Runs every stage, whatever fails. @returns the names of those that failed. */
export async function runStages(stages) {
  const failed = [];
  for (const [name, run] of stages) {
    const from = performance.now();
    const code = await run();
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    console.log(`check: ${name} ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
    if (code !== 0) failed.push(name);
  }
  return failed;
}

if (import.meta.filename === process.argv[1]) {
  const failed = await runStages([...staticStages, pureTests]);
  console.log(failed.length === 0 ? 'check: all good' : `check: ${failed.join(', ')} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
