/** Ctrl+C and a killed engine, on the real program in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { type Catalog, listJobs, openCatalog } from '../../src/main/catalog/index.ts';
import { holdAt, isHeldAt, letGo } from '../main/support/hold.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const catalog = join(cwd, 'catalog');
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const hook = pathToFileURL(join(import.meta.dirname, 'held-engine-hook.mjs')).href;
const images = 10 * 40;

/** Where the tests act: a fifth of the images is read. */
const underWay = { stage: 'reading images', done: images / 5 };

/** Runs the program; `act` gets its process once the engine waits at `underWay`, and lets it go on. */
function run(
  argv: string[],
  act: (pid: number, stored: Catalog) => void | Promise<void>,
): Promise<{ exit: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const stored = openCatalog(catalog);
    holdAt(catalog, underWay);
    const child = spawn(process.execPath, ['--import', hook, main, ...argv], {
      cwd,
      env: { ...process.env, CRUX_CATALOG: catalog },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    const look = setInterval(() => {
      const held = listJobs(stored, 1).some((job) => isHeldAt(underWay, job));
      if (!held) return;
      clearInterval(look);
      Promise.resolve(act(child.pid as number, stored)).catch(reject);
    }, 20);
    child.on('close', (exit) => {
      clearInterval(look);
      stored.close();
      resolve({ exit, out, err });
    });
  });
}

const rows = () => {
  const open = openCatalog(catalog);
  const all = open.all<{ id: number; hash: string; created_at: number }>(
    'SELECT id, hash, created_at FROM images ORDER BY id',
  );
  open.close();
  return all;
};

beforeAll(() =>
  writeDemoDataset(
    join(cwd, 'scenes'),
    { perClass: 40, size: 24, seed: 9, perLevel: 1, trainSteps: 1 },
    () => {},
  ),
);

describe('a running job', () => {
  it('is cancelled by Ctrl+C, and jobs resume goes on with it', async () => {
    const ran = await run(['import', 'scenes', '--name', 'one'], async (pid, stored) => {
      process.kill(pid, 'SIGINT');
      await expect.poll(() => stored.value('SELECT cancel_requested FROM jobs')).toBe(1);
      letGo(catalog);
    });
    expect(ran.exit).toBe(130);
    expect(ran.err).toMatch(/stopping .* at the next safe point/);
    const id = /crux jobs resume (\d+)/.exec(ran.err)?.[1] as string;
    const before = rows();
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(images);
    const resumed = await crux(['jobs', 'resume', id, '--json'], cwd);
    expect(resumed.exit).toBe(0);
    const { result } = json(resumed).job as { result: Record<string, number> };
    expect(result.imported).toBe(images);
    expect(rows().slice(0, before.length)).toEqual(before); // what was read before is not read again
  });

  it('goes on by itself when its engine is killed', async () => {
    const ran = await run(['import', 'scenes', '--name', 'two', '--json'], (_, stored) => {
      process.kill(stored.value<number>("SELECT engine_pid FROM jobs WHERE state = 'running'")!, 'SIGKILL');
      letGo(catalog);
    });
    expect(ran.exit).toBe(0);
    expect(ran.err).toMatch(/ended by SIGKILL; a new one resumes the job/);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: true, dataset: { images } });
  });
});
