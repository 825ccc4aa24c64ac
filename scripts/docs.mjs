/** Owns `npm run docs`: the generated parts of docs/ on the pinned Node. */
import { join } from 'node:path';
import { root, runNode } from './pinned-node.mjs';

process.exitCode = await runNode([join(root, 'scripts', 'docs.ts')], { cwd: root });
