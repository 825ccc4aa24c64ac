/**
 * Owns finding the Node that the project runs on: the pinned one from the lock file, installed as a package,
 * else the running one where it is new enough. Plain JavaScript, because an old Node may run this file.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Runs TypeScript sources as they are, and hooks modules synchronously.
const oldest = [22, 18];

/** Path of the Node to use; throws one sentence with the remedy where there is none. */
export function pinnedNode() {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const name of [`node-${platform}`, `node-bin-${platform}`]) {
    const path = join(root, 'node_modules', name, 'bin', file);
    if (existsSync(path)) return path;
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return process.execPath;
  throw new Error(
    `Crux needs Node ${oldest.join('.')} or newer, and this is ${process.versions.node}: run "npm ci" (it brings the right one for most machines) or install a newer Node.`,
  );
}

/** True when this process already runs on the pinned Node. */
export const onPinnedNode = () => realpathSync(pinnedNode()) === realpathSync(process.execPath);

/** What every process that loads native code needs in its environment: src/main/jobs/child-env.ts says why. */
export const nativeEnv = JSON.parse(readFileSync(join(root, 'src/main/jobs/native-env.json'), 'utf8'));

/** The environment in which child scripts find the pinned Node first, and native code what it needs. */
export function pinnedEnv(extra = {}) {
  const separator = process.platform === 'win32' ? ';' : ':';
  const first = `${dirname(pinnedNode())}${separator}${join(root, 'node_modules', '.bin')}`;
  return { ...process.env, ...extra, ...nativeEnv, PATH: `${first}${separator}${process.env.PATH ?? ''}` };
}

/**
 * Runs the pinned Node in the project root with the terminal's own streams; resolves with its exit code.
 * Signals that reach only this process are passed on (a terminal sends Ctrl-C to both by itself).
 */
export function runNode(args, { env = {}, cwd = root, stdio = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(pinnedNode(), args, { cwd, stdio, env: pinnedEnv(env) });
    const passOn = (signal) => child.kill(signal);
    const onInterrupt = (signal) => {
      if (!process.stdin.isTTY) passOn(signal);
    };
    process.on('SIGINT', onInterrupt).on('SIGTERM', passOn).on('SIGHUP', passOn);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', passOn).off('SIGHUP', passOn);
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15));
    });
  });
}

/** Runs an installed package's command line on the pinned Node. */
export const runTool = (file, args, options) => runNode([join(root, 'node_modules', file), ...args], options);
