import { describe, expect, it } from 'vitest';
import { linearFit, spearman } from '../../../src/core/difficulty/rank.ts';
import {
  drawSeeds,
  percentileInterval,
  REPLICATES,
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
    expect(percentileInterval(new Float64Array(REPLICATES), 1)).toBeNull();
    const figures = controlFigures(seeds(1, 0.4, 0, 0.02, rngFromSeed(5)), String, rngFromSeed(6));
    expect(figures.spearman.interval).toBeNull();
    expect(figures.classes[0].slope.interval).toBeNull();
    expect(figures.levels[0].measuredInterval).toBeNull();
  });

  it('holds the true slope and the true level mean about 95 times in 100', () => {
    const rounds = 150;
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
      expect(hits / rounds).toBeGreaterThan(0.87);
      expect(hits / rounds).toBeLessThan(0.99);
    }
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
