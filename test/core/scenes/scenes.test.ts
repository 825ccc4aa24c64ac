/** Checks that scenes are determined by their seed, that each factor does what it says, and that captions agree. */
import { describe, expect, it } from 'vitest';
import { spearman } from '../../../src/core/difficulty/rank.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { trainedDominantFactors } from '../../../src/core/scenes/factors.ts';
import {
  classDominantFactors,
  drawFactors,
  renderScene,
  type SceneFactor,
  type SceneFactors,
  sceneClasses,
  sceneFactors,
} from '../../../src/core/scenes/scenes.ts';

const none = Object.fromEntries(sceneFactors.map((f) => [f, 0])) as SceneFactors;
const only = (factor: SceneFactor, strength: number): SceneFactors => ({ ...none, [factor]: strength });
const every = sceneClasses.map((_, i) => i);

/** FNV-1a, 32 bits. */
function hash(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return h >>> 0;
}

function luminance(pixels: Uint8Array): Float64Array {
  return Float64Array.from(
    { length: pixels.length / 3 },
    (_, i) => 0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] + 0.114 * pixels[3 * i + 2],
  );
}
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

/** Mean squared difference of horizontal and vertical neighbours. */
function gradientEnergy(pixels: Uint8Array, size: number): number {
  const y = luminance(pixels);
  let sum = 0;
  for (let i = 0; i < size - 1; i++)
    for (let j = 0; j < size - 1; j++) {
      const at = i * size + j;
      sum += (y[at + 1] - y[at]) ** 2 + (y[at + size] - y[at]) ** 2;
    }
  return sum / (size - 1) ** 2;
}

/** Share of pixels that differ visibly. */
function changed(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 3)
    if (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]) > 40) count++;
  return count / (a.length / 3);
}

/** `measure` averaged over two pictures of every class, at each strength of one factor. */
function response(
  factor: SceneFactor,
  strengths: readonly number[],
  measure: (pixels: Uint8Array, plain: Uint8Array, size: number) => number,
): number[] {
  const size = 48;
  return strengths.map((strength) =>
    mean(
      every.flatMap((classIndex) =>
        [1, 2, 3].map((seed) =>
          measure(
            renderScene({ classIndex, seed, size, factors: only(factor, strength) }).pixels,
            renderScene({ classIndex, seed, size, factors: none }).pixels,
            size,
          ),
        ),
      ),
    ),
  );
}

describe('renderScene', () => {
  it('gives the same picture for a seed, and another for another', () => {
    const seen = new Set<number>();
    for (const classIndex of every)
      for (const seed of [0, 1, 4_294_967_297]) {
        const a = renderScene({ classIndex, seed });
        const b = renderScene({ classIndex, seed });
        expect(b).toEqual(a);
        expect(a.pixels).toHaveLength(64 * 64 * 3);
        expect(a.className).toBe(sceneClasses[classIndex]);
        seen.add(hash(a.pixels));
      }
    expect(seen.size).toBe(30);
  });

  it('keeps the factors it is given, and draws the same ones from the seed where there are none', () => {
    const given = { ...none, blur: 0.25, clutter: 1 };
    expect(renderScene({ classIndex: 3, seed: 5, size: 16, factors: given }).factors).toEqual(given);
    const drawn = renderScene({ classIndex: 3, seed: 5, size: 32 });
    const again = renderScene({ classIndex: 3, seed: 5, size: 32, factors: drawn.factors });
    expect(hash(again.pixels)).toBe(hash(drawn.pixels));
  });

  it('shows the same scene at another size', () => {
    const small = renderScene({ classIndex: 0, seed: 9, size: 32, factors: none });
    const large = renderScene({ classIndex: 0, seed: 9, size: 128, factors: none });
    expect(large.pixels).toHaveLength(128 * 128 * 3);
    expect(Math.abs(mean(small.pixels) - mean(large.pixels))).toBeLessThan(2);
  });

  it('draws every class apart from the others, and pictures of a class apart from each other', () => {
    const pictures = every.map((classIndex) => renderScene({ classIndex, seed: 1, factors: none }).pixels);
    const again = every.map((classIndex) => renderScene({ classIndex, seed: 2, factors: none }).pixels);
    for (const i of every) {
      expect(changed(pictures[i], again[i])).toBeGreaterThan(0.1);
      for (const j of every) if (i < j) expect(changed(pictures[i], pictures[j])).toBeGreaterThan(0.1);
    }
  });

  it('refuses what it cannot draw, and says what it wants', () => {
    expect(() => renderScene({ classIndex: 10, seed: 1 })).toThrow('class 10, wanted 0..9');
    expect(() => renderScene({ classIndex: 0, seed: 1, size: 3 })).toThrow('size 3');
    expect(() => renderScene({ classIndex: 0, seed: 1, factors: only('blur', 1.5) })).toThrow('blur 1.5');
    expect(() => renderScene({ classIndex: 0, seed: 1, factors: only('blur', Number.NaN) })).toThrow('NaN');
  });
});

