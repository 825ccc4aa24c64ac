/**
 * The whole loop with classes, tags, splits, columns and factors that are called like members of every JavaScript
 * object: nothing is found in a table that nobody put there, and nothing vanishes in one.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFactorLines } from '../../../../src/core/metrics/factor-lines.ts';
import { factorCorrelations } from '../../../../src/core/report/factors.ts';
import * as c from '../../../../src/main/catalog/index.ts';
import { matchColumns, readFields, splitOfWord } from '../../../../src/main/datasets/fields.ts';
import { readManifest } from '../../../../src/main/datasets/manifest.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import { readPngText, withPngText } from '../../../../src/main/images/png.ts';
import { factorFigures } from '../../../../src/shared/hard-factors.ts';
import { crux } from '../../../cli/run.ts';
import { collector } from '../../datasets/make.ts';
import { classifierSpec, picture, put, writeClassifier } from '../../support/pictures.ts';
import { runOk } from '../../support/run.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const names = ['__proto__', 'constructor', 'toString'];
const colourOf = new Map(names.map((name, i) => [name, ['red', 'green', 'blue'][i]]));
const perClass = 8;
const folder = mkdtempSync(join(tmpdir(), 'crux-names-'));
const photos = join(folder, 'photos');
let catalog: c.Catalog;
let classifier: string;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  for (const [name, colour] of colourOf)
    for (let i = 0; i < perClass; i++)
      put(join(photos, name, `${i}.png`), await picture(colour, i, 0.2 + 0.05 * i, 40));
  const onnx = { ...classifierSpec, labels: names };
  const path = writeClassifier(join(folder, 'colours.onnx'));
  classifier = (await addModel(catalog, { path, name: 'hasOwnProperty', onnx })).id;
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const datasetNamed = (name: string) => c.listDatasets(catalog).find((d) => d.name === name)!;
/** Files per class folder of an export. */
const exported = (out: string) =>
  readdirSync(join(folder, out), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => [entry.name, readdirSync(join(folder, out, entry.name)).length])
    .sort();

