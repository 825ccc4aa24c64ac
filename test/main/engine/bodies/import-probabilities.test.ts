/**
 * Class probabilities that come with images, from the manifest to the difficulty: by name, in a stated order, as logits,
 * with gaps and slips. Inputs are those of public bug reports (shared/data/reports.tar.gz, where it is) and our own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as c from '../../../../src/main/catalog/index.ts';
import { noteText } from '../../../../src/shared/import-summary.ts';
import type { JobParams } from '../../../../src/shared/jobs/index.ts';
import { picture, put } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-probabilities-'));
let catalog: c.Catalog;
let imports = 0;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  for (let i = 0; i < 12; i++) put(join(folder, `set/img/${i}.png`), await picture('red', i, 0.3, 12));
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

type Said = Partial<Pick<JobParams<'import'>, 'probabilities' | 'classOrder'>>;

async function importing(source: string, said: Said = {}) {
  const name = `set ${++imports}`;
  const job = await run(catalog, { kind: 'import', params: { source, name, ...said } });
  const log = catalog.all<{ text: string }>(
    "SELECT text FROM job_logs WHERE job_id = ? AND level IN ('warn', 'info')",
    job.id,
  );
  const datasetId = catalog.value<number>('SELECT id FROM datasets WHERE name = ?', name)!;
  const { used = [], unused = [] } = job.result?.summary ?? {};
  return {
    job,
    datasetId,
    log: log.map(({ text }) => text).join('\n'),
    used: used.map(noteText),
    unused: unused.map(noteText),
  };
}

const write = (name: string, text: string) => put(join(folder, 'set', name), text);

/** Image path -> difficulty, by the probabilities that came along. */
async function difficulties(datasetId: number): Promise<Record<string, number | null>> {
  const { scorerId } = await runOk(catalog, { kind: 'score', params: { datasetId, method: 'precomputed' } });
  const rows = catalog.all<{ path: string; difficulty: number | null }>(
    'SELECT i.path, s.difficulty FROM scores s JOIN images i ON i.id = s.image_id WHERE s.scorer_id = ?',
    scorerId as number,
  );
  return Object.fromEntries(rows.map(({ path, difficulty }) => [path, difficulty]));
}

const jsonl = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const close = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([path, v]) => [path, expect.closeTo(v, 5)]));

it.each(['probabilities.', 'prob_', 'p_', 'P_'])('reads one column per class: %s', async (prefix) => {
  const source = write(
    'columns.csv',
    `path,label,${prefix}dog,psum,${prefix}cat\nimg/0.png,cat,0.25,7,0.75\nimg/1.png,dog,0.1,7,0.9\n`,
  );
  const { job, datasetId, used, unused } = await importing(source);
  expect(job.error).toBeNull();
  expect(await difficulties(datasetId)).toEqual(close({ 'img/0.png': 0.25, 'img/1.png': 0.9 }));
  expect(used).toEqual(['Labels from columns.csv: 2', 'Class probabilities, by class name: 2']);
  expect(unused).toEqual(['Columns: 1 (psum)']);
});

it('reads named probabilities and columns of JSON rows, whatever their order', async () => {
  const source = write(
    'named.jsonl',
    jsonl([
      { path: 'img/0.png', label: 'cat', probabilities: { dog: 0.4, cat: 0.6 } },
      { path: 'img/1.png', label: 'dog', prob_cat: 0.3, prob_dog: 0.7 },
    ]),
  );
  const { datasetId } = await importing(source);
  expect(await difficulties(datasetId)).toEqual(close({ 'img/0.png': 0.4, 'img/1.png': 0.3 }));
});

it('takes a list in the order that is stated, or that classes.txt states', async () => {
  const rows = [
    { path: 'img/0.png', label: 'cat', probabilities: [0.1, 0.2, 0.7] },
    { path: 'img/1.png', label: 'ant', probabilities: [0.1, 0.2, 0.7] },
  ];
  const source = write('list.jsonl', jsonl(rows));
  const expected = close({ 'img/0.png': 0.3, 'img/1.png': 0.9 });
  const stated = await importing(source, { classOrder: ['ant', 'dog', 'cat'] });
  // Of a class that no image here has, the others' share counts.
  expect(stated.unused.join()).toMatch(
    /Classes with probabilities that the dataset does not have .*: 1 \(dog\)/,
  );
  expect(await difficulties(stated.datasetId)).toEqual(close({ 'img/0.png': 0.125, 'img/1.png': 0.875 }));
  write('three.jsonl', jsonl([...rows, { path: 'img/2.png', label: 'dog' }]));
  const three = await importing(join(folder, 'set/three.jsonl'), { classOrder: ['ant', 'dog', 'cat'] });
  expect(await difficulties(three.datasetId)).toEqual(expected);
  write('classes.txt', 'ant\ndog\ncat\n');
  try {
    const beside = await importing(join(folder, 'set/three.jsonl'));
    expect(beside.used).toContain('Class probabilities, in the order ant, dog, cat (classes.txt): 2');
    const both = await importing(join(folder, 'set/three.jsonl'), { classOrder: ['cat', 'dog', 'ant'] });
    expect(both.used).toContain('Class probabilities, in the order cat, dog, ant (as given): 2');
    expect(both.unused).toEqual(['Class orders beside the one that was given: 1 (classes.txt)']);
    expect(await difficulties(beside.datasetId)).toEqual(expected);
  } finally {
    rmSync(join(folder, 'set/classes.txt'));
  }
  const short = await importing(source, { classOrder: ['ant', 'cat'] });
  expect(short.job.error).toContain('names 2 classes (ant, cat), but img/0.png has 3 probabilities');
});

