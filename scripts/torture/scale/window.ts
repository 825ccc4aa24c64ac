/** Owns the window on a large catalog: how long each screen keeps the page from answering while it opens. */
import type { Page } from 'playwright-core';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { launchCrux } from '../../../test/e2e/launch.ts';
import type { CampaignContext } from '../frame/campaign.ts';
import { memoryMiB } from '../frame/processes.ts';
import type { Step } from './measure.ts';

/** A person takes a window that is still for longer for dead. */
const FROZEN_MS = 5000;

/** Collects the page's long tasks; in the page, which has no types here. */
const WATCH = `globalThis.longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
}).observe({ type: 'longtask' });`;

export async function windowStep(ctx: CampaignContext, name: string, catalog: string): Promise<Step> {
  const from = performance.now();
  // What the app's own runs leave belongs to the campaign.
  const crux = await launchCrux({ catalog, env: { TMPDIR: ctx.folder } });
  const { page } = crux;
  page.setDefaultTimeout(120_000);
  const told: string[] = [];
  const frozen: string[] = [];
  let mainMiB: number | null = null;
  try {
    await page.evaluate(WATCH);
    const open = async (label: string, act: () => Promise<void>) => {
      await act();
      const ms = await settled(page);
      told.push(`${label} ${Math.round(ms)} ms`);
      if (ms > FROZEN_MS) frozen.push(`${label} froze the window for ${Math.round(ms)} ms`);
    };
    await open('datasets', () => page.getByTestId(testIds.nav('datasets')).click());
    await open('the dataset', () => page.getByTestId(testIds.datasetOpen).first().click());
    await open('choice of classes', () => page.getByTestId(testIds.filterClass).click());
    await page.keyboard.press('Escape');
    for (const item of await page.locator('[data-testid^="nav-"]').all()) {
      const screen = ((await item.getAttribute('data-testid')) ?? '').slice('nav-'.length);
      if (!(await item.isDisabled())) await open(screen, () => item.click());
    }
    mainMiB = memoryMiB(crux.app.process().pid!, 'VmHWM');
  } catch (error) {
    frozen.push((error as Error).message.split('\n')[0]);
  } finally {
    await crux.close();
  }
  const step = { name, seconds: (performance.now() - from) / 1000, engineMiB: null, mainMiB };
  const longest = `longest time without an answer: ${told.join(', ')}`;
  return frozen.length > 0
    ? { ...step, told: longest, fault: frozen.join('; ') }
    : { ...step, told: longest };
}

/** Waits until the page has been idle for a moment; the longest task since the last call, in milliseconds. */
async function settled(page: Page): Promise<number> {
  await page.waitForTimeout(1500);
  const asked = performance.now();
  const longest = (await page.evaluate(
    'new Promise((done) => requestIdleCallback(() => { const l = globalThis.longest; globalThis.longest = 0; done(l); }, { timeout: 60000 }))',
  )) as number;
  return Math.max(longest, performance.now() - asked);
}
