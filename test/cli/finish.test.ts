/** Ending a training early from another terminal, and keeping one that was stopped; the real program. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { makeFolder } from '../main/support/pictures.ts';
import { writeTinyDiffusion } from '../main/support/tiny-diffusion.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const catalog = join(cwd, 'catalog');
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const endless = '100000';

beforeAll(async () => {
  writeTinyDiffusion(join(cwd, 'tiny'));
  await makeFolder(join(cwd, 'photos'), 4, 40);
  for (const line of ['import photos --name photos', 'models add tiny --name tiny']) {
    const ran = await crux(line.split(' '), cwd);
    expect(ran.exit, ran.stderr).toBe(0);
  }
});

/** Starts a training that would take hours; `act` gets job and process once it has taken some steps. */
function train(act: (jobId: number, pid: number) => void | Promise<void>) {
  return new Promise<{ exit: number | null; out: string }>((resolve, reject) => {
    const argv = ['train', 'photos', '--kind', 'plain', '--base-model', 'tiny', '--steps', endless, '--json'];
    const child = spawn(process.execPath, [main, ...argv], {
      cwd,
      env: { ...process.env, CRUX_CATALOG: catalog },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    const open = openCatalog(catalog);
    const look = setInterval(() => {
      const job = open.get<{ id: number }>(
        "SELECT id FROM jobs WHERE state = 'running' AND stage = 'training' AND done > 3",
      );
      if (!job) return;
      clearInterval(look);
      Promise.resolve(act(job.id, child.pid as number)).catch(reject);
    }, 50);
    child.on('close', (exit) => {
      clearInterval(look);
      open.close();
      resolve({ exit, out });
    });
  });
}

it('a running training is told from another terminal to end, and its own ends well', async () => {
  let said = '';
  const ran = await train(async (id) => {
    said = (await crux(['jobs', 'finish', String(id)], cwd)).stdout;
  });
  expect(said).toMatch(/ends after the step it is at, and keeps its model/);
  expect(ran.exit).toBe(0);
  const { job } = JSON.parse(ran.out) as { job: { result: { steps: number; modelId: string } } };
  expect(job.result.steps).toBeGreaterThan(3);
  expect(job.result.steps).toBeLessThan(Number(endless));
  expect((await crux(['models', 'list'], cwd)).stdout).toContain(job.result.modelId);
});

it('a training that was stopped is kept as it was; what is done or is no training is refused', async () => {
  let id = 0;
  const ran = await train((jobId, pid) => {
    id = jobId;
    process.kill(pid, 'SIGINT');
  });
  expect(ran.exit).toBe(130);
  const kept = await crux(['jobs', 'finish', String(id), '--json'], cwd);
  expect(kept.exit, kept.stderr).toBe(0);
  expect(json(kept)).toMatchObject({ job: { state: 'done', result: { images: 12 } } });
  const again = await crux(['jobs', 'finish', String(id)], cwd);
  expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining(`job ${id} is done already`)]);
  const other = await crux(['jobs', 'finish', '1'], cwd);
  expect(other.exit).toBe(1);
  expect(other.stderr).toMatch(/job 1 \(import\) keeps nothing unless it runs to its end/);
});