it.each([
  ['integers', ['0', '1', '2', '10', '11']],
  ['negative and wide integers', ['-3', '2', '07', '100', '1000']],
])(
  'takes a list without a stated order in the order of classes, which is numeric for %s',
  async (_, names) => {
    const rows = names.map((label, at) => ({
      path: `img/${at}.png`,
      label,
      probabilities: names.map((__, other) => (other === at ? 0.8 : 0.05)),
    }));
    const { datasetId } = await importing(write('numeric.jsonl', jsonl(rows)));
    const expected = Object.fromEntries(rows.map(({ path }) => [path, 0.2]));
    expect(await difficulties(datasetId)).toEqual(close(expected));
  },
);

it.each([
  ['logits', [2.1, -0.4], 'are outside 0 to 1 and look like logits'],
  ['logits that are not negative', [3, 0.5], 'are outside 0 to 1 and look like logits'],
  ['sums far from 1', [0.7, 0.1], 'do not sum to 1'],
  ['percentages', [70, 30], 'sum to 100 (percentages?)'],
])('asks about %s, and does as it is told', async (_, numbers, seen) => {
  const rows = ['cat', 'dog'].map((label, i) => ({ path: `img/${i}.png`, label, probabilities: numbers }));
  const source = write('odd.jsonl', jsonl(rows));
  const asked = await importing(source);
  expect(asked.job.state).toBe('failed');
  expect(asked.job.error).toContain(`2 of 2 images ${seen}`);
  expect(asked.job.error).not.toContain('--');
  expect(asked.datasetId).toBeUndefined(); // no empty dataset
  const logits = await importing(source, { probabilities: 'logits' });
  const p = 1 / (1 + Math.exp(numbers[1] - numbers[0]));
  expect(await difficulties(logits.datasetId)).toEqual(close({ 'img/0.png': 1 - p, 'img/1.png': p }));
  const told = await importing(source, { probabilities: 'probabilities' });
  expect(told.job.state).toBe('done');
  const brought = numbers[0] === 70 ? 0.3 : 0.125;
  if (numbers[0] < 1 || numbers[0] === 70) {
    expect(told.used).toContain('Class probabilities brought to a sum of 1: 2 (img/0.png, img/1.png)');
    expect(await difficulties(told.datasetId)).toEqual(
      close({ 'img/0.png': brought, 'img/1.png': 1 - brought }),
    );
  } else
    expect(told.unused).toEqual([
      'Probabilities outside 0 to 1, or that do not sum to 1: 2 (img/0.png, img/1.png)',
    ]);
});

it('brings sums that are off by rounding to 1, and says how many', async () => {
  const numbers = [0.33, 0.33, 0.33];
  const rows = ['a', 'b', 'c'].map((label, i) => ({ path: `img/${i}.png`, label, probabilities: numbers }));
  const { datasetId, used } = await importing(write('rounded.jsonl', jsonl(rows)));
  expect(used).toContain('Class probabilities brought to a sum of 1: 3 (img/0.png, img/1.png, img/2.png)');
  expect(Object.values(await difficulties(datasetId))).toEqual([0, 1, 2].map(() => expect.closeTo(2 / 3, 5)));
});

it.each([
  [
    'NaN as Python writes it',
    'm.jsonl',
    '{"path":"img/0.png","label":"a","probabilities":[0.8,0.2]}\n{"path":"img/1.png","label":"b","probabilities":[NaN, NaN]}',
  ],
  [
    'null',
    'm.jsonl',
    '{"path":"img/0.png","label":"a","probabilities":{"a":0.8,"b":0.2}}\n{"path":"img/1.png","label":"b","probabilities":{"a":null,"b":null}}',
  ],
  ['empty columns', 'm.csv', 'path,label,p_a,p_b\nimg/0.png,a,0.8,0.2\nimg/1.png,b,,\n'],
  ['nan in columns', 'm.csv', 'path,label,p_a,p_b\nimg/0.png,a,0.8,0.2\nimg/1.png,b,nan,NaN\n'],
])('takes %s for none: the image is there, without a score', async (_, name, text) => {
  const { job, datasetId, unused } = await importing(write(name, text));
  expect(job.result).toMatchObject({ imported: 2, skipped: 0 });
  expect(unused).toEqual([
    'Images without probabilities (empty, null or NaN), which get no score from them: 1 (img/1.png)',
  ]);
  expect(await difficulties(datasetId)).toEqual(close({ 'img/0.png': 0.2 }));
});

