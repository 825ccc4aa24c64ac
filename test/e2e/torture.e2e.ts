/**
 * The nastiest folder there is, imported in the app: every file is imported or listed, the engine's memory stays
 * bounded, and the window goes on answering all the while. Uses ../shared/data/torture.tar.gz; skipped without it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testIds } from '../../src/renderer/test-ids.ts';
import type { CruxBridge } from '../../src/shared/contract.ts';
import { openStored, type Stored } from './catalog.ts';
import { type Crux, launchCrux } from './launch.ts';

const archive = resolve(import.meta.dirname, '../../../shared/data/torture.tar.gz');
const usable = process.platform === 'linux' && existsSync(archive);
if (!usable)
  console.log('skipped: the torture import in the app (../shared/data/torture.tar.gz is not here)');

let crux: Crux;
let stored: Stored;
beforeAll(async () => {
  if (!usable) return;
  crux = await launchCrux();
  stored = openStored(crux.catalog);
});
afterAll(async () => {
  stored?.close();
  await crux?.close();
});

it.skipIf(!usable)('answers while it imports, and accounts for every file', async () => {
  const source = join(crux.scratch, 'torture');
  mkdirSync(source);
  execFileSync('tar', ['-xzf', archive, '-C', source]);
  await crux.page.evaluate(
    async (folder) => {
      const { crux } = globalThis as unknown as { crux: CruxBridge };
      const request = { kind: 'import' as const, params: { source: folder, name: 'torture' } };
      const answer = await crux.request('jobs.enqueue', { request });
      if (!answer.ok) throw new Error(answer.error.message);
    },
    await crux.choose('dataset-folder', source),
  );

  const job = () =>
    stored.rows<{ state: string; engine_pid: number | null; result: string }>(
      'SELECT state, engine_pid, result FROM jobs',
    )[0];
  let asked = 0;
  let slowestMs = 0;
  let peakKb = 0;
  // It is asked once at least, however soon the import is done.
  do {
    const started = performance.now();
    const answered = await crux.page.evaluate(async () => {
      const { crux } = globalThis as unknown as { crux: CruxBridge };
      return (await crux.request('datasets.list', {})).ok;
    });
    expect(answered).toBe(true);
    asked++;
    slowestMs = Math.max(slowestMs, performance.now() - started);
    const pid = job().engine_pid;
    const status = pid === null ? '' : `/proc/${pid}/status`;
    if (existsSync(status)) {
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0));
    }
  } while (['queued', 'running'].includes(job().state));
  console.log(
    `${asked} answers during the import, the slowest ${slowestMs.toFixed(0)} ms; engine ${(peakKb / 1024).toFixed(0)} MiB`,
  );
  expect(job().state).toBe('done');
  expect(peakKb).toBeGreaterThan(0);
  expect(peakKb).toBeLessThan(1.5 * 1024 * 1024);

  const { found, imported } = JSON.parse(job().result) as { found: number; imported: number };
  const skipped = stored.rows<{ path: string; reason: string }>('SELECT path, reason FROM skipped_files');
  expect(imported).toBeGreaterThan(200);
  expect(skipped.length).toBeGreaterThanOrEqual(found - imported);
  expect(skipped.every((file) => file.reason.length > 3)).toBe(true);
  await crux.page.getByTestId(testIds.nav('browse')).click();
  await expect.poll(() => crux.page.getByTestId(testIds.gridCount).textContent()).toContain(String(imported));
});
