/** Owns `npm run torture`: the attacks on the pinned Node, from wherever the command was given. */
import { join } from 'node:path';
import { root, runNode } from './pinned-node.mjs';

process.exitCode = await runNode([join(root, 'scripts', 'torture.ts'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