it('leaves out a field that cannot be used, never the image, and says so with the line', async () => {
  const { job, datasetId, log, unused } = await importing(
    write(
      'slips.csv',
      'path,label,split,probabilities\nimg/0.png,a,train,0.8;0.2\nimg/1.png,b,holdout,0.1;0.9\nimg/2.png,b,test,0.1;high\nimg/3.png,b,test,0.7;0.7\n',
    ),
  );
  expect(job.result).toMatchObject({ imported: 4, skipped: 0 });
  expect(unused).toEqual([
    'Images imported without split, which cannot be used: 1 (slips.csv line 3: split: got "holdout", expected train, val or test)',
    'Images imported without probabilities, which cannot be used: 1 (slips.csv line 4: probabilities: got "high", expected finite numbers)',
    'Probabilities outside 0 to 1, or that do not sum to 1: 1 (img/3.png)',
  ]);
  for (const note of unused) expect(log).toContain(note);
  expect(await difficulties(datasetId)).toEqual(close({ 'img/0.png': 0.2, 'img/1.png': 0.1 }));
});

const classesOf = (datasetId: number) => c.getDataset(catalog, datasetId).classes.map(({ name }) => name);

it('reads one-hot columns as labels, but no flags', async () => {
  const hot = await importing(write('hot.csv', 'path,cat,dog\nimg/0.png,1,0\nimg/1.png,0.0,1.0\n'));
  expect(classesOf(hot.datasetId)).toEqual(['cat', 'dog']);
  expect([hot.used, hot.unused]).toEqual([['Labels from the one-hot columns cat, dog: 2'], []]);
  const flags = await importing(write('flags.csv', 'path,dark,blurred\nimg/0.png,1,0\nimg/1.png,1,1\n'));
  expect(classesOf(flags.datasetId)).toEqual([]);
  expect(flags.used).toEqual(['Images without a class: 2 (img/0.png, img/1.png)']);
  expect(flags.unused[0]).toBe('Columns: 2 (dark, blurred)');
});

it('reads one-hot columns and an order of lists beside folders, which name the class where they do', async () => {
  const metadata = (name: string, rows: object[]) => put(join(folder, name, 'metadata.jsonl'), jsonl(rows));
  const bytes = await picture('red', 1);
  for (const path of ['flat/0.png', 'flat/1.png', 'named/cat/0.png', 'named/dog/1.png'])
    put(join(folder, path), bytes);
  metadata('flat', [
    { file_name: '0.png', ant: 1, bee: 0 },
    { file_name: '1.png', ant: 0, bee: 1 },
  ]);
  const flat = await importing(join(folder, 'flat'));
  expect(classesOf(flat.datasetId)).toEqual(['ant', 'bee']);
  expect([flat.used, flat.unused]).toEqual([['Labels from the one-hot columns ant, bee: 2'], []]);

  metadata('named', [
    { file_name: 'cat/0.png', indoors: 1, outdoors: 0 },
    { file_name: 'dog/1.png', probabilities: [0.3, 0.7] },
  ]);
  put(join(folder, 'named/classes.txt'), 'dog\ncat\n');
  const named = await importing(join(folder, 'named'));
  expect(classesOf(named.datasetId)).toEqual(['cat', 'dog']);
  expect(named.used).toContain('Class probabilities, in the order dog, cat (classes.txt): 1');
  expect(named.unused).toEqual(['One-hot columns of metadata (the folder names the class): 1 (indoors)']);
  expect(await difficulties(named.datasetId)).toEqual(close({ 'dog/1.png': 0.7 }));
});

it('reads integer labels that a gap turned into floats', async () => {
  const { datasetId } = await importing(
    write('floats.csv', 'path,label\nimg/0.png,10.0\nimg/1.png,2.0\nimg/2.png,\nimg/3.png,1.0\n'),
  );
  expect(classesOf(datasetId)).toEqual(['1', '2', '10']);
  const python = '{"path":"img/0.png","label":3.0}\n{"path":"img/1.png","label":NaN}';
  expect(classesOf((await importing(write('floats.jsonl', python))).datasetId)).toEqual(['3']);
});

