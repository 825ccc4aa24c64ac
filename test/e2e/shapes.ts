/**
 * Owns a small labelled folder for specs: shapes on noise, one folder per class, some of them hard to see.
 * Drawn the same at every run.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { rngFromSeed } from '../../src/core/rng.ts';

type Inside = (x: number, y: number) => boolean; // both in [-1,1]

const shapes: Record<string, Inside> = {
  disc: (x, y) => x * x + y * y < 0.8,
  frame: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.9 && Math.max(Math.abs(x), Math.abs(y)) > 0.5,
  wedge: (x, y) => y > -0.8 && y < 0.8 && Math.abs(x) < (y + 0.9) * 0.55,
};

/** Writes `perClass` PNG files of 64x64 per class into `folder`/<class>/; returns the class names. */
export async function writeShapes(folder: string, perClass: number): Promise<string[]> {
  for (const [name, inside] of Object.entries(shapes)) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const rng = rngFromSeed(i, `shape ${name}`);
      const size = 64;
      const pixels = new Uint8Array(size * size * 3);
      const contrast = i % 4 === 3 ? 25 : 120; // every fourth is nearly lost in its background
      const base = [0, 1, 2].map(() => 40 + 80 * rng.uniform());
      const [cx, cy, radius] = [24 + 16 * rng.uniform(), 24 + 16 * rng.uniform(), 12 + 10 * rng.uniform()];
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const lift = inside((x - cx) / radius, (y - cy) / radius) ? contrast : 0;
          for (let c = 0; c < 3; c++) pixels[(y * size + x) * 3 + c] = base[c] + lift + 20 * rng.uniform();
        }
      await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${String(i).padStart(3, '0')}.png`));
    }
  }
  return Object.keys(shapes);
}
