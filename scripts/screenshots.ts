/**
 * Owns pictures of every screen, dark and light, of the built program on a catalog:
 *   node scripts/screenshots.ts --catalog DIR --out DIR [--size 1440x900] [--themes dark,light]
 *                               [--screens browse,map] [--dataset NAME]
 * Runs on real Electron where ELECTRON_EXE names it, on the stand-in elsewhere. Build first.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { testIds } from '../src/renderer/test-ids.ts';
import type { CruxBridge } from '../src/shared/contract.ts';
import type { Settings } from '../src/shared/domain/settings.ts';
import { launchCrux } from '../test/e2e/launch.ts';

const { values } = parseArgs({
  options: {
    catalog: { type: 'string' },
    out: { type: 'string' },
    size: { type: 'string', default: '1440x900' },
    themes: { type: 'string', default: 'dark,light' },
    screens: { type: 'string' },
    dataset: { type: 'string' },
  },
});
const out = resolve(values.out ?? 'screenshots');
const [width, height] = values.size.split('x').map(Number);
mkdirSync(out, { recursive: true });

/** Waits until pictures have arrived and the page has stopped changing. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(400);
  const complete = '[...document.images].every((image) => image.complete)';
  await page.waitForFunction(complete, undefined, { timeout: 10_000 }).catch(() => {});
  await page.waitForTimeout(600);
}

/** A screen without data has nothing to click. */
async function clickIfThere(target: Locator): Promise<void> {
  await page.waitForTimeout(300);
  if ((await target.count()) > 0 && (await target.isVisible())) await target.click();
}

const ask = (page: Page, theme: Settings['theme'] | null) =>
  page.evaluate(async (next) => {
    const { crux } = globalThis as unknown as { crux: CruxBridge };
    const answer = await (next === null
      ? crux.request('settings.get', {})
      : crux.request('settings.set', { theme: next }));
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.theme;
  }, theme);

const crux = await launchCrux({ catalog: values.catalog && resolve(values.catalog), width, height });
const { page } = crux;
page.on('console', (message) => {
  if (message.type() === 'error') console.error(`page: ${message.text()}`);
});
page.on('pageerror', (error) => console.error(`page: ${error.message}`));
try {
  const before = await ask(page, null);
  await page.waitForSelector('[data-testid^="nav-"]');
  const all = await page
    .locator('[data-testid^="nav-"]')
    .evaluateAll((elements) =>
      elements.map((element) => (element.getAttribute('data-testid') ?? '').slice('nav-'.length)),
    );
  const wanted = values.screens?.split(',') ?? all;
  for (const theme of values.themes.split(',')) {
    await ask(page, theme as Settings['theme']);
    await page.reload(); // the window asks for its settings when it starts
    await page.waitForSelector('[data-testid^="nav-"]');
    if (values.dataset !== undefined) {
      await page.getByTestId(testIds.nav('datasets')).click();
      const row = page.locator(
        `[data-testid="${testIds.datasetRow}"][data-dataset-name="${values.dataset}"]`,
      );
      await row.getByTestId(testIds.datasetOpen).click();
    }
    for (const screen of wanted) {
      const item = page.getByTestId(testIds.nav(screen));
      if (await item.isDisabled()) {
        console.log(`${screen}: not reachable without a dataset`);
        continue;
      }
      await item.click();
      await page.mouse.move(width / 2, height - 4); // no tooltip in the picture
      if (screen === 'browse') await clickIfThere(page.getByTestId(testIds.tile).first());
      if (screen === 'review' && (await page.getByTestId(testIds.reviewImage).count()) === 0)
        await clickIfThere(page.getByText('All', { exact: true }));
      await settle(page);
      const file = join(out, `${screen}-${theme}.png`);
      await page.screenshot({ path: file });
      console.log(file);
      if (screen === 'issues') {
        await clickIfThere(page.getByText(/^Duplicates/));
        await settle(page);
        await page.screenshot({ path: join(out, `${screen}-duplicates-${theme}.png`) });
      }
      if (screen === 'control') {
        await clickIfThere(page.getByText('Hard factors', { exact: true }));
        await settle(page);
        await page.screenshot({ path: join(out, `hard-factors-${theme}.png`) });
      }
      await clickIfThere(page.getByTestId(testIds.inspector).getByRole('button', { name: /^Close/ }));
    }
  }
  await ask(page, before);
} finally {
  await crux.close();
  const errors = crux.errors();
  if (errors !== '') console.error(errors);
}
