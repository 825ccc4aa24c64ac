/** Hard factors on a tiny random model: what the job writes, that it resumes, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import { decodeRgb, probeImage } from '../../../../src/main/images/decode.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-hard-factors-'));
const factors = join(folder, 'photos', 'factors.jsonl');
const difficulty = new Map<number, number>();
let catalog: c.Catalog;
let encoder: string;
let settings: { datasetId: number; modelId: string; factors: string } & Record<string, unknown>;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'));
  const baseModelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  encoder = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  await makeFolder(join(folder, 'photos'), 8, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const score = { datasetId: 1, method: 'classifier', modelId: encoder } as const;
  const { scorerId } = await runOk(catalog, { kind: 'score', params: score });
  await runOk(catalog, { kind: 'train', params: { datasetId: 1, baseModelId, steps: 2, batchSize: 4 } });
  for (const row of c.difficultyRows(catalog, scorerId as number))
    difficulty.set(row.imageId, row.difficulty);
  // The encoder's features are mean colours: brightness is a linear function of them, the other is not to be read.
  const lines: string[] = [];
  for (const [i, image] of c.workImages(catalog, 1, 'real').entries()) {
    const { pixels } = await decodeRgb(join(folder, 'photos', image.path), {
      width: 40,
      height: 40,
      fit: 'fill',
    });
    const bright = pixels.reduce((sum, v) => sum + v, 0) / pixels.length / 255;
    // As in the dataset, and as from the file's folder: both are found.
    const path = i % 2 ? image.path : `./${image.path}`;
    lines.push(JSON.stringify({ path, factors: { bright, parity: (i * 7919) % 11 } }));
  }
  writeFileSync(factors, `${lines.join('\n')}\n`);
  settings = {
    datasetId: 1,
    modelId: encoder,
    factors,
    levels: [0.9, 0.1],
    count: 3,
    steps: 2,
    batchSize: 4,
  };
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const reportOf = (result: { file?: string }) => JSON.parse(readFileSync(catalog.file(result.file!), 'utf8'));

it('writes a grid per class with real images of each level, and a table of factors', async () => {
  const result = await runOk(catalog, { kind: 'hard-factors', params: settings });
  const report = reportOf(result);
  expect(result.images).toBe(3 * 3 * 2);
  expect(report.heldOutR2.bright).toBeGreaterThan(0.8);
  expect(report.factorImages).toBe(24);
  expect(report.classes).toHaveLength(3);
  for (const row of report.classes) {
    expect(row).toMatchObject({ realCount: 8, generatedCount: 6 });
    expect(row.matches).toBe(row.top !== null && row.topReal.includes(row.top));
    if (!(report.heldOutR2.parity > 0)) expect(row.generated[1]).toBe(null);
  }
  expect(report.matching).toBe(report.classes.filter((r: { matches: boolean }) => r.matches).length);
  expect(report.levels).toEqual([0.1, 0.9]);
  for (const { className, grid, levels } of report.pictures) {
    for (const { generated, real } of levels) {
      expect(generated).toHaveLength(3);
      expect(new Set(real.map((r: { imageId: number }) => r.imageId)).size).toBe(3);
      for (const { imageId, difficulty: s } of real) {
        expect(s).toBe(difficulty.get(imageId));
        expect(c.workImages(catalog, 1).find((i) => i.id === imageId)?.className).toBe(className);
      }
      // The same seeds at every level.
      expect(generated.map((g: { seed: number }) => g.seed)).toEqual(
        levels[0].generated.map((g: { seed: number }) => g.seed),
      );
    }
    const { width: side } = await probeImage(catalog.file(levels[0].generated[0].file));
    // Two halves of two levels, three seeds; 2 pixels apart, the halves 16.
    const { width, height } = await probeImage(catalog.file(grid));
    expect([width, height]).toEqual([4 * side + 2 * 2 + 16, 3 * side + 2 * 2]);
  }
});

it('shows generated pictures on the left and real ones on the right of the grid', async () => {
  const params = { ...settings, factors: null, count: 2, classes: ['red'] };
  const { file, classes } = await runOk(catalog, { kind: 'hard-factors', params });
  expect(classes).toBe(undefined);
  const [red] = reportOf({ file }).pictures;
  const { width: side } = await probeImage(catalog.file(red.levels[0].generated[0].file));
  const { width, height } = await probeImage(catalog.file(red.grid));
  const grid = await decodeRgb(catalog.file(red.grid), { width, height, fit: 'fill' });
  const corner = async (source: string, x: number, y: number) => {
    const { pixels } = await decodeRgb(source, { width: side, height: side, fit: 'cover' });
    const row = (n: number) => Array.from(pixels.subarray(n * side * 3, (n + 1) * side * 3));
    for (const n of [0, side - 1])
      expect(
        Array.from(grid.pixels.subarray(((y + n) * width + x) * 3, ((y + n) * width + x + side) * 3)),
      ).toEqual(row(n));
  };
  // Second seed at the harder level, and the real image beside it.
  await corner(catalog.file(red.levels[1].generated[1].file), side + 2, side + 2);
  const real = c.workImages(catalog, 1).find((i) => i.id === red.levels[1].real[1].imageId)!;
  await corner(join(folder, 'photos', real.path), 2 * (side + 2) - 2 + 16 + side + 2, side + 2);
});

it('stopped in the middle, it ends with the same figures', async () => {
  // Many small batches: progress is told a few times a second.
  const params = { ...settings, batchSize: 1, steps: 4 };
  const whole = reportOf(await runOk(catalog, { kind: 'hard-factors', params }));
  const first = await run(
    catalog,
    { kind: 'hard-factors', params },
    {
      onEvent: (name, payload, abort) => {
        const { kind, stage, done } = payload as { kind?: string; stage?: string; done?: number };
        if (name === 'job.updated' && kind === 'hard-factors' && stage?.startsWith('generating') && done)
          abort.abort(new Error('stop'));
      },
    },
  );
  expect(first.state).toBe('queued');
  const job = await run(catalog, first);
  expect(job.state, job.error ?? '').toBe('done');
  const resumed = reportOf(job.result!);
  expect(resumed.classes).toEqual(whole.classes);
  const real = (report: typeof whole) =>
    report.pictures.map((p: { levels: { real: unknown }[] }) => p.levels.map((l) => l.real));
  expect(real(resumed)).toEqual(real(whole));
});

it('refuses factors that cannot be read or are of other images, before it generates', async () => {
  const wrong = async (text: string | null) => {
    const file = join(folder, 'wrong.jsonl');
    if (text === null) rmSync(file, { force: true });
    else writeFileSync(file, text);
    const job = await run(catalog, { kind: 'hard-factors', params: { ...settings, factors: file } });
    return job.error ?? '';
  };
  expect(await wrong(null)).toContain('wrong.jsonl cannot be read');
  expect(await wrong('{"path": "a.png", "factors": {"blur": "much"}}')).toContain(
    'line 1: factors.blur is "much", wanted a number',
  );
  expect(await wrong('{"path": "a.png", "factors": {"blur": 1}}')).toMatch(
    /has no image of class \w+; wanted path/,
  );
  const job = await run(catalog, { kind: 'hard-factors', params: { ...settings, classes: ['mauve'] } });
  expect(job.error).toContain('class mauve is not in this dataset');
});
