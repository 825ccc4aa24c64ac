import { describe, expect, it } from 'vitest';
import { affinitiesFrom, conditionalRow } from '../../../src/core/projection/affinities.ts';
import { nearestNeighbours } from '../../../src/core/projection/neighbours.ts';
import { createTsne, defaultSettings, prepareTsneSteps, tsne } from '../../../src/core/projection/tsne.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

function blobs(perClass: number, classes: number, d: number, apart: number) {
  const rng = rngFromSeed(21);
  const n = perClass * classes;
  const x = randn(n * d, rng);
  for (let i = 0; i < n; i++) x[i * d + (i % classes)] += apart;
  return { x, n, d, labelOf: (i: number) => i % classes };
}

describe('affinities', () => {
  it('each conditional has the perplexity asked for, whatever the scale of the distances', () => {
    for (const scale of [1e-6, 1, 1e6]) {
      const distances = Float64Array.from({ length: 60 }, (_, j) => scale * (1 + j * j * 0.01));
      const p = new Float64Array(60);
      conditionalRow(distances, 17, p);
      const entropy = p.reduce((sum, v) => sum - (v > 0 ? v * Math.log(v) : 0), 0);
      expect(Math.exp(entropy)).toBeCloseTo(17, 3);
    }
    const uniform = new Float64Array(8);
    conditionalRow(new Float64Array(8), 3, uniform);
    expect([...uniform]).toEqual(new Array(8).fill(1 / 8));
  });

  it('are symmetric, sum to 1 and hold each pair once', () => {
    const { x, n, d } = blobs(15, 3, 4, 3);
    const neighbours = nearestNeighbours(x, n, d, 12);
    const { starts, columns, values } = affinitiesFrom(neighbours, 4);
    let sum = 0;
    const seen = new Set<string>();
    for (let i = 0; i < n; i++) {
      for (let e = starts[i]; e < starts[i + 1]; e++) {
        expect(columns[e]).toBeGreaterThan(i);
        seen.add(`${i},${columns[e]}`);
        sum += 2 * values[e];
      }
    }
    expect(seen.size).toBe(columns.length);
    expect(sum).toBeCloseTo(1, 12);
  });
});

