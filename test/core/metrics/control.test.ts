import { describe, expect, it } from 'vitest';
import { type ControlSample, controlFigures as figuresOf } from '../../../src/core/metrics/control.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';

const controlFigures = (samples: readonly ControlSample[]) =>
  figuresOf(samples, (i) => `class ${i}`, rngFromSeed(1, 'bootstrap'));

const levels = [0.1, 0.3, 0.5, 0.7, 0.9];

/** `n` images per class and level whose measured difficulty follows the request by `slope`, with noise. */
function made(classes: number, n: number, slope: number, noise: number): ControlSample[] {
  const rng = rngFromSeed(7, 'control');
  const samples: ControlSample[] = [];
  for (let classIndex = 0; classIndex < classes; classIndex++) {
    for (const requested of levels) {
      for (let i = 0; i < n; i++) {
        const measured = Math.min(1, Math.max(0, 0.5 + slope * (requested - 0.5) + noise * rng.normal()));
        samples.push({ classIndex, draw: i, requested, measured, agrees: measured < 0.5 });
      }
    }
  }
  return samples;
}

describe('difficulty control', () => {
  it('a perfect follower has correlation, slope and rise of a perfect follower', () => {
    const figures = controlFigures(made(3, 4, 1, 0));
    expect(figures.spearman.value).toBeCloseTo(1, 10);
    expect(figures.slope.value).toBeCloseTo(1, 10);
    expect(figures.rises).toBe(true);
    expect(figures.levels.map((l) => l.measuredMean)).toEqual(levels.map((l) => expect.closeTo(l, 10)));
    expect(figures.agreementAtLow).toBe(1);
    expect(figures.easyShare).toBeCloseTo(2 / 5, 10);
  });

  it('what ignores the request is uncorrelated, and its interval says so', () => {
    const figures = controlFigures(made(10, 40, 0, 0.1));
    expect(Math.abs(figures.spearman.value)).toBeLessThan(0.08);
    expect(figures.spearman.interval!.low).toBeLessThan(0);
    expect(figures.spearman.interval!.high).toBeGreaterThan(0);
  });

  it('a constant measure counts as no control, not as a missing figure', () => {
    const figures = controlFigures(made(2, 4, 0, 0));
    expect(figures.spearman.value).toBe(0);
    expect(figures.rises).toBe(false);
  });

  it('one class against the request is seen in the mean and in its own row', () => {
    const against = made(1, 10, -1, 0.01).map((s) => ({ ...s, classIndex: 5 }));
    const figures = controlFigures([...made(3, 10, 1, 0.01), ...against]);
    expect(figures.classes.map((c) => c.classIndex)).toEqual([0, 1, 2, 5]);
    expect(figures.classes[3].spearman.value).toBeLessThan(-0.9);
    expect(figures.spearman.value).toBeCloseTo(
      figures.classes.reduce((t, c) => t + c.spearman.value, 0) / 4,
      10,
    );
  });

  it('one level is refused', () => {
    expect(() => controlFigures(made(1, 2, 1, 0).filter((s) => s.requested === 0.1))).toThrow(
      '1 levels of difficulty, wanted 2 or more',
    );
  });
});
