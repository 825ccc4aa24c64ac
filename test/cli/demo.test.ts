/** The whole main job, small, on the built-in models: `crux demo` as a person runs it. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFactors } from '../../src/cli/demo/dataset.ts';
import type { DemoSummary } from '../../src/cli/demo/run.ts';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { builtInModelFolder } from '../../src/main/models/folders.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const models = ['encoder/model.safetensors', 'diffusion/unet/diffusion_pytorch_model.safetensors'].every(
  (file) => existsSync(join(builtInModelFolder('encoder'), '..', file)),
);
if (!models) console.warn('skipped: crux demo (the built-in models are not there)');

const folder = join(cwd, 'demo');
const small = ['demo', '--out', 'demo', '--images', '12', '--per-level', '1', '--train-steps', '3', '--json'];

it.skipIf(!models)('runs the whole loop and leaves what it says it leaves', async () => {
  const ran = await crux(small, cwd);
  const summary = json(ran) as unknown as DemoSummary & { ok: boolean };
  expect(ran.exit).toBe(0);
  expect(summary.ok).toBe(true);

  const written = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as DemoSummary;
  expect(summary).toMatchObject(written);
  const names = 'dataset import caption embed score project train generate rescore map review export report';
  expect(Object.keys(written.stages)).toEqual(names.split(' '));
  expect(written.figures).toMatchObject({ images: 120, classes: 10, generated: 30 });

  expect(readFactors(join(folder, 'dataset')).size).toBe(120);
  const html = readFileSync(written.report, 'utf8');
  for (const id of ['generated', 'control', 'difficulty', 'classes', 'samples', 'map', 'factors', 'done'])
    expect(html.includes(`<section id="${id}">`), id).toBe(true);
  expect(html.split('<figure class="tile"').length - 1).toBe(10 * 12 + 30);

  const catalog = openCatalog(written.catalog);
  const made = catalog.all<{ requested: number; provenance: string; decision: string | null }>(
    `SELECT g.requested_difficulty AS requested, g.provenance, r.decision
       FROM synthetic_samples g LEFT JOIN reviews r ON r.image_id = g.image_id`,
  );
  catalog.close();
  expect(made.map((m) => m.requested).sort()).toEqual([0.2, 0.5, 0.8].flatMap((s) => Array(10).fill(s)));
  expect(made.every((m) => m.decision !== null && JSON.parse(m.provenance).seed >= 0)).toBe(true);

  const lines = readFileSync(join(written.export, 'metadata.jsonl'), 'utf8').trim().split('\n');
  const origins = lines.map((line) => JSON.parse(line).origin);
  expect(origins.filter((o) => o === 'real')).toHaveLength(120);
  expect(origins.filter((o) => o === 'synthetic')).toHaveLength(written.figures.accepted as number);
});

it.skipIf(!models)('with --resume does nothing twice, and refuses to start over', async () => {
  const refused = await crux(small, cwd);
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toMatch(/holds a demo already; add --resume/);
  rmSync(join(folder, 'report.html'));
  const before = readdirSync(join(folder, 'catalog', 'synthetic'), { recursive: true }).length;
  const again = await crux([...small, '--resume'], cwd);
  expect(again.stderr.match(/\(before\)/g)).toHaveLength(12);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
  expect(readdirSync(join(folder, 'catalog', 'synthetic'), { recursive: true })).toHaveLength(before);
});
