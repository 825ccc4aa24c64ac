/**
 * Owns: the most pixels that a file's bytes can hold, by what its compression can do at best: a header that claims more
 * lies, or most of the file is gone. Bounds, not guesses: a picture of one colour stays below them. PNG and GIF
 * are measured where they are walked (png.ts, gif.ts). Lossless WebP and AVIF have no bound: one colour takes no bits.
 */
import { mostBmpPixels } from './bmp.ts';
import { mostJpegPixels } from './jpeg.ts';
import type { ImageFormat } from './sniff.ts';
import { mostTiffPixels } from './tiff.ts';

export function mostPixels(bytes: Uint8Array, format: ImageFormat): number {
  if (format === 'jpeg') return mostJpegPixels(bytes);
  if (format === 'tiff') return mostTiffPixels(bytes);
  if (format === 'bmp') return mostBmpPixels(bytes);
  if (format === 'webp') return mostWebpPixels(bytes);
  return Infinity;
}

/**
 * Lossy WebP (VP8, RFC 6386): of each 16x16 macroblock at least the choice of its kind (probability 145/256 at best)
 * and of its chroma mode (142/256) are coded.
 */
const LEAST_BITS = Math.log2(256 / 145) + Math.log2(256 / 142);

function mostWebpPixels(bytes: Uint8Array): number {
  const lossy = String.fromCharCode(...bytes.subarray(12, 16)) === 'VP8 ';
  return lossy ? Math.floor(((bytes.length * 8) / LEAST_BITS) * 16 * 16) : Infinity;
}
