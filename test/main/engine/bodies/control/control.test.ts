/** The control report on a tiny random model: what it holds, that it resumes, and what it refuses. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { readLoraFile } from '../../../../../src/main/models/lora-file.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';
import { writeTinyDiffusion } from '../../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-control-'));
let catalog: c.Catalog;
let heldOut: number;
const settings = { datasetId: 1, levels: [0.9, 0.1, 0.5], count: 3, steps: 3, batchSize: 4, seed: 2 };

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'));
  const baseModelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  const classifier = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  await makeFolder(join(folder, 'photos'), 6, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const other = { datasetId: 1, method: 'classifier', modelId: classifier } as const;
  heldOut = (await runOk(catalog, { kind: 'score', params: other })).scorerId;
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, folds: 2 } });
  await runOk(catalog, { kind: 'train', params: { datasetId: 1, baseModelId, steps: 2, batchSize: 4 } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const reportOf = (result: { file?: string }) => JSON.parse(readFileSync(catalog.file(result.file!), 'utf8'));

it('holds both scorers, every level and class, the baseline, densities and pictures', async () => {
  const result = await runOk(catalog, { kind: 'control', params: { ...settings, heldOutScorerId: heldOut } });
  const report = reportOf(result);
  expect(report.levels.map((l: { requested: number }) => l.requested)).toEqual([0.1, 0.5, 0.9]);
  for (const level of report.levels) {
    expect(level.count).toBe(3 * 3);
    expect(level.measuredMean).toBeGreaterThan(0);
    expect(level.heldOut.measuredMean).toBeGreaterThan(0);
  }
  for (const scorer of ['trainingScorer', 'heldOutScorer']) {
    expect(report.figures[scorer].count).toBe(27);
    expect(report.figures[scorer].classes).toHaveLength(3);
    expect(report.spearman[scorer]).toBe(report.figures[scorer].spearman.value);
  }
  // The base model makes one picture of each seed, the same at every level.
  const { base } = report.baselines;
  expect(base.spearman).toEqual({ trainingScorer: 0, heldOutScorer: 0 });
  expect(new Set(base.levels.map((l: { measuredMean: number }) => l.measuredMean)).size).toBe(1);
  expect(report.densities.levels).toHaveLength(3);
  expect(report.densities.real).toHaveLength(report.densities.x.length);
  expect(report.quality.levels).toHaveLength(3);
  for (const { generated } of report.quality.levels) {
    expect(generated.count).toBe(3);
    expect(generated.heldOutAgreement).toBeGreaterThanOrEqual(0);
    expect(generated.nearestReal).toBeTypeOf('number');
  }
  expect(report.quality.baselines.base.count).toBe(3);
  expect(report.maps.map((map: { className: string }) => map.className)).toEqual(report.classes);
  for (const map of report.maps) {
    expect(map.requested.filter((s: number | null) => s === null)).toHaveLength(6);
    expect(map.positions).toHaveLength(2 * (6 + 3 * 3));
  }
  const pictures = join(catalog.file(result.file!), '..');
  expect(existsSync(join(pictures, 'controlled-2-1-2.png'))).toBe(true);
  expect(existsSync(join(pictures, 'base-2-1-0.png'))).toBe(true);
});

it('a plain LoRA needs no scores, and is measured beside the model that knows difficulty', async () => {
  const baseModelId = c.listModelRows(catalog).find((model) => model.kind === 'diffusion')!.id;
  const plain = { datasetId: 1, kind: 'plain', baseModelId, steps: 2, batchSize: 4 } as const;
  const { modelId } = await runOk(catalog, { kind: 'train', params: plain });
  const model = c.getModelRow(catalog, modelId as string);
  expect(model).toMatchObject({ kind: 'lora', datasetId: 1 });
  expect(readLoraFile(model.path).unet.size).toBeGreaterThan(0);
  const params = { ...settings, plainLoraId: model.id };
  const { baselines } = reportOf(await runOk(catalog, { kind: 'control', params }));
  expect(baselines.plain.figures.trainingScorer.count).toBe(27);
  // It began as the base model and took two steps away from it.
  expect(baselines.plain.levels).not.toEqual(baselines.base.levels);
});

it('killed while it writes a batch, it ends with the same report', async () => {
  const params = { ...settings, count: 10, steps: 10, baseline: false };
  const whole = reportOf(await runOk(catalog, { kind: 'control', params }));
  const first = await run(
    catalog,
    { kind: 'control', params },
    {
      onEvent: (name, payload, abort) => {
        const { kind, done } = payload as { kind?: string; done?: number };
        if (name === 'job.updated' && kind === 'control' && done) abort.abort(new Error('stop'));
      },
    },
  );
  expect(first.state).toBe('queued');
  const records = join(catalog.jobDir(first.id), 'controlled.records');
  expect(statSync(records).size).toBeGreaterThan(0);
  appendFileSync(records, Buffer.alloc(1001, 7));
  const job = await run(catalog, first);
  expect(job.state, job.error ?? '').toBe('done');
  expect(reportOf(job.result!)).toEqual(whole);
});

it('refuses a held-out scorer that is not held out, and classes that it does not know', async () => {
  const current = c.currentScorerId(catalog, 1);
  const same = await run(catalog, { kind: 'control', params: { ...settings, heldOutScorerId: current } });
  expect(same.error).toContain('the held-out scorer is the one trained with');
  const unknown = await run(catalog, { kind: 'control', params: { ...settings, classes: ['mauve'] } });
  expect(unknown.error).toContain('class mauve is not in this dataset');
});

it('measures by the scorer that the adapter was trained with, whichever is current', async () => {
  const trained = c.currentScorerId(catalog, 1)!;
  c.setScorer(catalog, 1, heldOut);
  const few = { ...settings, count: 1, baseline: false };
  const { scorers } = reportOf(await runOk(catalog, { kind: 'control', params: few }));
  c.setScorer(catalog, 1, trained);
  expect(scorers.trainingScorer.id).toBe(trained);
  catalog.write(() => catalog.run("UPDATE scorers SET model_hash = 'other' WHERE id = ?", trained));
  const gone = await run(catalog, { kind: 'control', params: few });
  expect(gone.error).toMatch(/was trained with the scorer .*, which this dataset does not have any more/);
});
