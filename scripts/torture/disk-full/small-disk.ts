/**
 * Owns a small disk of its own for attacks and tests: a tmpfs in a mount namespace, which needs Linux and no rights. What
 * runs on it runs in that namespace; nothing else sees it, and it is gone with its holder.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { CruxRun } from '../frame/campaign.ts';
import { ended } from '../frame/ended.ts';

export interface SmallDisk {
  /** Where it is, in its namespace. */
  readonly folder: string;
  /** Runs a program there. `onError` gets what it has printed to standard error so far. */
  run(
    argv: readonly string[],
    o?: { env?: NodeJS.ProcessEnv; onError?: (text: string) => void },
  ): Promise<CruxRun>;
  /** Fills it until `bytes` are free (or frees what filled it before). */
  leave(bytes: number): Promise<void>;
  /** Bytes that are free. */
  free(): Promise<number>;
  close(): Promise<void>;
}

const filler = `
const { closeSync, openSync, rmSync, statfsSync, writeSync } = require('node:fs');
const [folder, wanted] = process.argv.slice(1);
const free = () => { const { bavail, bsize } = statfsSync(folder); return bavail * bsize; };
if (wanted !== undefined) {
  rmSync(folder + '/filler', { force: true });
  const file = openSync(folder + '/filler', 'w');
  const block = Buffer.alloc(65536, 1);
  try {
    for (let over = free() - Number(wanted); over > 0; over = free() - Number(wanted))
      writeSync(file, block, 0, Math.min(block.length, Math.max(4096, over)));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  }
  closeSync(file);
}
process.stdout.write(String(free()));
`;

/** @returns the disk, or why there can be none on this machine. */
export async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk | string> {
  if (process.platform !== 'linux') return 'a small disk without rights exists on Linux only';
  const tried = spawnSync('unshare', ['-rm', 'true']);
  if (tried.status !== 0)
    return `unshare does not work here (${tried.error?.message ?? String(tried.stderr).trim()})`;
  mkdirSync(folder, { recursive: true });
  const script = 'mount -t tmpfs -o "size=$2m" none "$1" && echo mounted && exec sleep infinity';
  const holder = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, String(megabytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((done, fail) => {
    holder.stdout.once('data', () => done());
    holder.once('exit', (code) => fail(new Error(`the small disk could not be mounted (exit code ${code})`)));
  });
  const inside = (argv: readonly string[]) => [
    ...['--target', String(holder.pid), '--user', '--mount', '--preserve-credentials', '--'],
    ...argv,
  ];
  const run: SmallDisk['run'] = (argv, { env = process.env, onError } = {}) =>
    ended(spawn('nsenter', inside(argv), { env, stdio: ['ignore', 'pipe', 'pipe'] }), onError);
  const node = async (...args: string[]) => {
    const ran = await run([process.execPath, '-e', filler, folder, ...args]);
    if (ran.exit !== 0) throw new Error(`small disk: ${ran.err}`);
    return Number(ran.out);
  };
  return {
    folder,
    run,
    leave: async (bytes) => void (await node(String(bytes))),
    free: () => node(),
    close: async () => {
      const ended = new Promise((done) => holder.once('exit', done));
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