it('imports again as it was told the first time', async () => {
  const rows = ['cat', 'dog'].map((label, i) => ({ path: `img/${i}.png`, label, probabilities: [2, -1] }));
  const { datasetId } = await importing(write('again.jsonl', jsonl(rows)), { probabilities: 'logits' });
  expect(c.importAgainParams(catalog, datasetId)).toMatchObject({ probabilities: 'logits', classOrder: [] });
});

it('forgets probabilities that the manifest has no more', async () => {
  const rows = ['cat', 'dog'].map((label, i) => ({ path: `img/${i}.png`, label, probabilities: [0.6, 0.4] }));
  const source = write('gone.jsonl', jsonl(rows));
  const { datasetId } = await importing(source);
  write('gone.jsonl', jsonl([rows[0], { path: 'img/1.png', label: 'dog' }]));
  const { name } = c.getDataset(catalog, datasetId);
  await runOk(catalog, { kind: 'import', params: { source, name } });
  expect(await difficulties(datasetId)).toEqual(close({ 'img/0.png': 0.4 }));
});

const archive = join(import.meta.dirname, '../../../../../shared/data/reports.tar.gz');
if (!existsSync(archive)) console.log(`skipped: needs ${archive}`);

describe.skipIf(!existsSync(archive))('inputs of shared/data/reports.tar.gz', () => {
  beforeAll(() =>
    execFileSync('tar', ['-xzf', archive, '-C', folder, 'reports/manifests', 'reports/numeric-class-order']),
  );
  const report = (name: string) => join(folder, 'reports', name);

  it('numeric-class-order: every image is as easy as it was written', async () => {
    const { datasetId } = await importing(report('numeric-class-order/m.jsonl'));
    for (const difficulty of Object.values(await difficulties(datasetId)))
      expect(difficulty).toBeCloseTo(0.1, 5);
  });

  it.each(['logits', 'notone'])('%s.jsonl is asked about', async (name) => {
    const { job } = await importing(report(`manifests/${name}.jsonl`));
    expect(job.error).toContain('"logits" applies softmax');
  });

  it('nan.jsonl: eight images, seven scores', async () => {
    const { job, datasetId } = await importing(report('manifests/nan.jsonl'));
    expect(job.result).toMatchObject({ imported: 8, skipped: 0 });
    expect(Object.keys(await difficulties(datasetId))).toHaveLength(7);
  });

  it('multi.csv: eight images without a class, multi.jsonl: those of one class have theirs', async () => {
    const csv = await importing(report('manifests/multi.csv'));
    expect(csv.job.result).toMatchObject({ imported: 8, skipped: 0, classes: 0 });
    expect(csv.unused[0]).toMatch(
      /imported without label, which cannot be used: 8 \(multi.csv line 2: .*several/,
    );
    const rows = await importing(report('manifests/multi.jsonl'));
    expect(rows.job.result).toMatchObject({ imported: 8, skipped: 0, classes: 1 });
  });

  it('onehot.csv: cats and dogs; float.csv: 0 and 1', async () => {
    expect(classesOf((await importing(report('manifests/onehot.csv'))).datasetId)).toEqual(['cat', 'dog']);
    expect(classesOf((await importing(report('manifests/float.csv'))).datasetId)).toEqual(['0', '1']);
  });
});

it('names in other letter case are the classes; two names of one class are told alike by import and score', async () => {
  const named = (cat: string) =>
    write(
      'case.jsonl',
      jsonl([
        { path: 'img/0.png', label: 'cat', probabilities: { [cat]: 0.6, dog: 0.2, bird: 0.2 } },
        { path: 'img/1.png', label: 'dog', probabilities: { [cat]: 0.5, dog: 0.5 } },
        { path: 'img/2.png', label: 'dog', probabilities: { bird: 1 } },
      ]),
    );
  const fitted = await importing(named('Cat'));
  expect(fitted.used).toContain('Probabilities by names in other letter case: 2 (Cat for cat, ...)');
  expect(fitted.used).toContain('Class probabilities, by class name: 2');
  expect(fitted.unused.join()).toContain('does not have (scores bring the others to a sum of 1): 1 (bird)');
  expect(fitted.unused).toContain('Probabilities that are 0 for all classes of the dataset: 1 (img/2.png)');
  expect(await difficulties(fitted.datasetId)).toEqual(close({ 'img/0.png': 0.25, 'img/1.png': 0.5 }));
  const apart = await importing(named('kitten'));
  const words = 'No probabilities for "cat", but for "kitten", "bird", which the dataset does not have';
  expect(apart.unused.join()).toContain(words);
  expect(apart.used.join()).not.toContain('Class probabilities');
  const params = { datasetId: apart.datasetId, method: 'precomputed' as const };
  expect((await run(catalog, { kind: 'score', params })).error).toContain(words);
});