describe('factors', () => {
  const strengths = [0, 0.35, 0.7, 1];
  const falls = (values: number[]) =>
    values.slice(1).forEach((v, i) => {
      expect(v).toBeLessThan(values[i]);
    });
  const rises = (values: number[]) =>
    values.slice(1).forEach((v, i) => {
      expect(v).toBeGreaterThan(values[i]);
    });

  it('low light darkens to night, never to black', () => {
    const light = response('lowLight', strengths, (pixels) => mean(luminance(pixels)));
    falls(light);
    expect(light[3]).toBeLessThan(light[0] / 3);
    expect(light[3]).toBeGreaterThan(light[0] / 6);
  });

  it('blur takes the edges away and leaves the brightness', () => {
    const energy = response('blur', strengths, (pixels, _plain, size) => gradientEnergy(pixels, size));
    falls(energy);
    expect(energy[3]).toBeLessThan(energy[0] / 8);
    const light = response('blur', [0, 1], (pixels) => mean(luminance(pixels)));
    expect(Math.abs(light[1] - light[0])).toBeLessThan(6);
  });

  it('clutter adds edges and covers more and more of the place', () => {
    rises(response('clutter', strengths, (pixels, _plain, size) => gradientEnergy(pixels, size)));
    rises(response('clutter', strengths, changed));
  });

  it('occlusion covers more and more, and leaves something to see', () => {
    const share = response('occlusion', strengths, changed);
    rises(share);
    expect(share[3]).toBeGreaterThan(0.25);
    expect(share[3]).toBeLessThan(0.75);
  });

  it('viewpoint and colour move away from the plain picture', () => {
    const distance = (a: Uint8Array, b: Uint8Array) => mean(a.map((v, i) => Math.abs(v - b[i])));
    const odd = response('oddViewpoint', strengths, distance);
    expect(odd[0]).toBe(0);
    expect(Math.min(...odd.slice(1))).toBeGreaterThan(5);
    rises(response('rareColour', strengths, distance));
  });

  it('changes nothing behind the thing when only its colour is rare', () => {
    for (const classIndex of every) {
      const plain = renderScene({ classIndex, seed: 4, factors: none }).pixels;
      const rare = renderScene({ classIndex, seed: 4, factors: only('rareColour', 1) }).pixels;
      expect(changed(plain, rare)).toBeGreaterThan(0.02);
      expect(changed(plain, rare)).toBeLessThan(0.6);
      // The picture's corners lie outside any thing that is seen as usual.
      for (const corner of [0, 63, 63 * 64, 64 * 64 - 1])
        expect([...rare.slice(corner * 3, corner * 3 + 3)]).toEqual([
          ...plain.slice(corner * 3, corner * 3 + 3),
        ]);
    }
  });
});

