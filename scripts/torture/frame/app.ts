/** Owns whether the app itself can be attacked on this machine: campaigns say so where it cannot. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const built = resolve(import.meta.dirname, '../../../out/renderer/index.html');

/** What is missing, as the end of a sentence; null where the app can be started. */
export function appIsMissing(): string | null {
  if (!existsSync(built)) return 'the app is not built here (npm run build)';
  const chromium = process.env.CRUX_CHROMIUM ?? '/usr/bin/chromium';
  return process.env.ELECTRON_EXE || existsSync(chromium) ? null : `there is no Chromium at ${chromium}`;
}
