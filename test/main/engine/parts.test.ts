/** Small parts of the engine: order under concurrency, the time left, providers, checkpoints, messages. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { givenRow, labelColumns, softmaxOfColumns } from '../../../src/main/datasets/class-probabilities.ts';
import { mapOrdered } from '../../../src/main/files/ordered.ts';
import { packBytes, unpackBytes } from '../../../src/main/jobs/messages.ts';
import { RateEstimate } from '../../../src/main/jobs/progress.ts';
import { chooseProvider, probeProvider } from '../../../src/main/runtime/providers.ts';

/** So many turns of the event loop: what takes fewer is always done first. */
async function turns(count: number) {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

test('results keep the order of the items, at most so many at once', async () => {
  let now = 0;
  let most = 0;
  const results: number[] = [];
  for await (const r of mapOrdered([30, 1, 20, 5, 10], 3, async (count, i) => {
    most = Math.max(most, ++now);
    await turns(count);
    now--;
    return i;
  }))
    results.push(r);
  expect(results).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(3);
});

test('a failure comes in its turn, and no new work is begun after it', async () => {
  const begun: number[] = [];
  const results: number[] = [];
  const all = async () => {
    for await (const r of mapOrdered([0, 1, 2, 3, 4, 5], 2, async (i) => {
      begun.push(i);
      await turns(1);
      if (i === 1) throw new Error('one');
      return i;
    }))
      results.push(r);
  };
  await expect(all()).rejects.toThrow('one');
  expect(results).toEqual([0]);
  expect(begun.length).toBeLessThan(4);
});

test('time left: from the last while, unknown at first and without a total', () => {
  const rate = new RateEstimate();
  expect(rate.secondsLeft(0, 0, 100)).toBeNull();
  expect(rate.secondsLeft(500, 5, 100)).toBeNull();
  expect(rate.secondsLeft(2000, 20, 100)).toBeCloseTo(8, 5);
  expect(rate.secondsLeft(3000, 30, null)).toBeNull();
  // Ten times slower from here on: the estimate follows within its window.
  for (let s = 4; s <= 60; s++) rate.secondsLeft(1000 * s, 30 + (s - 3), 100);
  expect(rate.secondsLeft(61_000, 88, 100)).toBeCloseTo(12, 0);
});

test("'auto' chooses a provider, an impossible device says why", async () => {
  const chosen = await chooseProvider('auto');
  expect(['cpu', 'cuda', 'dml', 'webgpu']).toContain(chosen);
  const other = process.platform === 'win32' ? 'cuda' : 'dml';
  await expect(chooseProvider(other)).rejects.toThrow(
    new RegExp(`device ${other} cannot be used: .*choose auto`),
  );
});

test('the CPU passes its probe in a child process', async () => {
  const report = await probeProvider('cpu');
  expect(report).toMatchObject({ provider: 'cpu', usable: true, maxAbsDiff: 0 });
  expect(report.ms).toBeGreaterThan(0);
});

test('bytes survive the way through JSON', () => {
  const payload = { a: [1, { rgb: Uint8Array.of(0, 255, 7) }], n: null, s: 'x' };
  expect(unpackBytes(JSON.parse(JSON.stringify(packBytes(payload))))).toEqual(payload);
});

test('labels are matched by name, exactly and once', () => {
  expect(labelColumns(['b', 'a'], ['a', 'x', 'b'], 'm')).toEqual([2, 0]);
  expect(() => labelColumns(['A'], ['a'], 'm')).toThrow(/no label is called "A"/);
  expect(() => labelColumns(['a'], ['a', 'a'], 'm')).toThrow(/two labels/);
  expect(() => labelColumns(['a'], null, 'm')).toThrow(/no class scores with names.*labels\.txt/);
  const p = softmaxOfColumns(Float32Array.of(1, 9, 3), 1, 3, [2, 0]);
  expect(p[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect(p[0] + p[1]).toBeCloseTo(1, 6);
});

test('given probabilities: by name or in class order; the share of the classes, which may be none', () => {
  const row = givenRow(['a', 'b']);
  expect([...row({ b: 1 }, 'x')!]).toEqual([0, 1]);
  expect([...row([0.25, 0.75], 'x')!]).toEqual([0.25, 0.75]);
  expect(() => row([1], 'x.png')).toThrow(/x\.png: 1 probabilities for 2 classes/);
  expect([...row({ a: 0.1, b: 0.3, c: 0.6 }, 'x')!]).toEqual([0.25, 0.75].map((p) => expect.closeTo(p, 6)));
  expect(row({ c: 1 }, 'x.png')).toBeNull();
  expect(() => row([0.2, 0.2], 'x')).toThrow(/sums to/);
});

test('thousands of classes are not searched again for every probability of every image', () => {
  const names = Array.from({ length: 3000 }, (_, i) => `class ${i}`);
  const given = Object.fromEntries(names.map((name) => [name, 1 / names.length]));
  let reads = 0;
  const watched = new Proxy(names, {
    get(target, key, receiver) {
      reads++;
      return Reflect.get(target, key, receiver);
    },
  });
  const row = givenRow(watched);
  for (let i = 0; i < 3; i++) expect(row(given, 'x')![2999]).toBeCloseTo(1 / 3000, 6);
  expect(labelColumns(watched, watched, 'm')[2999]).toBe(2999);
  expect(reads).toBeLessThan(30 * names.length);
});
