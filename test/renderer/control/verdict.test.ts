import { expect, test } from 'vitest';
import { estimateText, verdictOn } from '../../../src/renderer/control/verdict.ts';
import { controlViewOf } from '../../../src/renderer/dev/fake-control.ts';
import type { ControlFigures, ControlReport } from '../../../src/shared/control.ts';

const { report } = controlViewOf(10);

/** Figures with this correlation, its interval half as wide as given, and these means at the levels. */
function figures(value: number, half: number | null, means = [0.1, 0.2, 0.3, 0.4, 0.5]): ControlFigures {
  const of = report.figures.trainingScorer;
  return {
    ...of,
    spearman: { value, interval: half === null ? null : { low: value - half, high: value + half } },
    levels: of.levels.map((level, i) => ({ ...level, measuredMean: means[i] })),
    rises: means.every((mean, i) => i === 0 || mean > means[i - 1]),
  };
}
const judged = (trainingScorer: ControlFigures, heldOutScorer: ControlFigures | null): ControlReport => ({
  ...report,
  figures: { trainingScorer, heldOutScorer },
});

test('both scorers decide: one that was learned from alone does not make a yes', () => {
  const [strong, weak, none] = [figures(0.6, 0.05), figures(0.2, 0.05), figures(0.02, 0.05)];
  expect(verdictOn(judged(strong, strong))).toMatchObject({
    tone: 'good',
    answer: expect.stringMatching(/^Yes/),
  });
  expect(verdictOn(judged(strong, weak)).tone).toBe('partly');
  expect(verdictOn(judged(strong, none))).toMatchObject({
    tone: 'partly',
    answer: expect.stringMatching(/fools/),
  });
  expect(verdictOn(judged(weak, weak)).tone).toBe('partly');
  expect(verdictOn(judged(none, none))).toMatchObject({ tone: 'no', answer: expect.stringMatching(/^No/) });
  expect(verdictOn(judged(strong, null)).answer).toMatch(/no other scorer was asked/);
});

test('a correlation whose interval holds zero is none, however large', () => {
  expect(verdictOn(judged(figures(0.5, 0.6), null)).tone).toBe('no');
});

test('what does not rise at every level is no full yes, and where it falls is said', () => {
  const bent = figures(0.6, 0.05, [0.1, 0.2, 0.2, 0.4, 0.35]);
  const { tone, reasons } = verdictOn(judged(bent, null));
  expect(tone).toBe('partly');
  expect(reasons[1]).toMatch(/does not rise between 0\.30 and 0\.50, 0\.70 and 0\.90\.$/);
});

test('reasons carry the figures', () => {
  const { reasons } = verdictOn(judged(figures(0.63, 0.03), figures(0.47, 0.04)));
  expect(reasons[0]).toContain('0.63 (0.60 to 0.66)');
  expect(reasons[0]).toContain('0.47 (0.43 to 0.51)');
  expect(reasons[1]).toContain('from 0.10 (asked for 0.10) to 0.50 (asked for 0.90)');
  const [first, last] = [report.levels[0], report.levels[4]];
  expect(reasons[2]).toContain(`${(100 * first.agreement).toFixed(1)} %`);
  expect(reasons[2]).toContain(`${(100 * last.agreement).toFixed(1)} %`);
});

test('an estimate without an interval is the figure alone; minus signs are minus signs', () => {
  expect(estimateText({ value: -0.25, interval: null })).toBe('−0.25');
  expect(estimateText({ value: 0.1, interval: { low: -0.05, high: 0.25 } })).toBe('0.10 (−0.05 to 0.25)');
});

test('a model whose easiest images do not show their class gets no full yes', () => {
  const strong = figures(0.6, 0.05);
  const blurred = { ...strong, agreementAtLow: 0.4 };
  expect(verdictOn(judged(blurred, strong))).toMatchObject({
    tone: 'partly',
    answer: expect.stringMatching(/^Yes.*do not show their class/),
  });
});
