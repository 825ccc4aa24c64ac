/**
 * Starting the program on an empty catalog: every screen opens, the native menu reaches the page, typed
 * arrays cross the bridge whole, and a second start finds everything where it was.
 */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { screens } from '../../src/renderer/state.ts';
import { testIds } from '../../src/renderer/test-ids.ts';
import type { CruxBridge } from '../../src/shared/contract.ts';
import { openStored } from './catalog.ts';
import { type Crux, launchCrux } from './launch.ts';
import { writeShapes } from './shapes.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'crux-start-')));
const catalog = join(folder, 'catalog');
let crux: Crux;
beforeAll(async () => {
  crux = await launchCrux({ catalog });
});
afterAll(async () => {
  await crux?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = <T>(name: string, input: unknown): Promise<T> =>
  crux.page.evaluate(
    async ([n, i]) => {
      const bridge = (globalThis as unknown as { crux: CruxBridge }).crux;
      const answer = await bridge.request(n as 'settings.get', i as Record<string, never>);
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value as never;
    },
    [name, input] as const,
  );

it('opens every screen from the rail, on a catalog without anything in it', async () => {
  const problems: string[] = [];
  crux.page.on('pageerror', (error) => problems.push(error.message));
  for (const screen of screens) {
    await crux.page.getByTestId(testIds.nav(screen)).click();
    await crux.page.getByTestId(testIds.screen(screen)).waitFor();
    expect((await crux.page.getByTestId(testIds.screen(screen)).innerText()).length, screen).toBeGreaterThan(
      10,
    );
  }
  expect(problems).toEqual([]);
});

it('makes the catalog where it was told to', async () => {
  expect(existsSync(join(catalog, 'catalog.sqlite'))).toBe(true);
  const info = await ask<{ catalog: string; version: string; engine: string }>('app.info', {});
  expect(info.catalog).toBe(catalog);
  await expect.poll(async () => (await ask<{ engine: string }>('app.info', {})).engine).toBe('ready');
});

it('lets the native menu speak to the page', async () => {
  await crux.page.getByTestId(testIds.nav('jobs')).click();
  await crux.chooseMenu('settings');
  await crux.page.getByTestId(testIds.screen('settings')).waitFor();
});

it('hands the chosen theme to the desktop, and refuses one that does not exist', async () => {
  await ask('settings.set', { theme: 'dark' });
  expect(await crux.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
  await ask('settings.set', { theme: 'light' });
  await expect(ask('settings.set', { theme: 'pink' })).rejects.toThrow(/settings\.set: theme/);
});

it('carries typed arrays across the bridge as typed arrays, and starts again where it was', async () => {
  await writeShapes(join(folder, 'shapes'), 4);
  const source = await crux.choose('dataset-folder', join(folder, 'shapes'));
  await ask('jobs.enqueue', { request: { kind: 'import', params: { source, name: 'shapes' } } });
  const stored = openStored(catalog);
  await stored.jobDone('import');
  const expected = stored.rows<{ id: number }>('SELECT id FROM images ORDER BY path').map(({ id }) => id);
  stored.close();
  const idsInPage = (): Promise<[string, number[]]> =>
    crux.page.evaluate(async () => {
      const bridge = (globalThis as unknown as { crux: CruxBridge }).crux;
      const answer = await bridge.request('images.ids', { datasetId: 1, filter: {}, sort: 'path' });
      if (!answer.ok) throw new Error(answer.error.message);
      return [Object.prototype.toString.call(answer.value), [...answer.value]];
    });
  expect(await idsInPage()).toEqual(['[object Uint32Array]', expected]);

  await crux.close();
  crux = await launchCrux({ catalog });
  expect(await idsInPage()).toEqual(['[object Uint32Array]', expected]);
  const row = crux.page.locator(`[data-testid="${testIds.datasetRow}"][data-dataset-name="shapes"]`);
  await row.waitFor();
  expect((await ask<{ theme: string }>('settings.get', {})).theme).toBe('light');
});
