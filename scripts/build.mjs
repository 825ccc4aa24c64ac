/** Owns `npm run build`: window, preload and main for Electron, then engine and command line for Node. */
import { pathToFileURL } from 'node:url';
import { runTool } from './pinned-node.mjs';

/** Resolves with an exit code. */
export async function build(level = 'info') {
  const code = await runTool('electron-vite/bin/electron-vite.js', ['build', '--logLevel', level]);
  if (code !== 0) return code;
  return runTool('vite/bin/vite.js', ['build', '--config', 'node.vite.config.ts', '--logLevel', level]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await build();
