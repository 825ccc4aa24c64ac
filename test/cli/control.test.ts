/** `crux control` on a tiny random model: what it prints, and what it writes where asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import * as c from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/check-model.ts';
import { controlReport } from '../../src/shared/control.ts';
import { makeFolder } from '../main/support/pictures.ts';
import { runOk } from '../main/support/run.ts';
import { writeTinyDiffusion } from '../main/support/tiny-diffusion.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();

beforeAll(async () => {
  const catalog = c.openCatalog(join(cwd, 'catalog'));
  writeTinyDiffusion(join(cwd, 'tiny'));
  const baseModelId = (await addModel(catalog, { path: join(cwd, 'tiny'), name: 'tiny' })).id;
  await makeFolder(join(cwd, 'photos'), 6, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(cwd, 'photos'), name: 'photos' } });
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, folds: 2 } });
  await runOk(catalog, { kind: 'train', params: { datasetId: 1, baseModelId, steps: 2, batchSize: 4 } });
  catalog.close();
});

const few = ['--count', '2', '--steps', '2', '--levels', '0.2,0.8'];

it('prints the levels and the models, and writes the page where asked', async () => {
  const ran = await crux(['control', 'photos', ...few, '--out', 'deep/page.html'], cwd);
  expect(ran.stderr + ran.stdout).toContain('asked for  measured  class agrees');
  expect(ran.exit).toBe(0);
  expect(ran.stdout).toMatch(/^ +0\.200 +0\.\d{3} /m);
  expect(ran.stdout).toMatch(/^with difficulty: Spearman -?\d\.\d{3}; [\d.]+ % easy$/m);
  expect(ran.stdout).toMatch(/^base model: Spearman 0\.000; /m);
  expect(readFileSync(join(cwd, 'deep/page.html'), 'utf8')).toMatch(/^<!doctype html>/);
});

it('--json names the file, which is the report itself', async () => {
  const ran = await crux(['control', 'photos', ...few, '--no-baseline', '--out', 'r.json', '--json'], cwd);
  const out = join(cwd, 'r.json');
  const data = json(ran) as { out: string; job: { result: Record<string, unknown> } };
  expect(data).toMatchObject({ ok: true, command: 'control', out });
  const report = controlReport.parse(JSON.parse(readFileSync(out, 'utf8')));
  expect(data.job.result).toMatchObject({
    images: 12,
    spearman: report.spearman,
    agreementAtLow: report.agreementAtLow,
    rises: report.rises,
    levels: report.levels,
    baselines: {},
  });
});
