/**
 * Owns where things lie: which catalog this process opens, and the folders of the installed program.
 * Free of Electron, so that tests can call it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The catalog folder: `--catalog DIR` or `--catalog=DIR`, else CRUX_CATALOG, else a folder of the user's data.
 * Relative folders are taken from `cwd`.
 */
export function catalogDirectory(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  userData: string,
  cwd: string,
): string {
  const at = argv.indexOf('--catalog');
  const inline = argv.find((a) => a.startsWith('--catalog='))?.slice('--catalog='.length);
  const next = at >= 0 ? argv[at + 1] : undefined;
  if (at >= 0 && (next === undefined || next.startsWith('-')))
    throw new Error('--catalog: no folder given; write --catalog DIR');
  const chosen = inline || next || env.CRUX_CATALOG;
  return chosen ? resolve(cwd, chosen) : join(userData, 'catalog');
}

/** Makes the folder and returns its one true name, so that two spellings of one catalog meet. */
export function openDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return realpathSync(directory);
}

/** Chromium's profile of one catalog: single-instance lock and window state are per catalog. */
export function profileDirectory(userData: string, catalog: string): string {
  return join(userData, 'profiles', createHash('sha256').update(catalog).digest('hex').slice(0, 16));
}
