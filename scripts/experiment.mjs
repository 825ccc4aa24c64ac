/** Owns `npm run experiment -- NAME`: one of scripts/experiments on the pinned Node, from wherever the command was given. */
import { join } from 'node:path';
import { root, runNode } from './pinned-node.mjs';

const names = ['ablations', 'control', 'hard-factors', 'label-issues'];
const [name = '', ...options] = process.argv.slice(2);
if (names.includes(name)) {
  process.exitCode = await runNode([join(root, 'scripts', 'experiments', `${name}.ts`), ...options], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
  });
} else {
  console.error(
    `experiment ${name || '(not named)'}: wanted npm run experiment -- ${names.join(' | ')}, and its options`,
  );
  process.exitCode = 2;
}
