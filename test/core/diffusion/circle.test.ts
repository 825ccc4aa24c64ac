import { describe, expect, it } from 'vitest';
import { angleBetween, circleInterpolate, drawLambda } from '../../../src/core/diffusion/circle.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

const length = (v: Float32Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
const expectVector = (got: Float32Array, want: ArrayLike<number>, digits = 5) =>
  Array.from(got).forEach((v, k) => {
    expect(v).toBeCloseTo(want[k], digits);
  });

describe('circle interpolation', () => {
  const a = Float32Array.of(2, 0, 0);
  const b = Float32Array.of(0, 2, 0);
  it('walks a known circle', () => {
    expect(angleBetween(a, b)).toBeCloseTo(Math.PI / 2, 12);
    expectVector(circleInterpolate(a, b, 0), [2, 0, 0]);
    expectVector(circleInterpolate(a, b, -1), [0, 2, 0]);
    expectVector(circleInterpolate(a, b, -0.5), [Math.SQRT2, Math.SQRT2, 0]);
    expectVector(circleInterpolate(a, b, 1), [0, -2, 0]);
    expectVector(circleInterpolate(a, b, 2), [-2, 0, 0]);
  });
  it('goes through both latents, keeps the norm of equal ones and closes after 2 pi / alpha', () => {
    const rng = rngFromSeed(3);
    const p = randn(256, rng);
    const q = randn(256, rng).map((v, k) => 0.6 * v + 0.5 * p[k]);
    const scale = length(p) / length(q);
    const even = q.map((v) => v * scale);
    const alpha = angleBetween(p, even);
    expectVector(circleInterpolate(p, q, 0), p);
    expectVector(circleInterpolate(p, q, -1), q);
    for (const lambda of [-0.7, 0.3, 1.9]) {
      const z = circleInterpolate(p, even, lambda);
      expect(length(z)).toBeCloseTo(length(p), 3);
      expectVector(circleInterpolate(p, even, lambda + (2 * Math.PI) / alpha), z);
    }
    for (let k = 0; k < 50; k++) {
      const lambda = drawLambda(alpha, rng);
      expect(lambda).toBeGreaterThanOrEqual(0);
      expect(lambda).toBeLessThan((2 * Math.PI) / alpha);
    }
  });
  it('refuses latents that determine no circle', () => {
    expect(() => circleInterpolate(a, a, 0.5)).toThrow(/determines no circle/);
    expect(() => circleInterpolate(a, Float32Array.of(-1, 0, 0), 0.5)).toThrow(/determines no circle/);
    expect(() => circleInterpolate(a, new Float32Array(3), 0.5)).toThrow(/zero or not finite/);
    expect(() => circleInterpolate(a, new Float32Array(4), 0.5)).toThrow(/3 values beside 4/);
    expect(() => drawLambda(0, rngFromSeed(1))).toThrow(/determines no circle/);
  });
});
