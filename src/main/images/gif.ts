/**
 * Owns: the GIF container: the size of its screen, and whether the first frame's data fills the frame.
 * Source: GIF89a specification, appendix F (variable-length-code LZW).
 */
import { tooLarge, UnreadableImage } from './errors.ts';

/** Bytes of the colour table that a packed field announces. */
const colours = (packed: number): number => (packed & 0x80 ? 3 * (2 << (packed & 7)) : 0);

/** Refuses, before anything is unpacked, a screen above `maxPixels` and a first frame that its data does not fill. */
export function requireWholeGif(bytes: Uint8Array, maxPixels: number): void {
  if (bytes.length < 13) throw new UnreadableImage('truncated');
  const word = (at: number): number => bytes[at] | (bytes[at + 1] << 8);
  const within = (width: number, height: number): number => {
    if (width * height > maxPixels) throw tooLarge(width, height, maxPixels);
    return width * height;
  };
  within(word(6), word(8));
  const frame = firstFrame(bytes);
  if (frame === null) return; // a file without a frame: the decoder says so
  const claimed = within(word(frame + 5), word(frame + 7));
  if (pixelsIn(bytes, frame, claimed) < claimed) throw new UnreadableImage('truncated');
}

/** Offset of the first frame's header, past the extensions before it; null where something else comes first. */
function firstFrame(bytes: Uint8Array): number | null {
  let at = 13 + colours(bytes[10]);
  while (at + 10 < bytes.length) {
    if (bytes[at] === 0x2c) return at;
    if (bytes[at] !== 0x21) return null;
    at += 2; // an extension: its sub-blocks
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1;
    at += 1;
  }
  throw new UnreadableImage('truncated');
}

/** How many pixels the frame's codes stand for, without unpacking them: only lengths are kept. Stops at `enough`. */
function pixelsIn(bytes: Uint8Array, frame: number, enough: number): number {
  const data = frame + 10 + colours(bytes[frame + 9]);
  const minCodeBits = bytes[data];
  if (!(minCodeBits >= 1 && minCodeBits <= 11)) throw new UnreadableImage('damaged: a GIF code size');
  const clear = 1 << minCodeBits;
  const lengths = new Uint16Array(4096).fill(1, 0, clear);
  let next = clear + 2;
  let width = minCodeBits + 1;
  let previous = 0; // length of the code before; 0 after a clear
  let pixels = 0;
  let bits = 0;
  let have = 0;
  for (let block = data + 1; block < bytes.length && bytes[block] !== 0; block += bytes[block] + 1) {
    const end = Math.min(bytes.length, block + 1 + bytes[block]);
    for (let at = block + 1; at < end; at++) {
      bits |= bytes[at] << have;
      have += 8;
      while (have >= width) {
        const code = bits & ((1 << width) - 1);
        bits >>>= width;
        have -= width;
        if (code === clear) {
          next = clear + 2;
          width = minCodeBits + 1;
          previous = 0;
          continue;
        }
        if (code === clear + 1 || code > next || (code === next && previous === 0)) return pixels;
        const length = code === next ? previous + 1 : lengths[code];
        pixels += length;
        if (pixels >= enough) return pixels;
        if (previous > 0 && next < 4096) {
          lengths[next++] = previous + 1;
          if (next === 1 << width && width < 12) width += 1;
        }
        previous = length;
      }
    }
  }
  return pixels;
}
