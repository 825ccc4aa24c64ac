/** Owns which catalog a command opens: the same one as the app, unless told otherwise. */
import { join, resolve } from 'node:path';

export interface Machine {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
  cwd: string;
}

/** Where the app keeps its data (Electron's `userData` of an app called "crux"). */
export function userDataFolder({ env, platform, home }: Machine): string {
  if (platform === 'win32') return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'crux');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'crux');
  return join(env.XDG_CONFIG_HOME || join(home, '.config'), 'crux');
}

/** --catalog, else CRUX_CATALOG, else `catalog` in the user's data folder. */
export function catalogFolder(given: string | undefined, machine: Machine): string {
  const chosen = given || machine.env.CRUX_CATALOG;
  return chosen ? resolve(machine.cwd, chosen) : join(userDataFolder(machine), 'catalog');
}
