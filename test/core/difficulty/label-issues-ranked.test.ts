/** The list of suspected labels: wrong ones found, hard ones left alone, and what the order means. */
import { expect, it } from 'vitest';
import { badness, rankedLabelIssues } from '../../../src/core/difficulty/label-issues-ranked.ts';

const k = 3;
/** Sure of its class, torn between two, and sure of another class than the label. */
const sure = (c: number) => Array.from({ length: k }, (_, j) => (j === c ? 0.9 : 0.05));
const torn = [0.3, 0.32, 0.38];

it('tells a wrong label from a hard image', () => {
  const rows: number[][] = [];
  const labels: number[] = [];
  for (let i = 0; i < 30; i++) {
    rows.push(sure(i % k));
    labels.push(i % k);
  }
  rows.push(torn, sure(2), [0.001, 0.979, 0.02]);
  labels.push(0, 0, 0);
  const list = rankedLabelIssues(rows.flat(), rows.length, k, labels);
  expect(list.issues.map((i) => [i.row, i.given, i.suggested])).toEqual([
    [32, 0, 1],
    [31, 0, 2],
  ]);
  expect(list.hard).toBe(1); // the torn one
  expect(list.issues[0].logOdds).toBeCloseTo(Math.log(979), 6);
  expect(list.issues[1]).toMatchObject({ selfConfidence: 0.05, suggestedProbability: 0.9 });
  expect(list.issues[1].normalisedMargin).toBeCloseTo(0.075, 6);
  // One of 13 rows labelled 0 each, which are 2 of 33 labels.
  expect(list.pairs).toEqual([
    { given: 0, suggested: 1, count: 1 },
    { given: 0, suggested: 2, count: 1 },
  ]);
  expect(list.noise).toBeCloseTo(2 / 33, 1);
});

it('orders by what it is asked to', () => {
  // Least probable; largest difference; largest odds.
  const rows = [
    [0.02, 0.35, 0.63],
    [0.06, 0.93, 0.01],
    [0.015, 0.42, 0.565],
  ];
  const worst = (ranking: Parameters<typeof badness>[4]) => {
    const values = badness(rows.flat(), 3, k, [0, 0, 0], ranking);
    return [0, 1, 2].sort((a, b) => values[b] - values[a]);
  };
  expect(worst('self-confidence')).toEqual([2, 0, 1]);
  expect(worst('normalised-margin')).toEqual([1, 0, 2]);
  expect(worst('odds')).toEqual([2, 0, 1]);
});

it('orders rows of one self-confidence by how sure the suggestion is', () => {
  const rows = [
    [0.1, 0.5, 0.4],
    [0.1, 0.8, 0.1],
  ];
  const values = badness(rows.flat(), 2, k, [0, 0], 'odds');
  expect(values[1]).toBeGreaterThan(values[0]);
});

it('a class that the probabilities know nothing of gives finite odds', () => {
  const [value] = badness([0, 1, 0], 1, k, [0], 'odds');
  expect(Number.isFinite(value)).toBe(true);
});
