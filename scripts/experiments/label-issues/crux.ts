/** Owns running the product's command line for an experiment. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../../src/cli/main.ts');

/** One command on one catalog; what its --json says. @throws its error */
export function crux(catalog: string, args: readonly string[]): Record<string, unknown> {
  const ran = spawnSync(process.execPath, [program, ...args, '--catalog', catalog, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (ran.status !== 0) throw new Error(`crux ${args[0]}: ${ran.stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(ran.stdout);
}
