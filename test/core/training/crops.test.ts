import { describe, expect, it } from 'vitest';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { centreCrops, randomCrops } from '../../../src/core/training/augment.ts';

const side = 32;
const size = 24;
/** Red is the column, green the row, blue the picture's number; two pictures. */
const pictures = new Uint8Array(2 * side * side * 3);
for (let i = 0; i < 2 * side * side; i++)
  pictures.set([i % side, Math.floor(i / side) % side, i < side * side ? 7 : 9], 3 * i);

/** One channel of a picture of a batch, back in 0..255. */
const channel = (batch: Float32Array, picture: number, c: number) =>
  Array.from(
    batch.subarray((picture * 3 + c) * size * size, (picture * 3 + c + 1) * size * size),
    (v) => v * 255,
  );
/** Where a crop lies along an axis, from what its places show: linear in the place, as bilinear resampling keeps it. */
function placeOf(values: number[], step: number) {
  const slope = (values[12 * step] - values[11 * step]) / 1;
  return { length: slope * size, start: values[11 * step] - slope * 11.5 + 0.5 };
}

describe('random crops', () => {
  it('are straight parts inside the picture, of the wanted areas and shapes, and both ways round', () => {
    const seen = { mirrored: 0, smallest: 1, largest: 0, widest: 0 };
    for (let seed = 0; seed < 300; seed++) {
      const batch = randomCrops(pictures, side, size, { flip: true, cropScale: 0.4 }, rngFromSeed(seed));
      const x = placeOf(channel(batch, 0, 0), 1);
      const y = placeOf(channel(batch, 0, 1), size);
      const width = Math.abs(x.length);
      const left = x.length < 0 ? x.start - width : x.start;
      for (const [start, length] of [
        [left, width],
        [y.start, y.length],
      ]) {
        expect(start).toBeGreaterThan(-1e-3);
        expect(start + length).toBeLessThan(side + 1e-3);
        expect(Math.abs(start - Math.round(start))).toBeLessThan(1e-2); // whole pixels
      }
      const area = (width * y.length) / (side * side);
      if (x.length < 0) seen.mirrored++;
      seen.smallest = Math.min(seen.smallest, area);
      seen.largest = Math.max(seen.largest, area);
      seen.widest = Math.max(seen.widest, width / y.length);
      expect(channel(batch, 1, 2).every((v) => Math.abs(v - 9) < 1e-4)).toBe(true);
    }
    expect(seen.mirrored).toBeGreaterThan(110);
    expect(seen.mirrored).toBeLessThan(190);
    expect(seen.smallest).toBeGreaterThan(0.37);
    expect(seen.smallest).toBeLessThan(0.46);
    expect(seen.largest).toBeGreaterThan(0.9);
    expect(seen.widest).toBeGreaterThan(1.25);
    expect(seen.widest).toBeLessThan(1.4);
  });

  it('resample as PyTorch does between pixel centres', () => {
    // interpolate(arange(4) as one row, size=6, mode='bilinear', align_corners=False) of PyTorch 2.15
    const row = new Uint8Array(4 * 4 * 3);
    for (let i = 0; i < 16; i++) row.fill(60 * (i % 4), 3 * i, 3 * i + 3);
    const wanted = [0, 30, 70, 110, 150, 180];
    // With area 1 only the whole picture fits.
    const batch = randomCrops(row, 4, 6, { flip: false, cropScale: 1 }, rngFromSeed(1));
    Array.from(batch.subarray(0, 6)).forEach((v, i) => {
      expect(v * 255).toBeCloseTo(wanted[i], 3);
    });
  });

  it('the middle, without any resampling', () => {
    const batch = centreCrops(pictures, side, size);
    expect(channel(batch, 1, 0).slice(0, 3).map(Math.round)).toEqual([4, 5, 6]);
    expect(Math.round(channel(batch, 0, 1)[size])).toBe(5);
  });
});
