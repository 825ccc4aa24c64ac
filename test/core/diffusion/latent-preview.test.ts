/** The linear look at latents, against a decoder that is linear, and where the equations do not determine it. */
import { expect, it } from 'vitest';
import { fitLatentToRgb, latentToRgb } from '../../../src/core/diffusion/latent-preview.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';

const side = 6;
const patch = 2;
const size = side * patch;

/** R = 128 + 20 c0 - 10 c1, G = 100 + 15 c2, B = 90 + 5 c0 + 5 c3, the same in the whole patch. */
function decode(latents: Float32Array): Uint8Array {
  const picture = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = Math.floor(y / patch) * side + Math.floor(x / patch);
      const [c0, c1, c2, c3] = [0, 1, 2, 3].map((c) => latents[c * side * side + at]);
      picture.set([128 + 20 * c0 - 10 * c1, 100 + 15 * c2, 90 + 5 * c0 + 5 * c3], 3 * (y * size + x));
    }
  }
  return picture;
}

it('recovers a linear decoder, patch by patch', () => {
  const examples = [1, 2].map((seed) => {
    const latents = randn(4 * side * side, rngFromSeed(seed));
    return { latents, picture: decode(latents) };
  });
  const map = fitLatentToRgb(examples, side, size);
  const fresh = randn(4 * side * side, rngFromSeed(3));
  const looked = latentToRgb(map, fresh);
  const real = decode(fresh);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) {
        const want = real[3 * (y * patch * size + x * patch) + c];
        expect(Math.abs(looked[3 * (y * side + x) + c] - want)).toBeLessThanOrEqual(2);
      }
    }
  }
});

it('a plain picture of constant latents gives its colour', () => {
  const latents = new Float32Array(4 * side * side).fill(0.5);
  const picture = new Uint8Array(3 * size * size).fill(77);
  const looked = latentToRgb(fitLatentToRgb([{ latents, picture }], side, size), latents);
  expect([...looked]).toEqual(Array(3 * side * side).fill(77));
});
