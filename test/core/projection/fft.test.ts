import { describe, expect, it } from 'vitest';
import { fourierPlan } from '../../../src/core/projection/fft.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

describe('fft', () => {
  it.each([1, 2, 3, 4, 5, 6, 8, 12, 15, 30, 36, 60, 64, 90, 300])('length %i agrees with the sum', (n) => {
    const rng = rngFromSeed(n);
    const batch = 3;
    const re = Float64Array.from(randn(n * batch, rng));
    const im = Float64Array.from(randn(n * batch, rng));
    const before = { re: re.slice(), im: im.slice() };
    const plan = fourierPlan(n);
    plan.transform(re, im, batch, false);
    for (let b = 0; b < batch; b++) {
      for (let f = 0; f < n; f++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let t = 0; t < n; t++) {
          const angle = (-2 * Math.PI * ((f * t) % n)) / n;
          const x = before.re[t * batch + b];
          const y = before.im[t * batch + b];
          sumRe += x * Math.cos(angle) - y * Math.sin(angle);
          sumIm += x * Math.sin(angle) + y * Math.cos(angle);
        }
        expect(Math.abs(re[f * batch + b] - sumRe)).toBeLessThan(1e-11);
        expect(Math.abs(im[f * batch + b] - sumIm)).toBeLessThan(1e-11);
      }
    }
    plan.transform(re, im, batch, true);
    for (let i = 0; i < re.length; i++) {
      expect(Math.abs(re[i] / n - before.re[i])).toBeLessThan(1e-13);
      expect(Math.abs(im[i] / n - before.im[i])).toBeLessThan(1e-13);
    }
  });

  it('refuses other lengths', () => {
    expect(() => fourierPlan(14)).toThrow(/length 14/);
  });
});
