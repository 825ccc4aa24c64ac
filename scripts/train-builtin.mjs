/** Owns `npm run train:builtin`: the training of the built-in models on the pinned Node, from wherever the command was given. */
import { join } from 'node:path';
import { root, runNode } from './pinned-node.mjs';

process.exitCode = await runNode([join(root, 'scripts', 'train-builtin.ts'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
