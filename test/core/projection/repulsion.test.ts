import { describe, expect, it } from 'vitest';
import { gridRepulsion } from '../../../src/core/projection/grid-repulsion.ts';
import { exactRepulsion } from '../../../src/core/projection/repulsion.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

describe('repulsion on the grid', () => {
  it.each([
    // [spread, relative error]; large sparse maps, where single near pairs decide, are the hardest.
    [1e-4, 1e-9],
    [1, 2e-5],
    [5, 0.03],
    [20, 0.05],
  ])('agrees with all pairs for maps of spread %d', (spread, tolerance) => {
    const n = 700;
    const y = Float64Array.from(randn(2 * n, rngFromSeed(7)), (v, i) => v * spread * (i % 2 ? 0.6 : 1) + 3);
    const wanted = new Float64Array(2 * n);
    const got = new Float64Array(2 * n);
    const z = exactRepulsion(y, n, wanted);
    const repulsion = gridRepulsion();
    repulsion(y.slice().fill(0, 100), n, got); // another map before must leave no trace
    expect(Math.abs(repulsion(y, n, got) / z - 1)).toBeLessThan(Math.min(tolerance, 2e-4));
    let error = 0;
    let norm = 0;
    for (let i = 0; i < 2 * n; i++) {
      error += (got[i] - wanted[i]) ** 2;
      norm += wanted[i] ** 2;
    }
    expect(Math.sqrt(error / norm)).toBeLessThan(tolerance);
  });

  it('exact: two points by hand', () => {
    const force = new Float64Array(4);
    expect(exactRepulsion(Float64Array.from([0, 0, 1, 2]), 2, force)).toBeCloseTo(2 / 6, 15);
    [-1 / 36, -2 / 36, 1 / 36, 2 / 36].forEach((v, i) => {
      expect(force[i]).toBeCloseTo(v, 15);
    });
  });
});
