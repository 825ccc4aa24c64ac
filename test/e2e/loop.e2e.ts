/**
 * The main job as a person does it, in the built program: import, browse, score, map, train, generate, check, review,
 * export. After each step, what the screen shows is compared with what the catalog holds. The whole run is
 * watched for connections and for files outside its folders (watch.ts), and by the browser's network log. CRUX_LOOP_STEPS:
 * how long the training is, of batches of one image.
 */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offlineSwitches } from '../../src/main/keep-offline.ts';
import { testIds } from '../../src/renderer/test-ids.ts';
import { controlReport } from '../../src/shared/control.ts';
import { patience } from '../patience.ts';
import { openStored, type Stored } from './catalog.ts';
import { type Crux, launchCrux, root } from './launch.ts';
import { chromiumHosts } from './network.ts';
import { writeShapes } from './shapes.ts';
import { byStrace, drivenProgram, Watch } from './watch.ts';

const perClass = 16;
let crux: Crux;
let page: Page;
let stored: Stored;
let classes: string[];
const problems: string[] = [];
const longTraining = process.env.CRUX_LOOP_STEPS;
const evidence = mkdtempSync(join(tmpdir(), 'crux-network-'));
const netLog = join(evidence, 'chromium.json');
const watched = mkdtempSync(join(tmpdir(), 'crux-watch-'));
const watch = new Watch(watched);

const at = (id: string): Locator => page.getByTestId(id);
const numberAt = async (id: string, attribute: string): Promise<number> =>
  Number(await at(id).first().getAttribute(attribute));
const go = async (screen: string) => {
  await at(testIds.nav(screen)).click();
  await at(testIds.screen(screen)).waitFor();
};
/** Waits until an attribute has a value; fails with the last one seen. */
const waitForAttribute = (id: string, attribute: string, value: string | number) =>
  expect.poll(() => at(id).first().getAttribute(attribute)).toBe(String(value));

