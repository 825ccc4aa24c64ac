/** Ctrl+C and a killed engine, on the real program in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const catalog = join(cwd, 'catalog');
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const images = 10 * 40;

/** Runs the program; `act` gets its process once progress has passed 10 %. */
function run(
  argv: string[],
  act: (pid: number) => void,
): Promise<{ exit: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...argv], {
      cwd,
      env: { ...process.env, CRUX_CATALOG: catalog },
    });
    let out = '';
    let err = '';
    let acted = false;
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
      if (acted || !/ (1|2)\d %/.test(err)) return;
      acted = true;
      act(child.pid as number);
    });
    child.on('close', (exit) => resolve({ exit, out, err }));
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
    const ran = await run(['import', 'scenes', '--name', 'one'], (pid) => process.kill(pid, 'SIGINT'));
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
    const ran = await run(['import', 'scenes', '--name', 'two', '--json'], () => {
      const open = openCatalog(catalog);
      const pid = open.value<number>("SELECT engine_pid FROM jobs WHERE state = 'running'");
      open.close();
      process.kill(pid as number, 'SIGKILL');
    });
    expect(ran.exit).toBe(0);
    expect(ran.err).toMatch(/ended by SIGKILL; a new one goes on/);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: true, dataset: { images } });
  });
});
