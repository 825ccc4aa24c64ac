import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openRecordFile } from '../../../src/main/engine/control/record-file.ts';

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

it('refuses a batch of another shape', () => {
  const file = openRecordFile(join(folder, 'b.records'), shape, plan);
  expect(() => file.append(new Float64Array(4), new Float32Array(5))).toThrow(
    '4 numbers and 5 features, wanted 2 and 3 for each item',
  );
  file.close();
});
