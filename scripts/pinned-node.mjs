/**
 * Owns finding the Node that the project runs on: the pinned one from the lock file, installed as a package,
 * else the running one where it is new enough. Plain JavaScript, because an old Node may run this file.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
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

/** What every process that loads native code needs in its environment: src/main/runtime/child-env.ts says why. */
export const nativeEnv = JSON.parse(readFileSync(join(root, 'src/main/runtime/native-env.json'), 'utf8'));

/** The environment in which child scripts find the pinned Node first, and native code what it needs. */
export function pinnedEnv(extra = {}) {
  const separator = process.platform === 'win32' ? ';' : ':';
  const first = `${dirname(pinnedNode())}${separator}${join(root, 'node_modules', '.bin')}`;
  return { ...process.env, ...extra, ...nativeEnv, PATH: `${first}${separator}${process.env.PATH ?? ''}` };
}

/** A terminal sends Ctrl+C to both processes by itself. */
const usuallyPassedOn = () => ['SIGTERM', 'SIGHUP', ...(process.stdin.isTTY ? [] : ['SIGINT'])];

/**
 * Runs the pinned Node in the project root with the terminal's own streams; resolves with its exit code, 128 and the
 * signal's number where one ended it. This process outlives signals, and passes on those of `passOn`.
 */
export function runNode(args, { env = {}, cwd = root, stdio = 'inherit', passOn = usuallyPassedOn() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(pinnedNode(), args, { cwd, stdio, env: pinnedEnv(env) });
    const onSignal = (signal) => {
      if (passOn.includes(signal)) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, onSignal);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, onSignal);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Runs an installed package's command line on the pinned Node. */
export const runTool = (file, args, options) => runNode([join(root, 'node_modules', file), ...args], options);
