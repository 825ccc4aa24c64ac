/** What other readers make of an ImageFolder export: its columns have types, and labels are numbers with our names. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { Columns, datasetCard } from '../../../src/main/datasets/export-card.ts';
import { picture, put } from '../support/pictures.ts';
import { runOk } from '../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-export-card-'));
const out = join(folder, 'out');
let catalog: c.Catalog;
const labels = ['2', '10', '0']; // numbers, and one folder's name would sort another way

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  const rows: string[] = [];
  for (const [i, label] of labels.entries())
    for (let n = 0; n < 2; n++) {
      put(join(folder, `set/${i}-${n}.png`), await picture('red', 10 * i + n, 0.4));
      const caption = n === 0 ? { caption: 'a "red" one: #1' } : {};
      rows.push(JSON.stringify({ path: `${i}-${n}.png`, label, ...caption }));
    }
  const source = put(join(folder, 'set/m.jsonl'), rows.join('\n'));
  await runOk(catalog, { kind: 'import', params: { source, name: 'set' } });
  await runOk(catalog, { kind: 'export', params: { datasetId: 1, out } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const metadata = () =>
  readFileSync(join(out, 'metadata.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it('each row has every column that any row fills, and no other', () => {
  const rows = metadata();
  expect(rows).toHaveLength(6);
  for (const row of rows)
    expect(Object.keys(row).sort()).toEqual(['caption', 'file_name', 'label', 'origin', 'source_path']);
});

it('the card states the classes in their order, and the type of each column', () => {
  const card = readFileSync(join(out, 'README.md'), 'utf8');
  expect(card).toContain(`        names:\n          '0': "0"\n          '1': "2"\n          '2': "10"\n`);
  expect(card).toContain('  - name: image\n    dtype: image\n');
  expect(card).toContain('  - name: "caption"\n    dtype: string\n');
  expect(card).not.toContain('difficulty');
});

it('imported again, it is the same dataset', async () => {
  await runOk(catalog, { kind: 'import', params: { source: out, name: 'again' } });
  expect(c.getDataset(catalog, 2).classes.map(({ name, images }) => [name, images])).toEqual(
    c.getDataset(catalog, 1).classes.map(({ name, images }) => [name, images]),
  );
});

it('numbers are floats where one is, and a column of two kinds is refused', () => {
  const columns = new Columns();
  columns.see({ a: 1, b: null, c: true, d: null });
  columns.see({ a: 0.5, b: 3, c: false, d: null });
  expect(columns.filled).toEqual([
    ['a', 'float64'],
    ['b', 'int64'],
    ['c', 'bool'],
  ]);
  expect(datasetCard(columns.filled, [])).toContain('  - name: "a"\n    dtype: float64\n');
  expect(() => columns.see({ a: 'text' })).toThrow('the column a holds float64 and string');
});

const python = process.env.CRUX_PYTHON;
if (!python) console.log('skipped: Hugging Face reads the export (CRUX_PYTHON names no Python)');

it.skipIf(!python)('Hugging Face datasets gives a ClassLabel and no column of type null', () => {
  const script = `
import json, sys, datasets
d = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2])['train']
f = d.features
print(json.dumps({'names': f['label'].names, 'kinds': {k: type(v).__name__ for k, v in f.items()},
  'types': {k: getattr(v, 'dtype', '') for k, v in f.items()},
  'rows': [[r['source_path'], f['label'].int2str(r['label']), r['image'].size] for r in d]}))`;
  const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' };
  const told = execFileSync(python!, ['-c', script, out, join(folder, 'hf')], { encoding: 'utf8', env });
  const said = JSON.parse(told);
  expect(said.names).toEqual(['0', '2', '10']);
  expect(said.kinds).toMatchObject({ image: 'Image', label: 'ClassLabel', caption: 'Value' });
  expect(Object.values(said.types)).not.toContain('null');
  expect(said.rows.sort()).toEqual(
    metadata()
      .map(({ source_path, label }) => [source_path, label, [24, 24]])
      .sort(),
  );
});
