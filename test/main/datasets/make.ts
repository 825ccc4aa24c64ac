/** Image files made by hand for the tests of this folder. */
import sharp, { type Sharp } from 'sharp';
import type { FoundImage, SkippedFile, UnusableField } from '../../../src/main/datasets/found.ts';

/** u8[height,width,3], red grows to the right, green downwards, blue 64: no two corners alike. */
export function gradient(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels.set(
        [Math.round((255 * x) / (width - 1)), Math.round((255 * y) / (height - 1)), 64],
        (y * width + x) * 3,
      );
    }
  }
  return pixels;
}

export const fromGradient = (width: number, height: number): Sharp =>
  sharp(gradient(width, height), { raw: { width, height, channels: 3 } });

export interface BmpParts {
  width: number;
  height: number; // negative: top row first
  bits: number;
  compression?: number;
  palette?: number[][]; // [blue, green, red]
  masks?: number[];
  data: number[];
  headerSize?: 12 | 40;
}

/** A BMP file with the header given and exactly these data bytes. */
export function bmpFile(parts: BmpParts): Uint8Array {
  const core = parts.headerSize === 12;
  const palette = (parts.palette ?? []).flatMap((entry) => (core ? entry : [...entry, 0]));
  const masks = (parts.masks ?? []).flatMap((m) => [m & 255, (m >>> 8) & 255, (m >>> 16) & 255, m >>> 24]);
  const header = Buffer.alloc(14 + (core ? 12 : 40));
  const dataOffset = header.length + masks.length + palette.length;
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(dataOffset + parts.data.length, 2);
  header.writeUInt32LE(dataOffset, 10);
  header.writeUInt32LE(core ? 12 : 40, 14);
  if (core) {
    header.writeUInt16LE(parts.width, 18);
    header.writeUInt16LE(parts.height, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt16LE(parts.bits, 24);
  } else {
    header.writeInt32LE(parts.width, 18);
    header.writeInt32LE(parts.height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(parts.bits, 28);
    header.writeUInt32LE(parts.compression ?? 0, 30);
    header.writeUInt32LE(parts.palette?.length ?? 0, 46);
  }
  return new Uint8Array(Buffer.concat([header, Buffer.from([...masks, ...palette, ...parts.data])]));
}

/** Collects what a scan or a manifest reports. */
export function collector() {
  const found: FoundImage[] = [];
  const skipped: SkippedFile[] = [];
  const unusable: UnusableField[] = [];
  return {
    found,
    skipped,
    unusable,
    onFound: (image: FoundImage) => void found.push(image),
    onSkipped: (file: SkippedFile) => void skipped.push(file),
    onUnusable: (field: UnusableField) => void unusable.push(field),
    /** relative path -> [label, split] */
    placed: () => Object.fromEntries(found.map((f) => [f.relativePath, [f.label, f.split]])),
    reasons: () => Object.fromEntries(skipped.map((s) => [s.relativePath, s.reason])),
  };
}
