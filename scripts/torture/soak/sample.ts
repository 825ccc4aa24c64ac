/** Owns what is measured of a long session between two rounds. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryMiB, openFiles } from '../frame/processes.ts';

/** After a round. */
export interface Sample {
  jobs: number;
  engineMiB: number;
  engineFiles: number;
  mainMiB: number;
  mainFiles: number;
  catalogBytes: number;
}

/** Of a measured engine: it is there when the garbage is collected. */
export const collectedFile = (catalog: string) => `${catalog}.collected`;

/** Of both processes, when their garbage is collected. */
export async function takeSample(
  engine: number,
  dir: string,
  jobs: number,
  signal: AbortSignal,
): Promise<Sample> {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  process.kill(engine, 'SIGUSR2');
  while (!existsSync(collectedFile(dir))) await sleep(20, undefined, { signal });
  rmSync(collectedFile(dir));
  return {
    jobs,
    engineMiB: memoryMiB(engine, 'VmRSS') ?? 0,
    engineFiles: openFiles(engine) ?? 0,
    mainMiB: memoryMiB(process.pid, 'VmRSS') ?? 0,
    mainFiles: openFiles(process.pid) ?? 0,
    catalogBytes: bytesBelow(dir),
  };
}

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/-(wal|shm)$/.test(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
