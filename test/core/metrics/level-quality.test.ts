import { describe, expect, it } from 'vitest';
import {
  bandsOf,
  evenly,
  levelQualitySteps,
  type RealClass,
  setQualitySteps,
} from '../../../src/core/metrics/level-quality.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

const d = 4;
const levels = [0.2, 0.5, 0.9];
const options = { d, neighbours: 2, fewestMatched: 4 };

/** Real images whose difficulties are those given; hard ones lie further apart. */
function realClass(className: string, difficulty: number[], seed: number): RealClass {
  const features = randn(difficulty.length * d, rngFromSeed(seed));
  for (let i = 0; i < features.length; i++) features[i] = 3 + features[i] * difficulty[Math.floor(i / d)];
  return {
    className,
    difficulty,
    features,
    agrees: difficulty.map((s) => s < 0.5),
    heldOutAgrees: difficulty.map((s) => s < 0.8),
  };
}

/** `count` images a level. */
function generated(count: number, seed: number) {
  const requested = Array.from({ length: count }, () => levels).flat();
  const { features, agrees, heldOutAgrees } = realClass('', requested, seed);
  return { requested, features, agrees, heldOutAgrees };
}

const spread = (n: number, from: number, to: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / n);

describe('quality by level', () => {
  it('gives each level what lies nearer to it than to another', () => {
    expect(bandsOf(levels)).toEqual([
      { low: 0, high: 0.35 },
      { low: 0.35, high: 0.7 },
      { low: 0.7, high: 1 },
    ]);
  });

  it('thins a list without losing its ends', () => {
    expect(evenly([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(evenly(spread(100, 0, 100), 4)).toEqual([12, 37, 62, 87]);
  });

  it('compares like with like: the same classes, as many images, only where there are enough', () => {
    const classes = [
      {
        real: realClass('a', [...spread(20, 0, 0.3), ...spread(9, 0.8, 1), 1], 1),
        generated: generated(6, 2),
      },
      { real: realClass('b', [...spread(20, 0, 0.3), ...spread(3, 0.8, 1)], 3), generated: generated(6, 4) },
    ];
    const [easy, medium, hard] = drain(levelQualitySteps(classes, levels, options));
    expect(easy.matched).toMatchObject({ classes: 2, generated: { count: 6 }, real: { count: 6 } });
    expect(medium.matched).toBeNull();
    expect(hard.matched).toMatchObject({ classes: 1, generated: { count: 6 }, real: { count: 6 } });
    expect(hard.generated.count).toBe(6);
    // Where all of a level is compared, both ways of it are the same.
    expect(easy.matched!.generated).toEqual(easy.generated);
    // Hard images were made more different from each other, generated and real alike.
    for (const side of ['generated', 'real'] as const)
      expect(hard.matched![side].diversity!).toBeGreaterThan(2 * easy.matched![side].diversity!);
    expect(easy.matched!.real).toMatchObject({ agreement: 1, heldOutAgreement: 1 });
    expect(hard.matched!.real.agreement).toBe(0);
  });

  it('takes all images of a baseline as one set', () => {
    const real = realClass('a', spread(20, 0, 1), 1);
    const quality = drain(setQualitySteps([{ real, generated: generated(6, 2) }], options));
    expect(quality.count).toBe(18);
    expect(quality.precision).toBeGreaterThan(0);
  });
});
