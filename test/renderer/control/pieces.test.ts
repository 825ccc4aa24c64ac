import { expect, test } from 'vitest';
import { differing } from '../../../src/renderer/control/comparison.tsx';
import { imagesOf, secondsFor } from '../../../src/renderer/control/estimate.ts';
import { step } from '../../../src/renderer/control/roving.ts';
import { sorted } from '../../../src/renderer/control/sortable.tsx';
import { makeJob } from '../../../src/renderer/dev/fake-data.ts';
import { numbersOf } from '../../../src/shared/field.ts';
import { controlParams } from '../../../src/shared/jobs/control.ts';

const parseLevels = (text: string) =>
  controlParams.shape.levels.safeParse(numbersOf(text, true)).data ?? null;

test('levels are read in any spelling, put in order, and refused where they do not fit', () => {
  expect(parseLevels('0.9, 0.1; .5 0.5')).toEqual([0.1, 0.5, 0.9]);
  expect(parseLevels('0.5')).toBeNull();
  expect(parseLevels('0.5, 1.2')).toBeNull();
  expect(parseLevels('0.5, half')).toBeNull();
  expect(parseLevels(Array.from({ length: 21 }, (_, i) => i / 20).join(' '))).toBeNull();
});

test('a check makes every seed at every level, and once per baseline', () => {
  const params = controlParams.parse({ datasetId: 1, count: 4, levels: [0.1, 0.5, 0.9] });
  expect(imagesOf(params, 10)).toEqual({ perLevel: 120, baselines: 40, total: 160 });
  expect(imagesOf({ ...params, baseline: false, classes: ['cat'] }, 10).total).toBe(12);
  expect(imagesOf({ ...params, plainLoraId: 'model:5' }, 10).baselines).toBe(80);
});

test('the time is that of the last finished check of the dataset, by images and steps', () => {
  const params = controlParams.parse({
    datasetId: 1,
    count: 4,
    levels: [0.1, 0.9],
    baseline: false,
    steps: 10,
  });
  const done = { kind: 'control', title: 'x', params, startedAt: 1000, finishedAt: 61_000 } as const;
  const jobs = [
    makeJob({ ...done, id: 3, state: 'failed' }),
    makeJob({ ...done, id: 2, state: 'done', datasetId: 2 }),
    makeJob({ ...done, id: 1, state: 'done' }),
  ];
  expect(secondsFor(params, 10, jobs, 1)).toBe(60);
  expect(secondsFor({ ...params, steps: 30, count: 2 }, 10, jobs, 1)).toBe(90);
  expect(secondsFor(params, 10, jobs.slice(0, 2), 1)).toBeNull();
});

test('arrows stay within the grid', () => {
  expect(step('ArrowRight', 0, 4, 3, 5)).toEqual({ row: 0, column: 4 });
  expect(step('ArrowDown', 0, 4, 3, 5)).toEqual({ row: 1, column: 4 });
  expect(step('Home', 2, 3, 3, 5)).toEqual({ row: 2, column: 0 });
  expect(step('a', 0, 0, 3, 5)).toBeNull();
});

test('rows sort by number or name, and those without a value come last both ways', () => {
  const column = { key: 'x', label: 'x', value: (row: { x: number | null }) => row.x };
  const rows = [{ x: 1 }, { x: null }, { x: 3 }];
  expect(sorted(rows, column, true).map(({ x }) => x)).toEqual([3, 1, null]);
  expect(sorted(rows, column, false).map(({ x }) => x)).toEqual([1, 3, null]);
});

test('a comparison names the settings that differ', () => {
  expect(differing({ steps: 30, levels: [0.1, 0.9], seed: 0 }, { steps: 20, levels: [0.1, 0.9] })).toEqual([
    'steps',
    'seed',
  ]);
});
