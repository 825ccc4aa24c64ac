/** Where points of a plot lie, what is said of two scorers, and the corners of a dataset map. */
import { expect, test } from 'vitest';
import {
  comparisonSentence,
  correlationText,
  lessonsSentence,
} from '../../../src/renderer/difficulty/compare-words.ts';
import { nearestPoint, placed } from '../../../src/renderer/difficulty/point-place.ts';
import { mapRegions } from '../../../src/renderer/difficulty/training-regions.ts';
import type { ScorerComparison } from '../../../src/shared/scorers.ts';

test('points lie between the margins, y upwards; the nearest within reach is found', () => {
  const box = {
    width: 120,
    height: 70,
    margin: { left: 10, right: 10, top: 5, bottom: 15 },
    xMax: 0.5,
    yMax: 1,
  };
  const screen = placed(Float32Array.of(0, 0.5, 0.25), Float32Array.of(0, 1, 0.5), box);
  expect([...screen]).toEqual([10, 55, 110, 5, 60, 30]);
  expect(nearestPoint(screen, 62, 33, 9)).toBe(2);
  expect(nearestPoint(screen, 85, 18, 9)).toBe(-1);
});

test('figures of two scorers in words', () => {
  const none = { value: null, low: null, high: null };
  const of = (value: number | null, meanDifference: number) =>
    comparisonSentence({
      overall: { images: 9, spearman: { ...none, value }, kendall: none, sameBucket: 0.785 },
      meanDifference,
    } as ScorerComparison);
  expect(of(0.9, 0.004)).toBe(
    'They order the images nearly alike; neither finds them harder on average; 78.5 % are in the same bucket by both.',
  );
  expect(of(0.6, 0.2)).toContain('rough order of the images; A finds them harder, by 0.20');
  expect(of(0.3, -0.2)).toContain('agree little on which images are hard; B finds them harder, by 0.20');
  expect(of(-0.1, 0)).toContain('do not agree');
  expect(of(null, 0)).toContain('Too few images');
  expect(correlationText({ value: 0.712, low: 0.68, high: 0.74 })).toBe('0.71 (0.68 to 0.74)');
  expect(correlationText({ value: 1, low: null, high: null })).toBe('1.00');
  expect(correlationText(none)).toBe('–');
});

test('what two scorers had learned from', () => {
  const of = (learnedA: number | null, learnedB: number | null, method = 'classifier') =>
    lessonsSentence({ a: { method }, b: { method }, learnedA, learnedB } as ScorerComparison);
  expect(of(0, 0)).toBeNull();
  expect(of(0, 1480)).toBe(
    'Of these images they had learned from: A: none; B: 1,480. What a scorer has memorised it finds easy.',
  );
  expect(of(null, 0)).toContain('A: not recorded; B: none.');
  expect(of(0, null, 'precomputed')).toContain(
    'B: not recorded, for its probabilities came with the images.',
  );
});

test('the corners of a dataset map', () => {
  const map = {
    modelName: 'm',
    ids: Uint32Array.of(11, 12, 13, 14),
    confidence: Float32Array.of(0.9, 0.1, 0.5, 0.6),
    variability: Float32Array.of(0.05, 0.1, 0.4, 0.3),
    correctness: Float32Array.of(1, 0, 0.5, 0.5),
    forgetting: Uint16Array.of(0, 0, 1, 3),
    classIndex: Int32Array.of(0, 0, 1, 1),
    heldOut: Uint8Array.of(0, 0, 0, 1),
  };
  expect(mapRegions(map, 2).map(({ title, ids }) => [title, ids])).toEqual([
    ['Ambiguous', [13, 14]],
    ['Hard to learn', [12, 13]],
    ['Easy to learn', [11, 14]],
    ['Forgotten most often', [14, 13]],
  ]);
  expect(mapRegions({ ...map, forgetting: new Uint16Array(4) }, 2)).toHaveLength(3);
});
