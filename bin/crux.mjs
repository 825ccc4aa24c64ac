#!/usr/bin/env node
/** Owns the command `crux`: runs the command line on the pinned Node, whichever Node started this file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nativeEnv, onPinnedNode, root, runNode } from '../scripts/pinned-node.mjs';

// A checkout runs its sources; Node strips types from no file below node_modules.
const source = join(root, 'src', 'cli', 'main.ts');
const built = join(root, 'out', 'main', 'cli.mjs');
const entry = existsSync(source) && !root.includes('node_modules') ? source : built;

try {
  if (onPinnedNode()) {
    process.argv[1] = entry;
    Object.assign(process.env, nativeEnv);
    await import(pathToFileURL(entry).href);
  } else {
    const code = await runNode([entry, ...process.argv.slice(2)], {
      cwd: process.cwd(),
      // All of them, also from a terminal: the command takes two that come at once for one.
      passOn: ['SIGINT', 'SIGTERM', 'SIGHUP'],
    });
    process.exitCode = code;
    // As the command below does (src/cli/leave.ts): Node aborts where the terminal it would reset is gone.
    if (code === 129 && process.platform !== 'win32') process.kill(process.pid, 'SIGHUP');
  }
} catch (error) {
  console.error(`crux: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
