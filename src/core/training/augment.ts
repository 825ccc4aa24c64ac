/** Owns pictures as a classifier's batch: bytes to numbers, with the usual random flips and shifts. */
import type { Rng } from '../rng.ts';

export interface Augmentation {
  /** Mirror every second picture, at random. */
  flip: boolean;
  /** Move by up to this many pixels along each side, repeating the border. */
  shift: number;
}

export const noAugmentation: Augmentation = { flip: false, shift: 0 };

/**
 * Pictures `indices` of u8[count,size,size,3] RGB as f32[n,3,size,size] in -1..1, augmented by draws from `rng`
 * (three a picture, whatever the settings, so that a setting does not move the rest of the stream).
 */
export function pictureBatch(
  pictures: Uint8Array,
  size: number,
  indices: readonly number[],
  augmentation: Augmentation,
  rng: Rng,
): Float32Array {
  const plane = size * size;
  const out = new Float32Array(indices.length * 3 * plane);
  const inside = (v: number) => Math.max(0, Math.min(size - 1, v));
  const reach = 2 * augmentation.shift + 1;
  indices.forEach((index, row) => {
    const mirror = rng.uniform() < 0.5 && augmentation.flip;
    const dx = Math.floor(rng.uniform() * reach) - augmentation.shift;
    const dy = Math.floor(rng.uniform() * reach) - augmentation.shift;
    for (let y = 0; y < size; y++) {
      const line = (index * size + inside(y + dy)) * size;
      for (let x = 0; x < size; x++) {
        const at = inside(x + dx);
        const from = (line + (mirror ? size - 1 - at : at)) * 3;
        const to = row * 3 * plane + y * size + x;
        out[to] = pictures[from] / 127.5 - 1;
        out[to + plane] = pictures[from + 1] / 127.5 - 1;
        out[to + 2 * plane] = pictures[from + 2] / 127.5 - 1;
      }
    }
  });
  return out;
}
