import { describe, expect, it } from 'vitest';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { noAugmentation, pictureBatch } from '../../../src/core/training/augment.ts';

// Two pictures of 3x3; a pixel's red is its number, green and blue tell the picture.
const size = 3;
const pictures = new Uint8Array(2 * size * size * 3);
for (let i = 0; i < 2 * size * size; i++) pictures.set([i * 10, i < 9 ? 0 : 255, 255], i * 3);
const red = (batch: Float32Array, row: number) =>
  [...batch.subarray(row * 27, row * 27 + 9)].map((v) => Math.round((v + 1) * 12.75));

describe('picture batches', () => {
  it('planes of -1..1 in the order of the indices', () => {
    const batch = pictureBatch(pictures, size, [1, 0], noAugmentation, rngFromSeed(1));
    expect(red(batch, 0)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect(red(batch, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(batch[9]).toBe(1); // green of the second picture
    expect(batch[27 + 9]).toBe(-1);
  });

  it('flips mirror left and right, and both ways come', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++)
      seen.add(red(pictureBatch(pictures, size, [0], { flip: true, shift: 0 }, rngFromSeed(seed)), 0).join());
    expect([...seen].sort()).toEqual(['0,1,2,3,4,5,6,7,8', '2,1,0,5,4,3,8,7,6']);
  });

  it('shifts move by at most their reach and repeat the border', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++)
      seen.add(
        red(pictureBatch(pictures, size, [0], { flip: false, shift: 1 }, rngFromSeed(seed)), 0).join(),
      );
    expect(seen.size).toBe(9);
    expect(seen).toContain('0,0,1,0,0,1,3,3,4'); // down and to the right
  });
});
