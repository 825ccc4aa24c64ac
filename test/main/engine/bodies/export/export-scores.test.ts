/** Exports of scores: what is written can be read again, by an import, by this test and, where there is one, by NumPy. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import type { ScoreFormat } from '../../../../../src/shared/jobs/export.ts';
import { classifierSpec, picture, put, writeClassifier } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-export-scores-'));
const photos = join(folder, 'photos');
let catalog: c.Catalog;
let scored: Record<string, unknown>;
/** Names that a CSV must quote, and that UTF-16 holds in two units. */
const names: Record<string, string> = { red: 'red, "dark"', green: 'gr\u00fcn \u{1f332}', blue: 'blue' };

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  const modelId = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  for (const colour of ['red', 'green', 'blue'])
    for (let i = 0; i < 6; i++)
      put(join(photos, names[colour], `${i}.png`), await picture(colour, i, 0.1 + 0.1 * i));
  put(join(photos, names.blue, 'odd, "one".png'), await picture('red', 77, 0.3));
  await runOk(catalog, { kind: 'import', params: { source: photos, name: 'photos' } });
  scored = await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId, folds: 2 } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (format: ScoreFormat, more: object = {}) =>
  run(catalog, {
    kind: 'export',
    params: { datasetId: 1, out: join(photos, `scores.${format}`), format, ...more },
  });

const difficulties = (scorerId: unknown) =>
  catalog.all<{ path: string; difficulty: number; p: Uint8Array }>(
    `SELECT i.path, s.difficulty FROM scores s JOIN images i ON i.id = s.image_id
     WHERE s.scorer_id = ? ORDER BY i.path`,
    scorerId as number,
  );

it.each(['csv', 'jsonl'] as const)('%s is imported again with equal difficulties', async (format) => {
  const job = await write(format);
  expect(job.error).toBeNull();
  expect(job.result).toMatchObject({ images: 19, real: 19, synthetic: 0, classes: 3, withoutScore: 0 });
  const source = join(photos, `scores.${format}`);
  const { datasetId } = await runOk(catalog, { kind: 'import', params: { source, name: format } });
  const { scorerId } = await runOk(catalog, {
    kind: 'score',
    params: { datasetId: datasetId as number, method: 'precomputed' },
  });
  const before = difficulties(scored.scorerId);
  expect(before).toHaveLength(19);
  expect(difficulties(scorerId)).toEqual(
    before.map(({ path, difficulty }) => ({ path, difficulty: expect.closeTo(difficulty, 6) })),
  );
});

it('says of each image what the scorer says', async () => {
  await write('jsonl', { overwrite: true });
  const rows = readFileSync(join(photos, 'scores.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const odd = rows.find(({ path }) => path.includes('odd'));
  expect(odd).toMatchObject({ label: 'blue', split: null, origin: 'real' });
  expect(Object.keys(odd.probabilities).sort()).toEqual(Object.values(names).sort());
  for (const { label, difficulty, p_true, prediction, probabilities } of rows) {
    expect(p_true).toBeCloseTo(probabilities[label], 6);
    expect(difficulty).toBeCloseTo(1 - p_true, 6);
    expect(probabilities[prediction]).toBe(Math.max(...(Object.values(probabilities) as number[])));
  }
});

it('replaces nothing unless asked, and takes the filter and the scorer', async () => {
  expect((await write('csv')).error).toContain('exists; choose another name, or allow overwriting (--force)');
  const red = catalog.value<number>('SELECT id FROM classes WHERE name = ? AND dataset_id = 1', names.red)!;
  const some = await write('csv', {
    overwrite: true,
    filter: { classIds: [red] },
    scorerId: scored.scorerId,
  });
  expect(some.result).toMatchObject({ images: 6 });
  expect(readFileSync(join(photos, 'scores.csv'), 'utf8').trim().split('\n')).toHaveLength(7);
  const other = await write('csv', { overwrite: true, scorerId: 2 });
  expect(other.error).toContain('another dataset');
  expect(existsSync(join(photos, 'scores.csv.tmp'))).toBe(false);
});

/** Name -> content of a ZIP whose files are stored, by its directory. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    const size = bytes.readUInt32LE(at + 24);
    const length = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26);
    files.set(bytes.toString('latin1', at + 46, at + 46 + length), bytes.subarray(from, from + size));
    at += 46 + length;
  }
  return files;
}

it('npz holds arrays that agree with the catalog', async () => {
  expect((await write('npz')).error).toBeNull();
  const files = unzip(readFileSync(join(photos, 'scores.npz')));
  expect([...files.keys()]).toEqual(
    ['probabilities', 'labels', 'predictions', 'difficulty', 'paths', 'classes'].map((name) => `${name}.npy`),
  );
  const array = (name: string) => {
    const bytes = files.get(`${name}.npy`)!;
    const start = 10 + bytes.readUInt16LE(8);
    expect(bytes.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
    expect(start % 64).toBe(0);
    return { head: bytes.toString('latin1', 10, start), data: bytes.subarray(start) };
  };
  const probabilities = array('probabilities');
  expect(probabilities.head).toContain("'descr': '<f4', 'fortran_order': False, 'shape': (19, 3)");
  const p = new Float32Array(new Uint8Array(probabilities.data).buffer);
  const labels = new BigInt64Array(new Uint8Array(array('labels').data).buffer);
  const stored = difficulties(scored.scorerId);
  for (const [i, { difficulty }] of stored.entries())
    expect(1 - p[3 * i + Number(labels[i])]).toBeCloseTo(difficulty, 6);
  expect(array('classes').head).toContain("'descr': '<U11', 'fortran_order': False, 'shape': (3,)");
});

const python = process.env.CRUX_PYTHON;
if (!python) console.log('skipped: NumPy reads the file (CRUX_PYTHON names no Python)');

it.skipIf(!python)('NumPy reads it without pickle', async () => {
  await write('npz', { overwrite: true });
  const script = `
import json, sys, numpy
z = numpy.load(sys.argv[1], allow_pickle=False)
assert z['probabilities'].dtype == numpy.float32 and z['probabilities'].shape == (19, 3)
assert z['labels'].dtype == numpy.int64
i = numpy.arange(19)
assert numpy.allclose(1 - z['probabilities'][i, z['labels']], z['difficulty'], atol=1e-6)
assert (z['probabilities'].argmax(1) == z['predictions']).all()
print(json.dumps({'classes': z['classes'].tolist(), 'paths': z['paths'].tolist()}))`;
  const said = JSON.parse(
    execFileSync(python!, ['-c', script, join(photos, 'scores.npz')], { encoding: 'utf8' }),
  );
  expect(said.classes.sort()).toEqual(Object.values(names).sort());
  expect(said.paths).toEqual(difficulties(scored.scorerId).map(({ path }) => path));
});
