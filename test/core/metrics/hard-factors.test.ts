/** Ridge regression against a hand-computed case and planted data; the hard-factor table; the factor file. */
import { expect, it } from 'vitest';
import { parseFactorLines } from '../../../src/core/metrics/factor-lines.ts';
import { type FactorObservation, hardFactors, realBeside } from '../../../src/core/metrics/hard-factors.ts';
import {
  type GroupedRows,
  groupedRidgeSteps,
  predictGrouped,
  ridgeWeights,
} from '../../../src/core/metrics/ridge.ts';
import { type Rng, randn, rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

it('solves the penalised normal equations as by hand', () => {
  // x'x = [[5,4],[4,5]], x'y = [5,4]; with penalty 1: [[6,4],[4,6]] w = [5,4] -> w = [14,4] / 20.
  const x = [1, 2, 2, 1];
  const y = [1, 2];
  const w = ridgeWeights(x, y, { n: 2, d: 2, k: 1 }, 1);
  expect(w[0]).toBeCloseTo(0.7, 12);
  expect(w[1]).toBeCloseTo(0.2, 12);
  // Without a penalty it passes through both points: x w = y.
  expect(Array.from(ridgeWeights(x, y, { n: 2, d: 2, k: 1 }, 0))).toEqual([
    expect.closeTo(1, 12),
    expect.closeTo(0, 12),
  ]);
  expect(() => ridgeWeights([1, 1, 2, 2], y, { n: 2, d: 2, k: 1 }, 0)).toThrow('wanted a larger one');
});

const fitGroupedRidge = (rows: GroupedRows, rng: Rng) => drain(groupedRidgeSteps(rows, rng));

/** Target 0 is a linear function within each group, target 1 is noise; groups lie far apart in both. */
function planted(n: number, d: number) {
  const rng = rngFromSeed(3);
  const x = randn(n * d, rng);
  const groups = Array.from({ length: n }, (_, i) => i % 3);
  const y = new Float64Array(n * 2);
  for (let i = 0; i < n; i++) {
    y[i * 2] = 0.5 * x[i * d] - 2 * x[i * d + 1] + 100 * groups[i] + 0.1 * rng.normal();
    y[i * 2 + 1] = rng.normal() + 100 * groups[i];
    for (let a = 0; a < d; a++) x[i * d + a] += 7 * groups[i];
  }
  return { x, y, groups, n, d, k: 2 };
}

it('finds what is planted within the groups, and says that noise cannot be read', () => {
  const rows = planted(240, 12);
  const model = fitGroupedRidge(rows, rngFromSeed(1));
  expect(model.heldOutR2[0]).toBeGreaterThan(0.98);
  expect(model.heldOutR2[1]).toBeLessThan(0.1); // The groups' means alone would explain nearly everything.
  // Its readings are of rows that it did not see, and near the truth.
  expect(model.heldOut[2 * 10] - rows.y[2 * 10]).toBeCloseTo(0, 0);
  expect(model.heldOut.every(Number.isFinite)).toBe(true);
  expect(model.weights[0]).toBeCloseTo(0.5, 1);
  expect(model.weights[2]).toBeCloseTo(-2, 1);
  expect(model.penalties[1]).toBeGreaterThan(model.penalties[0]);
  const features = new Float64Array(12).fill(14); // the mean of group 2, about
  expect(predictGrouped(model, features, 2)[0]).toBeCloseTo(200, 0);
  expect(() => predictGrouped(model, [1], 0)).toThrow('1 features, wanted 12');
  expect(() => predictGrouped(model, features, 3)).toThrow('group 3, wanted 0..2');
});

it('has no R^2 for a constant, and refuses arrays that do not fit', () => {
  const rows = planted(60, 4);
  const constant = { ...rows, y: new Float64Array(60).fill(4), k: 1 };
  expect(fitGroupedRidge(constant, rngFromSeed(1)).heldOutR2).toEqual([Number.NaN]);
  expect(() => fitGroupedRidge({ ...rows, n: 59 }, rngFromSeed(1))).toThrow('wanted 236, 118 and 59');
  expect(() =>
    fitGroupedRidge({ ...rows, x: [1], y: [1, 1], groups: [0], n: 1, d: 1 }, rngFromSeed(1)),
  ).toThrow('wanted 10 or more');
});

const rise = (className: string, rows: number[][]): FactorObservation[] =>
  rows.map((strengths, i) => ({ className, difficulty: i / 10, strengths }));

it('names the factor that rises in generated images and whether it is one of the two in real ones', () => {
  const real = [
    ...rise('car', [
      [0, 0, 3],
      [1, 0.5, 2],
      [2, 0.4, 1],
      [3, 2, 0],
    ]),
    ...rise('cup', [
      [0, 3, 0],
      [1, 2, 0],
      [2, 1, 0],
      [3, 0, 0],
    ]),
  ];
  const generated = [
    ...rise('car', [
      [1, 0, 0],
      [0, 1, 1],
      [2, 2, 0],
    ]),
    ...rise('cup', [
      [0, 1, 5],
      [0, 2, 6],
      [0, 3, 7],
    ]),
  ];
  const table = hardFactors(real, generated, ['blur', 'dark', 'odd']);
  expect(table.classes[0]).toMatchObject({ top: 'dark', topReal: ['blur', 'dark'], matches: true });
  expect(table.classes[0].real[2]).toBeCloseTo(-1);
  // Of equal ones the first; a constant has no correlation, and one that falls is not what makes a class hard.
  expect(table.classes[1]).toMatchObject({ top: 'dark', topReal: ['blur'], matches: false });
  expect(table.classes[1].real[2]).toBe(null);
  expect(table.matching).toBe(1);
  expect(table.matchingByChance).toBeCloseTo(2 / 3 + 1 / 3);
  expect(table.classes[0].realRead).toEqual([null, null, null]);
  const read = real.map((o) => ({ ...o, read: [o.strengths[0], -o.strengths[1], 1] }));
  const [car] = hardFactors(read, generated, ['blur', 'dark', 'odd']).classes;
  expect(car.realRead).toEqual([expect.closeTo(1), -car.real[1]!, null]);
  // What the regressor cannot read is not named.
  const unread = hardFactors(real, generated, ['blur', 'dark', 'odd'], [true, false, true]);
  expect(unread.classes.map((c) => c.top)).toEqual(['blur', 'odd']);
  expect(() => hardFactors(real, generated, ['blur'])).toThrow('3 strengths in car, wanted 1');
});

it('sets real images of the level beside generated ones, the alike first and none twice', () => {
  const candidate = (imageId: number, difficulty: number, features: number[]) => ({
    imageId,
    difficulty,
    features,
  });
  const candidates = [
    candidate(1, 0.9, [1, 0]), // alike, but of another difficulty
    candidate(2, 0.1, [0, 1]),
    candidate(3, 0.15, [2, 0.1]),
  ];
  const ids = (generated: number[][], pool: number) =>
    realBeside(0.1, generated, candidates, pool).map((c) => c.imageId);
  expect(ids([[1, 0]], 2)).toEqual([3]);
  expect(
    ids(
      [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      2,
    ),
  ).toEqual([3, 2, 3]);
  expect(ids([[1, 0]], 3)).toEqual([1]);
  expect(() => realBeside(0.1, [], [], 3)).toThrow('no real image');
});

it('reads the factor file and names the line and field that is wrong', () => {
  const line = (value: unknown) => JSON.stringify(value);
  const good = line({ path: 'a.png', label: 'x', factors: { blur: 0.5, dark: 1 } });
  const swapped = line({ path: 'b.png', factors: { dark: 0, blur: 2 } });
  const known = parseFactorLines(`${good}\n\n${swapped}\n`, 'f.jsonl');
  expect(known.names).toEqual(['blur', 'dark']);
  expect(known.strengths.get('b.png')).toEqual([2, 0]);
  const wrong: [string, string][] = [
    ['{', 'f.jsonl, line 2: not JSON'],
    ['[1]', 'f.jsonl, line 2: wanted an object'],
    [line({ factors: {} }), 'line 2: path, wanted'],
    [good, 'line 2: path a.png is there twice'],
    [line({ path: 'b', factors: [1] }), 'line 2: factors, wanted an object'],
    [line({ path: 'b', factors: { blur: 1 } }), 'line 2: factors.dark is missing, wanted a number'],
    [line({ path: 'b', factors: { blur: '1', dark: 1 } }), 'line 2: factors.blur is "1", wanted a number'],
    [
      line({ path: 'b', factors: { blur: 1, dark: 1, fog: 1 } }),
      'line 2: factors.fog is not in the first line',
    ],
  ];
  for (const [text, message] of wrong)
    expect(() => parseFactorLines(`${good}\n${text}`, 'f.jsonl')).toThrow(message);
  expect(() => parseFactorLines('\n', 'f.jsonl')).toThrow('no line');
});
