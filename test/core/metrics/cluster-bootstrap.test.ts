import { describe, expect, it } from 'vitest';
import { linearFit, spearman } from '../../../src/core/difficulty/rank.ts';
import {
  bootstrapInterval,
  drawSeeds,
  REPLICATES,
  studentQuantile,
  weightedFits,
} from '../../../src/core/metrics/cluster-bootstrap.ts';
import { type ControlSample, controlFigures } from '../../../src/core/metrics/control.ts';
import { type Rng, rngFromSeed } from '../../../src/core/rng.ts';

const levels = [0.1, 0.3, 0.5, 0.7, 0.9];

/** One class: measured = 0.3 + slope x requested + what its seed has at every level + noise of its own. */
function seeds(n: number, slope: number, shared: number, own: number, rng: Rng): ControlSample[] {
  return Array.from({ length: n }, (_, draw) => {
    const ofSeed = shared * rng.normal();
    return levels.map((requested) => ({
      classIndex: 0,
      draw,
      requested,
      measured: Math.min(1, Math.max(0, 0.3 + slope * requested + ofSeed + own * rng.normal())),
      agrees: true,
    }));
  }).flat();
}

describe('weighted fits', () => {
  it('are those of the samples written out as often as they count', () => {
    const rng = rngFromSeed(3);
    for (let round = 0; round < 20; round++) {
      const x = Array.from({ length: 40 }, () => rng.int(5) / 4);
      const y = x.map((v) => Math.round(8 * (v + rng.normal())) / 8); // ties on both sides
      const times = x.map(() => rng.int(4));
      const repeat = (values: number[]) =>
        values.flatMap((v, i) => Array.from({ length: times[i] }, () => v));
      const { rho, slope } = weightedFits(x, y)(times);
      expect(rho).toBeCloseTo(spearman(repeat(x), repeat(y)).rho, 10);
      expect(slope).toBeCloseTo(linearFit(repeat(x), repeat(y)).slope, 10);
    }
  });

  it('are 0 where nothing varies', () => {
    expect(weightedFits([1, 2, 3], [0.1, 0.1, 0.1])([1, 1, 5]).rho).toBe(0);
    expect(weightedFits([1, 2], [0.1, 0.2])([3, 0])).toEqual({ rho: 0, slope: 0 });
  });
});

describe('cluster bootstrap', () => {
  it('draws as many seeds as there are, each as often as any other', () => {
    const rng = rngFromSeed(4);
    const totals = new Float64Array(7);
    for (let b = 0; b < 4000; b++) {
      const times = drawSeeds(7, rng);
      expect(times.reduce((a, v) => a + v, 0)).toBe(7);
      for (const [i, v] of times.entries()) totals[i] += v / 4000;
    }
    for (const mean of totals) expect(mean).toBeCloseTo(1, 1);
  });

  it('a single seed gives no interval', () => {
    expect(bootstrapInterval(0, new Float64Array(REPLICATES), 1, 0)).toBeNull();
    const figures = controlFigures(seeds(1, 0.4, 0, 0.02, rngFromSeed(5)), String, rngFromSeed(6));
    expect(figures.spearman.interval).toBeNull();
    expect(figures.classes[0].slope.interval).toBeNull();
    expect(figures.levels[0].measuredInterval).toBeNull();
  });

  it('holds the true slope and the true level mean about 95 times in 100', () => {
    const rounds = 150; // of which 0.89 is three standard errors below 0.95
    let slopes = 0;
    let means = 0;
    for (let round = 0; round < rounds; round++) {
      const rng = rngFromSeed(round, 'coverage');
      const { classes, levels: found } = controlFigures(seeds(20, 0.4, 0.05, 0.03, rng), String, rng);
      const slope = classes[0].slope.interval!;
      const middle = found[2].measuredInterval!;
      if (slope.low <= 0.4 && slope.high >= 0.4) slopes++;
      if (middle.low <= 0.5 && middle.high >= 0.5) means++;
    }
    for (const hits of [slopes, means]) {
      expect(hits / rounds).toBeGreaterThan(0.89);
      expect(hits / rounds).toBeLessThan(0.99);
    }
  });

  it('holds the true rank correlation as well, where seeds differ by far more than levels', () => {
    const logistic = (n: number, rng: Rng): ControlSample[] =>
      Array.from({ length: n }, (_, draw) => {
        const ofSeed = 1.8 * rng.normal() - 2.2;
        const gain = 2 + 2 * rng.normal();
        return levels.map((requested) => {
          const measured = 1 / (1 + Math.exp(-(ofSeed + gain * requested + 0.5 * rng.normal())));
          return { classIndex: 0, draw, requested, measured, agrees: true };
        });
      }).flat();
    const many = logistic(20_000, rngFromSeed(99));
    const truth = spearman(
      many.map((s) => s.requested),
      many.map((s) => s.measured),
    ).rho;
    const rounds = 150;
    let hits = 0;
    for (let round = 0; round < rounds; round++) {
      const rng = rngFromSeed(round, 'logistic');
      const { low, high } = controlFigures(logistic(20, rng), String, rng).classes[0].spearman.interval!;
      if (low <= truth && high >= truth) hits++;
    }
    expect(hits / rounds).toBeGreaterThan(0.89);
    expect(hits / rounds).toBeLessThan(0.995);
  });

  it('widens by Student with few seeds, and stays within what the figure can be', () => {
    // Tables of Student's t, 97.5 %.
    for (const [freedom, t] of [
      [1, 12.7062],
      [2, 4.3027],
      [3, 3.1824],
      [7, 2.3646],
      [30, 2.0423],
      [1000, 1.9623],
    ])
      expect(Math.abs(studentQuantile(freedom) / t - 1)).toBeLessThan(0.002);
    const replicates = Float64Array.from({ length: 1000 }, (_, i) => (i % 2 ? 0.9 : 0.7));
    const range = { low: -1, high: 1 };
    const interval = bootstrapInterval(0.8, replicates, 8, 7, range)!;
    expect(interval.high).toBe(1);
    expect(interval.low).toBeCloseTo(0.8 - 2.3646 * 0.1 * Math.sqrt(8 / 7), 2);
  });

  it('knows that what a seed has at every level says nothing against the slope', () => {
    const width = (samples: ControlSample[]) => {
      const { low, high } = controlFigures(samples, String, rngFromSeed(8)).classes[0].slope.interval!;
      return high - low;
    };
    const samples = seeds(40, 0.4, 0.1, 0.01, rngFromSeed(7));
    // The same images, each as if it had a seed of its own at every level: shuffled within each level.
    const apart = samples.map((s, i) => ({ ...s, measured: samples[(i + 35 * (i % 5)) % 200].measured }));
    expect(apart.filter((s) => s.requested === 0.3)).toHaveLength(40);
    expect(width(samples)).toBeLessThan(0.3 * width(apart));
  });

  it('gives the same interval again from the same generator', () => {
    const samples = seeds(8, 0.4, 0.1, 0.05, rngFromSeed(9));
    const once = controlFigures(samples, String, rngFromSeed(10));
    expect(controlFigures(samples, String, rngFromSeed(10))).toEqual(once);
    expect(controlFigures(samples, String, rngFromSeed(11)).slope).not.toEqual(once.slope);
  });
});
