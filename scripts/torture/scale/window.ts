/** Owns the window on a large catalog: how much work each screen makes the page's main thread do while it opens. */
import type { Page } from 'playwright-core';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { launchCrux } from '../../../test/e2e/launch.ts';
import type { CampaignContext } from '../frame/campaign.ts';
import { memoryMiB } from '../frame/processes.ts';
import type { Step } from './measure.ts';

/** Work of the page's main thread while a screen opens, above which a person takes the window for dead. */
const FROZEN_MS = 3000;

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
    const work = await workOf(page);
    const open = async (label: string, act: () => Promise<void>) => {
      await act();
      const ms = await work();
      told.push(`${label} ${Math.round(ms)} ms`);
      if (ms > FROZEN_MS) frozen.push(`${label} keeps the window from answering for ${Math.round(ms)} ms`);
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
  const all = `work of the page's main thread: ${told.join(', ')}`;
  return frozen.length > 0 ? { ...step, told: all, fault: frozen.join('; ') } : { ...step, told: all };
}

/** A function that waits until the page is idle, and tells the CPU milliseconds that it worked since the last call. */
async function workOf(page: Page): Promise<() => Promise<number>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' }); // not wall time: the machine may be busy
  let before = 0;
  return async () => {
    await page.waitForTimeout(1500); // answers of main arrive
    await page.evaluate('new Promise((done) => requestIdleCallback(done, { timeout: 60000 }))');
    const { metrics } = await cdp.send('Performance.getMetrics');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    const since = 1000 * (seconds - before);
    before = seconds;
    return since;
  };
}
