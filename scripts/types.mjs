/** Owns `npm run types`: the compiler on each project: pure science, Node, the renderer, and specs that run code in the page. */
import { runTool } from './pinned-node.mjs';

let failed = 0;
for (const project of [
  'tsconfig.pure.json',
  'tsconfig.node.json',
  'tsconfig.web.json',
  'tsconfig.e2e.json',
]) {
  const code = await runTool('typescript/bin/tsc', ['--noEmit', '--pretty', 'false', '-p', project]);
  if (code !== 0) {
    console.error(`types: ${project} does not compile`);
    failed++;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
