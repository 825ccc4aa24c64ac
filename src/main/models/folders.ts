/** Owns where the models that ship with Crux are: in the repository, or beside the packaged program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What the folders below resources/models are called. */
export type BuiltIn = 'diffusion' | 'encoder' | 'clip';

/**
 * The folder of a built-in model. Sources lie four levels below the repository, the bundle two; a packaged
 * program sets CRUX_RESOURCES to its resources folder.
 */
export function builtInModelFolder(name: BuiltIn): string {
  const candidates = [
    process.env.CRUX_RESOURCES,
    join(import.meta.dirname, '../../../resources'),
    join(import.meta.dirname, '../../resources'),
  ];
  for (const base of candidates) {
    if (base && existsSync(join(base, 'models'))) return join(base, 'models', name);
  }
  throw new Error(`the built-in models are missing: no resources/models beside the program; reinstall Crux`);
}
