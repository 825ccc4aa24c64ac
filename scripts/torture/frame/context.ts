/** Owns what a campaign is given: seeded chance, a folder, the command line, and datasets of our own drawing. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { writeDemoDataset } from '../../../src/cli/demo/dataset.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import type { CampaignContext, CruxOptions, CruxRun } from './campaign.ts';
import { ended } from './ended.ts';

export const program = resolve(import.meta.dirname, '../../../bin/crux.mjs');

const MINUTE = 60_000;

export interface ContextParts
  extends Pick<CampaignContext, 'seed' | 'quick' | 'folder' | 'signal' | 'log' | 'progress'> {
  name: string;
}

export function campaignContext({ name, ...parts }: ContextParts): CampaignContext {
  const { folder, seed, signal } = parts;
  const drawn = new Map<string, Promise<string>>();
  const scenes = (perClass: number, size: number): Promise<string> => {
    const out = join(folder, `scenes-${perClass}-${size}`);
    let written = drawn.get(out);
    if (!written) {
      const options = { perClass, size, seed, perLevel: 1, trainSteps: 1 };
      written = writeDemoDataset(out, options, () => signal.throwIfAborted()).then(() => out);
      drawn.set(out, written);
    }
    return written;
  };
  return {
    ...parts,
    rng: rngFromSeed(seed, name),
    crux: (args, options) => runCrux(args, folder, signal, options),
    scenes,
    photos: (n) => scenes(Math.ceil(n / 10), 64),
  };
}

function runCrux(
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
  options: CruxOptions = {},
): Promise<CruxRun> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? folder,
    env: { ...process.env, CRUX_CATALOG: join(folder, 'catalog'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.detached ?? false,
    timeout: options.timeoutMs ?? 10 * MINUTE,
    killSignal: 'SIGKILL',
    signal,
  });
  const run = ended(child);
  if (child.pid !== undefined) options.onStart?.(child.pid);
  return run;
}