beforeAll(async () => {
  crux = await launchCrux({
    width: 1440,
    height: 900,
    watch,
    switches: [`--log-net-log=${netLog}`],
  });
  page = crux.page;
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`);
  });
  classes = await writeShapes(join(crux.scratch, 'shapes'), perClass);
  stored = openStored(crux.catalog);
});
afterAll(async () => {
  stored?.close();
  await crux?.close();
  for (const folder of [evidence, watched]) rmSync(folder, { recursive: true, force: true });
});

describe('the whole loop, on screen and in the catalog', () => {
  it('imports a folder that was chosen in a dialog', async () => {
    await crux.answerDialog(null);
    await at(testIds.importFolder).click(); // cancelled: nothing happens
    await expect.poll(crux.dialogOpened).toBe(true);
    await crux.answerDialog(join(crux.scratch, 'shapes'));
    await at(testIds.importFolder).click();
    expect(await at(testIds.importSource).textContent()).toContain('shapes');
    await at(testIds.importStart).click();
    const result = await stored.jobDone('import');
    expect(result).toMatchObject({ imported: perClass * classes.length, skipped: 0 });

    const row = page.locator(`[data-testid="${testIds.datasetRow}"][data-dataset-name="shapes"]`);
    await row.waitFor();
    const images = stored.value<number>("SELECT count(*) FROM images WHERE origin = 'real'");
    expect(images).toBe(perClass * classes.length);
    // The row shows the images that are in so far; the last of them reach it a moment after the catalog.
    await expect
      .poll(async () => Number(await row.getByTestId(testIds.datasetImages).textContent()))
      .toBe(images);
  });

  it('shows every image in the grid, with its picture and its class', async () => {
    await go('browse');
    await waitForAttribute(
      testIds.gridCount,
      'data-count',
      stored.value<number>('SELECT count(*) FROM images'),
    );
    await expect.poll(() => at(testIds.tile).count()).toBeGreaterThan(10); // the grid has measured itself
    const tiles = await at(testIds.tile).evaluateAll((elements) =>
      elements.map((e) => ({
        id: Number(e.getAttribute('data-image-id')),
        name: e.getAttribute('data-class-name'),
      })),
    );
    const known = new Map(
      stored
        .rows<{ id: number; name: string }>(
          'SELECT i.id, c.name FROM images i JOIN classes c ON c.id = i.class_id ORDER BY i.path',
        )
        .map(({ id, name }): [number, string] => [id, name]),
    );
    expect(tiles.map(({ id, name }) => [id, name])).toEqual([...known].slice(0, tiles.length));
    // Thumbnails come through crux://thumb/<id>, decoded by the browser.
    await expect
      .poll(() =>
        at(testIds.tile)
          .first()
          .locator('img')
          .evaluate((image: HTMLImageElement) => [image.src.split('://')[0], image.naturalWidth > 0]),
      )
      .toEqual(['crux', true]);
  });

  it('inspects an image, edits its caption, and takes the edit back', async () => {
    const tile = at(testIds.tile).nth(2);
    const id = Number(await tile.getAttribute('data-image-id'));
    await tile.click();
    await waitForAttribute(testIds.inspector, 'data-image-id', id);
    const caption = at(testIds.inspectorCaption);
    await caption.fill('a shape on noise');
    await at(testIds.inspectorCaptionSave).click();
    const active = () =>
      stored.value<string | undefined>(
        'SELECT c.text FROM images i JOIN captions c ON c.id = i.caption_id WHERE i.id = ?',
        id,
      );
    await expect.poll(active).toBe('a shape on noise');
    await at(testIds.undo).click();
    await expect.poll(active).toBeUndefined();
    await at(testIds.redo).click();
    await expect.poll(active).toBe('a shape on noise');
  });

  it('scores difficulty, and the screen says what the catalog holds', async () => {
    await go('difficulty');
    await at(testIds.scoreStart).click();
    await stored.jobDone('score');
    const total = perClass * classes.length;
    await waitForAttribute(testIds.difficultyScored, 'data-value', total);
    const [held] = stored.rows<{ mean: number; easy: number; medium: number; hard: number; right: number }>(
      `SELECT avg(s.difficulty) AS mean, sum(s.difficulty < .33) AS easy,
         sum(s.difficulty >= .33 AND s.difficulty < .66) AS medium, sum(s.difficulty >= .66) AS hard,
         avg(s.predicted_class_id = i.class_id) AS right
       FROM scores s JOIN images i ON i.id = s.image_id`,
    );
    expect(await numberAt(testIds.difficultyMean, 'data-value')).toBeCloseTo(held.mean, 6);
    expect(await numberAt(testIds.difficultyAccuracy, 'data-value')).toBeCloseTo(held.right, 6);
    for (const bucket of ['easy', 'medium', 'hard'] as const)
      expect(await numberAt(testIds.bucketCount(bucket), 'data-value')).toBe(held[bucket]);
    const rows = await at(testIds.classRow).evaluateAll((elements) =>
      elements.map((e) => [e.getAttribute('data-class-name'), Number(e.getAttribute('data-mean'))] as const),
    );
    const means = stored.rows<{ name: string; mean: number }>(
      `SELECT c.name, avg(s.difficulty) AS mean FROM scores s JOIN images i ON i.id = s.image_id
       JOIN classes c ON c.id = i.class_id GROUP BY c.id`,
    );
    expect(rows.length).toBe(classes.length);
    for (const { name, mean } of means) expect(rows.find(([n]) => n === name)?.[1]).toBeCloseTo(mean, 6);
  });

  it('sorts the grid from hardest to easiest as the scores say', async () => {
    await go('browse');
    await at(testIds.sort)
      .selectOption('difficulty-desc')
      .catch(async () => {
        await at(testIds.sort).click(); // a list box of its own, not the browser's
        await page.getByRole('option', { name: /hardest/i }).click();
      });
    const order = stored.rows<{ id: number; d: number }>(
      'SELECT image_id AS id, difficulty AS d FROM scores ORDER BY difficulty DESC, image_id',
    );
    await expect
      .poll(() => at(testIds.tile).first().getAttribute('data-difficulty'))
      .toBe(order[0].d.toFixed(6));
    const shown = await at(testIds.tile).evaluateAll((es) =>
      es.map((e) => Number(e.getAttribute('data-difficulty'))),
    );
    expect(shown).toEqual(order.slice(0, shown.length).map(({ d }) => Number(d.toFixed(6))));
  });

  it('draws a map of every image', async () => {
    await go('map');
    await page.getByLabel('Perplexity', { exact: true }).fill('8');
    await at(testIds.projectStart).click();
    await stored.jobDone('project');
    await at(testIds.mapCanvas).waitFor();
    const points = stored.value<Buffer>('SELECT ids FROM projections ORDER BY id DESC').byteLength / 4;
    expect(points).toBe(perClass * classes.length);
    await waitForAttribute(testIds.mapCount, 'data-count', points);
  });

  it(
    'trains a difficulty model and generates images of a class',
    async () => {
      await go('train');
      await at(testIds.trainSteps).fill(longTraining ?? '4');
      if (longTraining) await at(testIds.trainBatch).fill('1');
      await at(testIds.trainStart).click();
      await stored.jobDone('train', longTraining ? 3 * patience.jobMs : patience.jobMs);
      expect(stored.value<number>('SELECT count(*) FROM training_points')).toBeGreaterThan(0);
      await at(testIds.trainModelRow).waitFor();
      const previews = () => numberAt(testIds.trainPreviews, 'data-steps');
      if (longTraining) await expect.poll(previews).toBeGreaterThan(0);
      else await expect.poll(previews).toBe(1); // at the end
      const pictures = () =>
        at(testIds.trainPreviews)
          .locator('img')
          .evaluateAll((all) => all.filter((image) => (image as HTMLImageElement).naturalWidth > 0).length);
      await expect.poll(pictures).toBe(3 * Math.min(3, classes.length) * (await previews()));

      await go('generate');
      await at(testIds.generateStart).waitFor();
      await at(testIds.generateCount).fill('1');
      await at(testIds.generateSteps).fill('4');
      await at(testIds.generateStart).click();
      await stored.jobDone('generate');
      const made = stored.rows<{ provenance: string; class_id: number; requested: number }>(
        `SELECT s.provenance, i.class_id, s.requested_difficulty AS requested
       FROM synthetic_samples s JOIN images i ON i.id = s.image_id`,
      );
      expect(made.length).toBe(classes.length);
      for (const { provenance } of made)
        expect(JSON.parse(provenance)).toMatchObject({
          steps: 4,
          scheduler: 'pndm',
          recipe: expect.any(String),
        });
      await waitForAttribute(testIds.generateResults, 'data-count', made.length);
      const shown = () =>
        at(testIds.generateResults)
          .locator('img')
          .evaluateAll(
            (images) => images.filter((image) => (image as HTMLImageElement).naturalWidth > 0).length,
          );
      await expect.poll(shown).toBe(made.length);
    },
    longTraining ? 3 * patience.testMs : patience.testMs,
  );

  it('checks whether the model follows the difficulty, and shows what was measured', async () => {
    await go('control');
    await at(testIds.controlCount).fill('2');
    await at(testIds.controlLevels).fill('0.2, 0.8');
    await at(testIds.controlMore).click();
    await at(testIds.controlSteps).fill('2');
    await at(testIds.controlScheduler).click();
    await page.getByRole('option', { name: 'ddim' }).click();
    // Two seeds at two levels, and once with the base model.
    await waitForAttribute(testIds.controlEstimate, 'data-images', classes.length * 2 * (2 + 1));
    await at(testIds.controlStart).click();
    const { file, images } = await stored.jobDone('control');
    expect(images).toBe(classes.length * 2 * (2 + 1));
    const report = controlReport.parse(JSON.parse(readFileSync(join(crux.catalog, String(file)), 'utf8')));
    await at(testIds.controlReport).waitFor();
    expect(await at(testIds.controlVerdict).textContent()).toContain(
      report.figures.trainingScorer.spearman.value.toFixed(2).replace('-', '\u2212'),
    );
    const rows = await at(testIds.controlClassRow).evaluateAll((all) =>
      all.map((row) => [row.getAttribute('data-class-name'), Number(row.getAttribute('data-spearman'))]),
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(
        report.figures.trainingScorer.classes.map(({ className, spearman }) => [className, spearman.value]),
      ),
    );
    // Pictures come through crux://job/<id>/<name>, decoded by the browser.
    const drawn = () =>
      at(testIds.controlPicture)
        .locator('img')
        .evaluateAll((all) => all.filter((image) => (image as HTMLImageElement).naturalWidth > 0).length);
    await expect.poll(drawn).toBe(classes.length * 2 * 2);
  });

  it('reviews them from the keyboard, with undo', async () => {
    await go('review');
    await waitForAttribute(testIds.reviewProgress, 'data-total', classes.length);
    const first = await numberAt(testIds.reviewImage, 'data-image-id');
    const decisionOf = (id: number) =>
      stored.value<string | undefined>('SELECT decision FROM reviews WHERE image_id = ?', id);
    await page.keyboard.press('a');
    await expect.poll(() => decisionOf(first)).toBe('accept');
    await expect.poll(() => numberAt(testIds.reviewImage, 'data-image-id')).not.toBe(first);
    const second = await numberAt(testIds.reviewImage, 'data-image-id');
    await page.keyboard.press('r');
    await expect.poll(() => decisionOf(second)).toBe('reject');
    await waitForAttribute(testIds.reviewProgress, 'data-reviewed', 2);
    await page.keyboard.press('z');
    await expect.poll(() => decisionOf(second)).toBeUndefined();
    await waitForAttribute(testIds.reviewProgress, 'data-reviewed', 1);
    expect(decisionOf(first)).toBe('accept');
  });

  it('exports what was accepted, exactly', async () => {
    const out = join(crux.scratch, 'exported');
    await go('export');
    await at(testIds.exportOrigin).getByText('Synthetic', { exact: true }).click();
    await at(testIds.exportAccepted).check();
    const accepted = stored.value<number>("SELECT count(*) FROM reviews WHERE decision = 'accept'");
    expect(accepted).toBe(1);
    await waitForAttribute(testIds.exportCount, 'data-count', accepted);
    await crux.answerDialog(out);
    await at(testIds.exportChoose).click();
    await expect.poll(() => at(testIds.exportDestination).textContent()).toContain('exported');
    await at(testIds.exportStart).click();
    await stored.jobDone('export');
    await waitForAttribute(testIds.exportResult, 'data-state', 'done');
    const lines = readFileSync(join(out, 'metadata.jsonl'), 'utf8').trim().split('\n');
    expect(lines.length).toBe(accepted);
    const entry = JSON.parse(lines[0]) as { path?: string; file_name?: string; label: string };
    expect(classes).toContain(entry.label);
    expect(existsSync(join(out, entry.path ?? entry.file_name ?? 'no path'))).toBe(true);
  });

  it('raised no error on the way', () => {
    expect(problems).toEqual([]);
    expect(crux.errors()).toBe('');
  });

  it('opened no network connection and kept to its folders', async () => {
    const [policy, ...values] = await crux.app.evaluate(
      ({ app, BrowserWindow }, names) => [
        BrowserWindow.getAllWindows()[0].webContents.getWebRTCIPHandlingPolicy(),
        ...names.map((name) => app.commandLine.getSwitchValue(name)),
      ],
      Object.keys(offlineSwitches),
    );
    expect(policy).toBe('disable_non_proxied_udp');
    expect(values).toEqual(Object.values(offlineSwitches));
    const folders = [realpathSync(crux.scratch)]; // catalog, profile, export
    stored.close();
    await crux.close();
    // In the stand-in the page's own address is resolved, to this machine, before its request is answered.
    const hosts = chromiumHosts(netLog).filter((host) => host !== 'crux.app.localhost');
    expect(hosts).toEqual([]);
    if (process.env.ELECTRON_EXE && !byStrace) return; // the real main process cannot be made to load the hooks
    const { network, outside, programs } = watch.seen([...folders, evidence], root, drivenProgram);
    expect(programs.some((line) => /engine\.mjs/.test(line))).toBe(true);
    expect(programs.length).toBeGreaterThan(1); // main and engine
    expect(network).toEqual([]);
    expect(outside).toEqual([]);
  });
});
