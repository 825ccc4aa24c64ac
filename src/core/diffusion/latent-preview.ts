/**
 * Owns a picture of latents without a decoder: a linear map from the channels of one latent to the mean colour of
 * the pixels it stands for. Autoencoders of this family keep places, so a map of 3 (c + 1) numbers shows shapes and
 * colours; detail is what the decoder adds.
 */
import { solveLinear } from '../linalg/solve.ts';

/** A decoded latent: latents f32[c,h,w] and its picture u8[s,s,3], s a multiple of h = w. */
export interface DecodedLatent {
  latents: Float32Array;
  picture: Uint8Array;
}

/** Rows R, G, B of (c + 1) numbers: one per channel, and a constant. Colours are 0..255. */
export type LatentToRgb = readonly (readonly number[])[];

/** Fits by least squares over all places of the examples. @param side h = w of the latents, @param size s. */
export function fitLatentToRgb(examples: readonly DecodedLatent[], side: number, size: number): LatentToRgb {
  const patch = size / side;
  const plane = side * side;
  if (!Number.isInteger(patch)) throw new Error(`latent preview: pictures of ${size} for latents of ${side}`);
  const channels = examples[0].latents.length / plane;
  const unknowns = channels + 1;
  const normal = Array.from({ length: unknowns }, () => new Array<number>(unknowns).fill(0));
  const right = Array.from({ length: 3 }, () => new Array<number>(unknowns).fill(0));
  const x = new Array<number>(unknowns).fill(1);
  for (const { latents, picture } of examples) {
    for (let at = 0; at < plane; at++) {
      for (let c = 0; c < channels; c++) x[c] = latents[c * plane + at];
      const colour = meanColour(picture, size, patch, at % side, Math.floor(at / side));
      for (let j = 0; j < unknowns; j++) {
        for (let k = 0; k < unknowns; k++) normal[j][k] += x[j] * x[k];
        for (let rgb = 0; rgb < 3; rgb++) right[rgb][j] += x[j] * colour[rgb];
      }
    }
  }
  // A whisker of ridge: channels that say the same (a plain grey picture) must not end the preview.
  for (let j = 0; j < unknowns; j++) normal[j][j] += 1e-6 * plane * examples.length;
  return right.map((b) => solveLinear(normal, b));
}

function meanColour(picture: Uint8Array, size: number, patch: number, px: number, py: number): number[] {
  const sum = [0, 0, 0];
  for (let y = py * patch; y < (py + 1) * patch; y++) {
    for (let x = px * patch; x < (px + 1) * patch; x++) {
      for (let c = 0; c < 3; c++) sum[c] += picture[3 * (y * size + x) + c];
    }
  }
  return sum.map((value) => value / (patch * patch));
}

/** latents f32[c,h,w] -> u8[h,w,3]. */
export function latentToRgb(map: LatentToRgb, latents: Float32Array): Uint8Array {
  const channels = map[0].length - 1;
  const plane = latents.length / channels;
  const out = new Uint8Array(3 * plane);
  for (let at = 0; at < plane; at++) {
    for (let c = 0; c < 3; c++) {
      let value = map[c][channels];
      for (let k = 0; k < channels; k++) value += map[c][k] * latents[k * plane + at];
      out[3 * at + c] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return out;
}
