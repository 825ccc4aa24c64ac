/**
 * Owns what package-lock.json leaves out: the Node that each package asks for. `npm ci` compares it with the Node that
 * npm itself runs on and warns, while here every package runs on the pinned Node. Run `npm run lock` after a change of
 * dependencies; test/scripts/lock.test.mjs compares with the pinned Node instead. See docs/decisions/0008.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pinned-node.mjs';

export const readLock = () => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

/** The packages of a lock file by their folders; the project itself is not one of them. */
export const lockedPackages = (lock) => Object.entries(lock.packages).filter(([folder]) => folder !== '');

/** Removes `engines` from every package. @returns how many had it. */
export function leaveOutEngines(lock) {
  const having = lockedPackages(lock).filter(([, entry]) => entry.engines !== undefined);
  for (const [, entry] of having) delete entry.engines;
  return having.length;
}

if (import.meta.filename === process.argv[1]) {
  const lock = readLock();
  const count = leaveOutEngines(lock);
  writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`lock: left out the Node that ${count} packages ask for`);
}
