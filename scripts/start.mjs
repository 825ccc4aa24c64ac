/** Owns `npm start`: builds the program where sources are newer than the bundles, and opens it. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { pinnedEnv, root } from './pinned-node.mjs';

/** The Electron binary; null where it was not fetched (asking the package itself would start a download). */
function electronBinary() {
  if (process.env.ELECTRON_EXE) return process.env.ELECTRON_EXE;
  const folder = join(root, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const binary = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) time = Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return time;
}

const built = join(root, 'out', 'renderer', 'index.html');
const stale = () => !existsSync(built) || newest(join(root, 'src')) > statSync(built).mtimeMs;

const electron = electronBinary();
if (electron === null) {
  console.error(
    'crux: the Electron binary is not here yet; fetch it once with "npx install-electron" (about 120 MB, needs the network) and run "npm start" again.',
  );
  process.exitCode = 1;
} else {
  const code = stale() ? await build() : 0;
  if (code !== 0) {
    process.exitCode = code;
  } else {
    const { NODE_OPTIONS, ELECTRON_RUN_AS_NODE, ...env } = pinnedEnv();
    const child = spawn(electron, [root, ...process.argv.slice(2)], { stdio: 'inherit', env });
    child.on('error', (error) => {
      console.error(`crux: ${electron} cannot be started: ${error.message}`);
      process.exitCode = 1;
    });
    child.on('exit', (exit) => {
      process.exitCode = exit ?? 1;
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  }
}
