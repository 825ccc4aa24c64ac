/**
 * Owns the pictures that the built-in models are trained on: generated scenes (seeds far from those of the demo
 * dataset) and, where a folder is given, CC0 photos, one class per folder. Pictures are u8 RGB, 64x64.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Rng } from '../../src/core/rng.ts';
import { renderScene, type SceneDistribution, sceneClasses } from '../../src/core/scenes/scenes.ts';

export const imageSize = 64;
export const imageBytes = imageSize * imageSize * 3;
/** Training scenes start here, held-out scenes at twice this, hard ones at three times; the demo draws far above. */
export const trainingSeedBase = 1_000_000;

export interface Picture {
  pixels: Uint8Array; // imageBytes
  label: string;
  caption: string;
  source: 'scene' | 'photo';
}

export function scenes(
  count: number,
  seedBase: number,
  distribution: SceneDistribution,
  log: (text: string) => void,
): Picture[] {
  const pictures: Picture[] = [];
  for (let i = 0; i < count; i++) {
    const classIndex = i % sceneClasses.length;
    const scene = renderScene({ classIndex, seed: seedBase + i, size: imageSize, distribution });
    pictures.push({ pixels: scene.pixels, label: scene.className, caption: scene.caption, source: 'scene' });
    if ((i + 1) % 2000 === 0) log(`${i + 1} of ${count} scenes drawn`);
  }
  return pictures;
}

/** Photos of `folder`/<class>/*.jpg, cropped to a square; `heldOut` of each class are kept apart. */
export async function photos(
  folder: string | null,
  heldOut: number,
): Promise<{ train: Picture[]; test: Picture[] }> {
  const train: Picture[] = [];
  const test: Picture[] = [];
  if (folder === null) return { train, test };
  for (const label of readdirSync(folder, { withFileTypes: true })
    .filter((d) => d.isDirectory())
    .map((d) => d.name)
    .sort()) {
    const files = readdirSync(join(folder, label)).sort();
    for (const [i, file] of files.entries()) {
      const pixels = await sharp(join(folder, label, file))
        .rotate()
        .resize(imageSize, imageSize, { fit: 'cover' })
        .flatten({ background: '#ffffff' })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer();
      const picture: Picture = {
        pixels: new Uint8Array(pixels),
        label,
        caption: `a photo of a ${label}`,
        source: 'photo',
      };
      (i < heldOut ? test : train).push(picture);
    }
  }
  return { train, test };
}

/** Drawing takes a minute: keeps the pictures of `make` in `scratch` under `name`. */
export function cached(scratch: string, name: string, make: () => Picture[]): Picture[] {
  mkdirSync(scratch, { recursive: true });
  const [pixelFile, textFile] = [join(scratch, `${name}.u8`), join(scratch, `${name}.json`)];
  if (existsSync(textFile)) {
    const all = readFileSync(pixelFile);
    const rest = JSON.parse(readFileSync(textFile, 'utf8')) as Omit<Picture, 'pixels'>[];
    return rest.map((r, i) => ({
      ...r,
      pixels: new Uint8Array(all.buffer, all.byteOffset + i * imageBytes, imageBytes),
    }));
  }
  const pictures = make();
  writeFileSync(pixelFile, Buffer.concat(pictures.map((p) => p.pixels)));
  writeFileSync(textFile, JSON.stringify(pictures.map(({ pixels: _, ...rest }) => rest)));
  return pictures;
}

/** u8 HWC RGB -> f32 CHW in -1..1, mirrored when asked, written at `offset` of `out`. */
export function writeImage(pixels: Uint8Array, out: Float32Array, offset: number, mirror: boolean): void {
  const plane = imageSize * imageSize;
  for (let y = 0; y < imageSize; y++) {
    for (let x = 0; x < imageSize; x++) {
      const from = (y * imageSize + (mirror ? imageSize - 1 - x : x)) * 3;
      const to = offset + y * imageSize + x;
      out[to] = pixels[from] / 127.5 - 1;
      out[to + plane] = pixels[from + 1] / 127.5 - 1;
      out[to + 2 * plane] = pixels[from + 2] / 127.5 - 1;
    }
  }
}

/** f32[n,3,64,64] of the pictures at `indices`, mirrored where `mirror` says so. */
export function imageBatch(
  pictures: readonly Picture[],
  indices: readonly number[],
  mirror: () => boolean = () => false,
): Float32Array {
  const out = new Float32Array(indices.length * imageBytes);
  indices.forEach((index, i) => {
    writeImage(pictures[index].pixels, out, i * imageBytes, mirror());
  });
  return out;
}

/** Moves each picture by up to four pixels, repeating its border. */
export function shiftAll(images: Float32Array, n: number, rng: Rng): void {
  const plane = imageSize * imageSize;
  const copy = new Float32Array(plane);
  const clamp = (v: number) => Math.max(0, Math.min(imageSize - 1, v));
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [rng.int(9) - 4, rng.int(9) - 4];
    for (let c = 0; c < 3; c++) {
      const channel = images.subarray(i * imageBytes + c * plane, i * imageBytes + (c + 1) * plane);
      copy.set(channel);
      for (let y = 0; y < imageSize; y++) {
        const row = clamp(y + dy) * imageSize;
        for (let x = 0; x < imageSize; x++) channel[y * imageSize + x] = copy[row + clamp(x + dx)];
      }
    }
  }
}

/** So that the vocabulary knows what people type around words. */
export const punctuation = `. , ! ? ' " - : ; ( ) 0 1 2 3 4 5 6 7 8 9`;
