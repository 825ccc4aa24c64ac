import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { damages } from '../../../../../scripts/torture/cuts.ts';
import { rngFromSeed } from '../../../../../src/core/rng.ts';
import { openRecordFile } from '../../../../../src/main/engine/bodies/control/record-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const shape = { numbers: 2, features: 3 };
const plan = { batchSize: 2, total: 5 };
const record = (i: number) => ({ numbers: [i / 3, -i], features: [i + 0.25, i + 0.5, -i] });

/** Records `from` to `to` as one batch. */
function batch(from: number, to: number): [Float64Array, Float32Array] {
  const items = Array.from({ length: to - from }, (_, i) => record(from + i));
  return [
    Float64Array.from(items.flatMap((r) => r.numbers)),
    Float32Array.from(items.flatMap((r) => r.features)),
  ];
}

it('gives back bit for bit what was appended, over several openings', () => {
  const path = join(folder, 'deep', 'a.records');
  let file = openRecordFile(path, shape, plan);
  expect(file.count).toBe(0);
  file.append(...batch(0, 2));
  file.close();
  file = openRecordFile(path, shape, plan);
  expect(file.count).toBe(2);
  file.append(...batch(2, 4));
  file.append(...batch(4, 5));
  const all = file.readAll();
  file.close();
  const [numbers, features] = batch(0, 5);
  expect(all).toEqual({ count: 5, numbers, features });
  file = openRecordFile(path, shape, plan);
  expect(file.count).toBe(5);
  file.close();
});

it('cuts off what a kill left of a batch, at every possible byte', () => {
  const bytes = 2 * 8 + 3 * 4 + 4; // and the checksum
  for (let left = 1; left < 2 * bytes; left++) {
    const path = join(folder, `${left}.records`);
    let file = openRecordFile(path, shape, plan);
    file.append(...batch(0, 2));
    file.close();
    appendFileSync(path, Buffer.alloc(left, 9));
    file = openRecordFile(path, shape, plan);
    expect(file.count).toBe(2);
    expect(statSync(path).size).toBe(2 * bytes);
    file.append(...batch(2, 4));
    expect(file.readAll().numbers).toEqual(batch(0, 4)[0]);
    file.close();
  }
});

it.each(Object.keys(damages))('%s: goes on from the last batch that is whole', (kind) => {
  for (let seed = 0; seed < 30; seed++) {
    const path = join(folder, `${kind}-${seed}.records`);
    let file = openRecordFile(path, shape, plan);
    for (const [from, to] of [
      [0, 2],
      [2, 4],
      [4, 5],
    ])
      file.append(...batch(from, to));
    file.close();
    writeFileSync(path, damages[kind](readFileSync(path), rngFromSeed(seed, kind)));
    file = openRecordFile(path, shape, plan);
    expect([0, 2, 4, 5]).toContain(file.count);
    for (const [from, to] of [
      [0, 2],
      [2, 4],
      [4, 5],
    ])
      if (file.count === from) file.append(...batch(from, to));
    const [numbers, features] = batch(0, 5);
    expect(file.readAll()).toEqual({ count: 5, numbers, features });
    file.close();
  }
});

it('tells of records in the middle that were never written', () => {
  const path = join(folder, 'zeros.records');
  let file = openRecordFile(path, shape, plan);
  file.append(...batch(0, 2));
  file.append(...batch(2, 4));
  file.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, bytes.length / 2));
  const told: string[] = [];
  file = openRecordFile(path, shape, { ...plan, onDamaged: (text) => told.push(text) });
  expect(file.count).toBe(2);
  expect(told).toEqual(['zeros.records is damaged at record 2 of 4; resumes from there']);
  file.close();
});

it('refuses a batch of another shape', () => {
  const file = openRecordFile(join(folder, 'b.records'), shape, plan);
  expect(() => file.append(new Float64Array(4), new Float32Array(5))).toThrow(
    '4 numbers and 5 features, wanted 2 and 3 for each item',
  );
  file.close();
});