describe('drawFactors', () => {
  const n = 2000;
  const drawn = every.map((classIndex) => {
    const rng = rngFromSeed(7, `class ${classIndex}`);
    return Array.from({ length: n }, () => drawFactors(rng, classIndex));
  });
  const hardest = (f: SceneFactors) => Math.max(...sceneFactors.map((name) => f[name]));

  it('stays within 0..1, mostly easy, with a tail of hard ones in every class', () => {
    for (const factors of drawn) {
      for (const f of factors)
        for (const name of sceneFactors) {
          expect(f[name]).toBeGreaterThanOrEqual(0);
          expect(f[name]).toBeLessThanOrEqual(1);
        }
      const easy = factors.filter((f) => hardest(f) < 0.35).length / n;
      const hard = factors.filter((f) => hardest(f) > 0.7).length / n;
      expect(easy).toBeGreaterThan(0.5);
      expect(hard).toBeGreaterThan(0.08);
      expect(hard).toBeLessThan(0.3);
    }
  });

  it('makes every class hard through its two dominant factors, which differ between classes', () => {
    const pairs = new Set<string>();
    for (const [i, name] of sceneClasses.entries()) {
      const dominant = trainedDominantFactors[name];
      pairs.add([...dominant].sort().join());
      const means = sceneFactors.map((f) => [f, mean(drawn[i].map((d) => d[f]))] as const);
      means.sort((a, b) => b[1] - a[1]);
      expect(new Set(means.slice(0, 2).map(([f]) => f))).toEqual(new Set(dominant));
    }
    expect(pairs.size).toBe(sceneClasses.length);
    const used = new Set(Object.values(trainedDominantFactors).flat());
    expect(used).toEqual(new Set(sceneFactors));
  });

  it.each(every)(
    'makes class %i of the demo dataset hard by its two dominant factors, and by no other',
    (i) => {
      const rng = rngFromSeed(8, `class ${i}`);
      const scenes = Array.from({ length: n }, () => drawFactors(rng, i, 'demo'));
      const [first, second] = classDominantFactors[sceneClasses[i]];
      const strengths = (factor: SceneFactor) => scenes.map((f) => f[factor]);
      for (const factor of sceneFactors) {
        const follows = spearman(strengths(first), strengths(factor)).rho;
        if (factor === first || factor === second) expect(follows).toBeGreaterThan(0.9);
        else {
          expect(Math.abs(follows)).toBeLessThan(0.1);
          expect(mean(strengths(factor))).toBeGreaterThan(0.04); // but it is there, in easy pictures as in hard ones
        }
      }
    },
  );

  it('refuses a class that does not exist', () => {
    expect(() => drawFactors(rngFromSeed(1), -1)).toThrow('class -1');
  });
});

describe('captions', () => {
  const words: Record<SceneFactor, string> = {
    rareColour: 'in an unusual colour',
    lowLight: 'in the dark',
    oddViewpoint: 'seen at an odd angle',
    occlusion: 'partly hidden',
    clutter: 'in a cluttered scene',
    blur: 'blurry',
  };
  const captions = every.flatMap((classIndex) =>
    Array.from({ length: 40 }, (_, seed) => renderScene({ classIndex, seed, size: 8 })),
  );

  it('name the class, and vary', () => {
    for (const { caption, className } of captions)
      expect(
        caption === `a photo of a ${className}` || caption.startsWith(`a photo of a ${className}, `),
      ).toBe(true);
    expect(new Set(captions.map((c) => c.caption)).size).toBeGreaterThan(100);
  });

  it('say only what is so, and say it mostly', () => {
    for (const factor of sceneFactors) {
      const notable = captions.filter((c) => c.factors[factor] >= 0.35);
      const said = captions.filter((c) => c.caption.includes(words[factor]));
      expect(notable.length).toBeGreaterThan(10);
      expect(said.filter((c) => c.factors[factor] < 0.35)).toEqual([]);
      expect(said.length / notable.length).toBeGreaterThan(0.5);
      expect(said.length).toBeLessThan(notable.length);
    }
  });
});
