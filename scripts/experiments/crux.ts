/** Owns running the product's command line for an experiment, once: what has been run is not run again. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobKind, JobResult } from '../../src/shared/jobs/index.ts';

const program = join(import.meta.dirname, '../../src/cli/main.ts');

export type Answer = Record<string, unknown>;
/** The end of a job that a command waited for. */
export interface JobEnd<K extends JobKind> {
  id: number;
  seconds: number;
  result: JobResult<K>;
}

/** One command on one catalog, its progress shown where asked for; what its --json says. @throws its error */
export function crux(catalog: string, args: readonly string[], { progress = false } = {}): Answer {
  const ran = spawnSync(process.execPath, [program, ...args, '--catalog', catalog, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', progress ? 'inherit' : 'pipe'],
  });
  if (ran.status !== 0) {
    const said = (ran.stderr || ran.stdout).trim().split('\n').at(-1);
    throw new Error(`crux ${args[0]}: ${said}`);
  }
  return JSON.parse(ran.stdout);
}

/**
 * The job that a command starts, from `file` where the very same command ended before: an experiment of many hours that
 * is stopped goes on where it was, and one that is given more seeds runs these only.
 */
export function remembered(file: string, catalog: string) {
  const done: Record<string, JobEnd<JobKind>> = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : {};
  return <K extends JobKind>(args: readonly [K, ...string[]]): JobEnd<K> => {
    const key = args.join(' ');
    if (!done[key]) {
      console.error(`crux ${key}`);
      done[key] = crux(catalog, args, { progress: true }).job as JobEnd<JobKind>;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${JSON.stringify(done, null, 1)}\n`);
      renameSync(`${file}.new`, file);
    }
    return done[key] as JobEnd<K>;
  };
}
