/** Owns `npm run check`: types, lint and format, directions of imports, pure tests; under a minute. */
import { join } from 'node:path';
import { root, runNode, runTool } from './pinned-node.mjs';

const stages = [
  ['types', () => runNode([join(root, 'scripts/types.mjs')])],
  ['lint', () => runTool('@biomejs/biome/bin/biome', ['check', '.', '--error-on-warnings'])],
  ['layers', () => runNode([join(root, 'scripts/layers.mjs')])],
  ['pure tests', () => runTool('vitest/vitest.mjs', ['run', '--project', 'pure', '--reporter', 'dot'])],
];

const failed = [];
const started = performance.now();
const secondsSince = (from) => ((performance.now() - from) / 1000).toFixed(1);
for (const [name, run] of stages) {
  const from = performance.now();
  const code = await run();
  console.log(`check: ${name} ${code === 0 ? 'ok' : 'FAILED'} (${secondsSince(from)} s)`);
  if (code !== 0) failed.push(name);
}
console.log(
  failed.length === 0
    ? `check: all good in ${secondsSince(started)} s`
    : `check: ${failed.join(', ')} failed after ${secondsSince(started)} s`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
