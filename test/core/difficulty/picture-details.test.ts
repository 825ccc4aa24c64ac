/** The second look at two images: copies of drawn scenes are the same, other scenes and plain tones are told apart. */
import { expect, it } from 'vitest';
import {
  DETAIL_NUMBERS,
  DETAIL_SIDE,
  sameDetails,
  writeDetails,
} from '../../../src/core/difficulty/picture-details.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { renderScene } from '../../../src/core/scenes/scenes.ts';

const scene = (seed: number, classIndex = seed % 10) =>
  reduce4(renderScene({ seed, classIndex, size: 4 * DETAIL_SIDE }).pixels);

/** Means of 4 x 4 pixels. */
function reduce4(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(DETAIL_NUMBERS);
  for (let at = 0; at < DETAIL_NUMBERS; at++) {
    const [x, y, channel] = [Math.floor(at / 3) % DETAIL_SIDE, Math.floor(at / 3 / DETAIL_SIDE), at % 3];
    let sum = 0;
    for (let dy = 0; dy < 4; dy++)
      for (let dx = 0; dx < 4; dx++)
        sum += pixels[((4 * y + dy) * 4 * DETAIL_SIDE + 4 * x + dx) * 3 + channel];
    out[at] = Math.round(sum / 16);
  }
  return out;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  const details = new Int8Array(2 * DETAIL_NUMBERS);
  writeDetails(a, details, 0);
  writeDetails(b, details, DETAIL_NUMBERS);
  return sameDetails(details, 0, 1);
}

it('a brighter, flatter or noisier copy is the same image', () => {
  const rng = rngFromSeed(1, 'noise');
  for (let seed = 0; seed < 20; seed++) {
    const own = scene(seed);
    expect(
      same(
        own,
        own.map((v) => Math.min(255, 20 + 0.8 * v)),
      ),
    ).toBe(true);
    expect(
      same(
        own,
        own.map((v) => Math.max(0, Math.min(255, v + 1.5 * rng.normal()))),
      ),
    ).toBe(true);
  }
});

it('another scene is another image, also on the same ground', () => {
  const scenes = Array.from({ length: 60 }, (_, seed) => scene(seed));
  let alike = 0;
  for (const [i, a] of scenes.entries()) for (const b of scenes.slice(0, i)) if (same(a, b)) alike++;
  expect(alike).toBe(0);
});

it('tones and a soft light say nothing: two vignettes with different details are different', () => {
  const rng = rngFromSeed(2, 'details');
  const vignette = (detail: number) =>
    Uint8Array.from({ length: DETAIL_NUMBERS }, (_, at) => {
      const x = (Math.floor(at / 3) % DETAIL_SIDE) - 7.5;
      const y = Math.floor(at / 3 / DETAIL_SIDE) - 7.5;
      return Math.max(0, 220 - 1.5 * (x * x + y * y) + detail * rng.normal());
    });
  expect(same(vignette(12), vignette(12))).toBe(false);
});

it('names what is no image of its size', () => {
  expect(() => writeDetails(new Uint8Array(3), new Int8Array(DETAIL_NUMBERS), 0)).toThrow(
    'expected 16 x 16 RGB pixels',
  );
});