describe('t-SNE', () => {
  it('its gradient agrees with central differences of the divergence', () => {
    const { x, n, d } = blobs(5, 3, 4, 2);
    const { affinities } = drain(prepareTsneSteps(x, n, d, { rng: rngFromSeed(1), perplexity: 4 }));
    const y = Float64Array.from(randn(2 * n, rngFromSeed(2)));
    const at = (positions: Float64Array) => createTsne(affinities, positions, defaultSettings(n));
    const gradient = at(y).gradient();
    for (let i = 0; i < 2 * n; i++) {
      const moved = (delta: number) => at(y.with(i, y[i] + delta)).divergence();
      expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 7);
    }
  });

  it.each([
    ['all pairs', Infinity],
    ['the grid', 1],
  ])('separates blobs and lowers the divergence, over %s', (_, gridFrom) => {
    const { x, n, d, labelOf } = blobs(40, 5, 10, 8);
    const { affinities, initial } = drain(prepareTsneSteps(x, n, d, { rng: rngFromSeed(1), perplexity: 15 }));
    const run = createTsne(affinities, initial, { ...defaultSettings(n, 400), gridFrom });
    const before = run.divergence();
    const course: number[] = [];
    while (!run.done) {
      run.step();
      if (run.iteration % 50 === 0 && run.iteration > run.settings.exaggerationIterations) {
        course.push(run.divergence());
      }
    }
    expect(course.at(-1)).toBeLessThan(0.5 * before);
    for (let i = 1; i < course.length; i++) expect(course[i]).toBeLessThan(course[i - 1] + 1e-3);
    const { indices } = nearestNeighbours(run.positions(), n, 2, 10);
    let same = 0;
    indices.forEach((j, at) => {
      if (labelOf(j) === labelOf(Math.floor(at / 10))) same++;
    });
    expect(same / indices.length).toBeGreaterThan(0.99);
  });

  it('keeps neighbourhoods of a curved sheet far better than its first two components do', () => {
    const rng = rngFromSeed(8);
    const n = 400;
    const x = new Float32Array(n * 3);
    for (let i = 0; i < n; i++) {
      const angle = 1.5 * Math.PI * (1 + 2 * rng.uniform());
      x.set([angle * Math.cos(angle), 20 * rng.uniform(), angle * Math.sin(angle)], i * 3);
    }
    const kept = (positions: Float32Array, d: number) => {
      const wanted = nearestNeighbours(x, n, 3, 10).indices;
      const got = nearestNeighbours(positions, n, d, 10).indices;
      let common = 0;
      for (let i = 0; i < n; i++) {
        const set = new Set(wanted.subarray(i * 10, i * 10 + 10));
        common += got.subarray(i * 10, i * 10 + 10).filter((j) => set.has(j)).length;
      }
      return common / (10 * n);
    };
    const flat = Float32Array.from({ length: 2 * n }, (_, at) => x[Math.floor(at / 2) * 3 + (at % 2) * 2]);
    const map = tsne(x, n, 3, { rng: rngFromSeed(1), iterations: 500 });
    expect(kept(map, 2)).toBeGreaterThan(0.6);
    expect(kept(map, 2)).toBeGreaterThan(2 * kept(flat, 2));
  });

  it('goes on from a stored state to the very same map, and repeats for the same seed', () => {
    const { x, n, d } = blobs(20, 3, 6, 4);
    for (const gridFrom of [1, Infinity]) {
      const settings = { ...defaultSettings(n, 80), gridFrom };
      const prepared = drain(prepareTsneSteps(x, n, d, { rng: rngFromSeed(1) }));
      const straight = createTsne(prepared.affinities, prepared.initial, settings);
      while (!straight.done) straight.step();
      const first = createTsne(prepared.affinities, prepared.initial, settings);
      for (let i = 0; i < 33; i++) first.step();
      const stored = structuredClone(first.state());
      for (let i = 0; i < 5; i++) first.step(); // must not reach into the copy
      const again = drain(prepareTsneSteps(x, n, d, { rng: rngFromSeed(1) }));
      const second = createTsne(again.affinities, stored, settings);
      while (!second.done) second.step();
      expect(second.positions()).toEqual(straight.positions());
      expect(() => second.step()).toThrow(/already done/);
    }
    const run = (seed: number) => tsne(x, n, d, { rng: rngFromSeed(seed), iterations: 60 });
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  it.each([0, 1, 2, 3, 4, 5, 7])('gives %i rows finite and distinct places', (n) => {
    const positions = tsne(randn(n * 3, rngFromSeed(n)), n, 3, { rng: rngFromSeed(1), iterations: 100 });
    expect(positions).toHaveLength(2 * n);
    expect(positions.every(Number.isFinite)).toBe(true);
    const places = new Set(
      Array.from({ length: n }, (_, i) => `${positions[2 * i]},${positions[2 * i + 1]}`),
    );
    expect(places.size).toBe(n);
  });

  it('survives rows that are all equal', () => {
    const positions = tsne(new Float32Array(50 * 6).fill(2), 50, 6, { rng: rngFromSeed(1), iterations: 100 });
    expect(positions.every(Number.isFinite)).toBe(true);
  });

  it('stops when asked and reports progress that only grows', () => {
    const { x, n, d } = blobs(10, 3, 6, 4);
    const signal = { aborted: false };
    const seen: number[] = [];
    const onProgress = (fraction: number) => {
      seen.push(fraction);
      if (fraction > 0.5) signal.aborted = true;
    };
    expect(() => tsne(x, n, d, { rng: rngFromSeed(1), iterations: 100, signal, onProgress })).toThrow(
      /stopped/,
    );
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeLessThan(0.6);
  });

  it('says what does not fit', () => {
    expect(() => tsne(new Float32Array(7), 4, 2, { rng: rngFromSeed(1) })).toThrow(
      /7 features, wanted 4 x 2/,
    );
    expect(() => tsne(randn(40, rngFromSeed(1)), 20, 2, { rng: rngFromSeed(1), perplexity: 0 })).toThrow(
      /perplexity 0/,
    );
  });
});