it('import, score, issues, map, filters, train, generate, review, export, report', async () => {
  const imported = await runOk(catalog, {
    kind: 'import',
    params: { source: photos, name: 'constructor' },
  });
  expect(imported).toMatchObject({ imported: 3 * perClass, classes: 3, skipped: 0 });
  const warnings = c.listLog(catalog, 1).filter(({ level }) => level === 'warn');
  expect(warnings).toEqual([]); // none of them looks like a split
  const dataset = datasetNamed('constructor');
  expect(dataset.classes.map((k) => [k.name, k.images])).toEqual(names.map((name) => [name, perClass]));

  const datasetId = dataset.id;
  await runOk(catalog, { kind: 'score', params: { datasetId, method: 'classifier', modelId: classifier } });
  const summary = c.difficultySummary(catalog, datasetId, 2)!;
  expect(summary.classes.map((k) => [k.className, k.count])).toEqual(names.map((name) => [name, perClass]));
  await runOk(catalog, {
    kind: 'score',
    params: { datasetId, method: 'out-of-fold', modelId: classifier, folds: 2 },
  });
  expect(await runOk(catalog, { kind: 'issues', params: { datasetId, similarity: 0.999999 } })).toMatchObject(
    {
      images: 3 * perClass,
    },
  );
  await runOk(catalog, {
    kind: 'project',
    params: { datasetId, modelId: classifier, iterations: 50, perplexity: 5 },
  });
  expect(c.getProjection(catalog, datasetId)!.ids).toHaveLength(3 * perClass);

  const ids = Array.from(c.imageIds(catalog, datasetId, {}, 'path'));
  for (const [i, tag] of names.entries()) c.setTag(catalog, ids.slice(i, i + 2 + i), tag, true);
  for (const [i, tag] of names.entries())
    expect(c.imageIds(catalog, datasetId, { tag }, 'path')).toHaveLength(2 + i);
  expect(c.imageIds(catalog, datasetId, { tag: 'valueOf' }, 'path')).toHaveLength(0);

  writeTinyDiffusion(join(folder, 'tiny'));
  const baseModelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: '__proto__' })).id;
  const trained = await runOk(catalog, {
    kind: 'train',
    params: { datasetId, baseModelId, steps: 3, batchSize: 2, seed: 5, previewEvery: 2 },
  });
  const generated = await runOk(catalog, {
    kind: 'generate',
    params: {
      ...{
        datasetId,
        modelId: baseModelId,
        adapterId: trained.modelId as string,
        steps: 2,
        scheduler: 'ddim',
      },
      ...{ classes: names, count: 2, prompt: 'a {valueOf|toString} of [CLS]', keepWithin: 1, batchSize: 2 },
    },
  });
  expect((generated.acceptance as { className: string }[]).map((a) => a.className)).toEqual(names);
  const made = Array.from(c.imageIds(catalog, datasetId, { origin: 'synthetic' }, 'path'));
  expect(made).toHaveLength(6);
  const prompts = made.map((id) => c.imageDetail(catalog, id).provenance!.prompt);
  for (const name of names)
    expect(prompts.filter((p) => new RegExp(`^a (valueOf|toString) of ${name}$`).test(p))).toHaveLength(2);
  c.decide(catalog, made, 'accept');

  await runOk(catalog, {
    kind: 'export',
    params: { datasetId, out: join(folder, 'out'), filter: { acceptedOnly: true } },
  });
  expect(exported('out')).toEqual(names.map((name) => [name, perClass + 2]));
  const rows = readFileSync(join(folder, 'out/metadata.jsonl'), 'utf8').trim().split('\n');
  const labels = rows.map((row) => (JSON.parse(row) as { label: string }).label);
  for (const name of names) expect(labels.filter((label) => label === name)).toHaveLength(perClass + 2);
  const again = await runOk(catalog, {
    kind: 'import',
    params: { source: join(folder, 'out'), name: '__proto__' },
  });
  expect(again).toMatchObject({ imported: 3 * (perClass + 2), classes: 3, skipped: 0 });

  const ran = await crux(['report', 'constructor', '--out', 'report.html', '--per-class', '2'], folder);
  expect(ran.stderr).toBe('');
  const html = readFileSync(join(folder, 'report.html'), 'utf8').replace(/data:[^"]*/g, '');
  for (const name of names) expect(html).toContain(name);
  expect(html).not.toMatch(/\[native code\]|\[object|undefined/);
  const chosen = await crux(
    ['export', 'constructor', '--class', '__proto__', '--origin', 'real', '--out', 'one', '--json'],
    folder,
  );
  expect(chosen.exit, chosen.stderr).toBe(0);
  expect(exported('one')).toEqual([['__proto__', perClass]]);
});

describe('tables by text', () => {
  it('a word that nobody listed is no split', () => {
    for (const name of [...names, 'hasOwnProperty', 'valueOf']) expect(splitOfWord(name)).toBeNull();
  });

  it('a folder of nothing but such classes has no splits', async () => {
    for (const name of ['__proto__', 'constructor'])
      put(join(folder, 'two', name, '1.png'), await picture('red', 1));
    await runOk(catalog, { kind: 'import', params: { source: join(folder, 'two'), name: 'two' } });
    expect(datasetNamed('two').classes.map((k) => [k.name, k.images])).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
  });

  it.each(['csv', 'jsonl'])('columns of a manifest (%s) are what the file says', async (kind) => {
    const cells = [
      ['__proto__/0.png', '__proto__', 'test', '{"__proto__":0.75,"toString":0.25}'],
      ['constructor/1.png', 'constructor', 'val', '{"constructor":1}'],
    ];
    const columns = ['path', '__proto__', 'constructor', 'valueOf'];
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    const text =
      kind === 'csv'
        ? [columns, ...cells].map((row) => row.map(quoted).join(',')).join('\n')
        : cells
            .map((row) => `{${columns.map((name, i) => `"${name}":${JSON.stringify(row[i])}`).join(',')}}`)
            .join('\n');
    const file = join(photos, `m.${kind}`);
    writeFileSync(file, `${text}\n`);
    const seen = collector();
    const result = await readManifest(file, {
      ...seen,
      columns: { label: '__proto__', split: 'constructor', probabilities: 'valueOf' },
    });
    rmSync(file);
    expect(seen.skipped).toEqual([]);
    expect(result.classes).toEqual(['__proto__', 'constructor']);
    expect(seen.found.map(({ label, split }) => [label, split])).toEqual([
      ['__proto__', 'test'],
      ['constructor', 'val'],
    ]);
    expect(Object.entries(seen.found[0].probabilities!)).toEqual([
      ['__proto__', 0.75],
      ['toString', 0.25],
    ]);
  });

  it('a row without a column has no value for it', () => {
    const row = new Map([['path', 'a.png']]);
    const columns = { ...matchColumns(['path']), label: 'constructor' };
    expect(readFields(row, columns, false, () => {})).toEqual({ path: 'a.png' });
  });

  it("a picture's texts stay, whatever they are called", async () => {
    const bytes = withPngText(await picture('red', 1), { constructor: 'a', toString: 'b' } as never);
    expect(Object.entries(readPngText(withPngText(bytes, { crux: '{}' }))).sort()).toEqual([
      ['constructor', 'a'],
      ['crux', '{}'],
      ['toString', 'b'],
    ]);
  });

  it('factors and what dominates a class', () => {
    const line = '{"path":"a.png","factors":{"__proto__":0.5,"constructor":1}}';
    expect(parseFactorLines(line, 'factors.jsonl')).toMatchObject({ names: ['__proto__', 'constructor'] });
    const heldOutR2 = JSON.parse('{"__proto__":0.5,"constructor":null}') as object;
    const figures = { factors: ['__proto__', 'constructor'], heldOutR2, factorImages: 1 };
    const parsed = factorFigures.parse({ ...figures, classes: [], matching: 0, matchingByChance: 0 });
    expect(Object.entries(parsed.heldOutR2)).toEqual([
      ['__proto__', 0.5],
      ['constructor', null],
    ]);
    const samples = Array.from({ length: 20 }, (_, i) => ({
      className: names[i % 2],
      difficulty: i / 20,
      strengths: [i],
    }));
    const { rows } = factorCorrelations(samples, ['toString']);
    expect(rows.map((row) => [row.className, row.cells[0]?.dominant])).toEqual([
      ['__proto__', false],
      ['constructor', false],
    ]);
  });
});
