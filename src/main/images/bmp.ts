/**
 * Owns: reading Windows bitmaps, which the codec library does not (decision 0005).
 * Source: the BITMAPFILEHEADER / BITMAPCOREHEADER / BITMAPINFOHEADER / V4 / V5 layouts. Read: 1, 4, 8, 16, 24 and
 * 32 bits, RLE4, RLE8, BITFIELDS, both row orders. Not read (refused in words): embedded JPEG or PNG, OS/2
 * Huffman and RLE24. Colour profiles in V5 headers are ignored.
 */
import { tooLarge, UnreadableImage } from './errors.ts';

export interface BmpHeader {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number; // 0 RGB, 1 RLE8, 2 RLE4, 3 BITFIELDS, 6 ALPHABITFIELDS
  masks: [number, number, number, number]; // red, green, blue, alpha
  paletteOffset: number;
  paletteEntry: 3 | 4;
  paletteCount: number;
  dataOffset: number;
}

export interface BmpPixels {
  width: number;
  height: number;
  channels: 3 | 4;
  pixels: Uint8Array; // u8[height,width,channels]
}

/** Core, OS/2 2.x short and full, info, info with 3 and 4 masks, V4, V5. */
const HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124]);
const DEPTHS = new Set([1, 4, 8, 16, 24, 32]);

export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26) throw new UnreadableImage('truncated');
  const size = view.getUint32(14, true);
  const core = size === 12;
  if (!HEADER_SIZES.has(size)) throw new UnreadableImage(`damaged: a BMP header of ${size} bytes`);
  if (bytes.length < 14 + size) throw new UnreadableImage('truncated');
  const has = (end: number): boolean => size >= end;
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const rawHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = !core && has(20) ? view.getUint32(30, true) : 0;
  const used = !core && has(36) ? view.getUint32(46, true) : 0;
  const height = Math.abs(rawHeight);
  if (width <= 0 || height === 0)
    throw new UnreadableImage(`damaged: a size of ${width}x${rawHeight} pixels`);
  if (compression === 4 || compression === 5)
    throw new UnreadableImage('BMP with embedded JPEG or PNG is not supported');
  if (!DEPTHS.has(bits)) throw new UnreadableImage(`damaged: ${bits} bits per pixel in a BMP`);
  const fits =
    compression === 0 ||
    (compression === 1 && bits === 8) ||
    (compression === 2 && bits === 4) ||
    ((compression === 3 || compression === 6) && (bits === 16 || bits === 32));
  if (!fits) throw new UnreadableImage(`BMP compression ${compression} at ${bits} bits is not supported`);
  const masks = readMasks(view, size, bits, compression);
  const masksAfterHeader = size === 40 ? (compression === 3 ? 12 : compression === 6 ? 16 : 0) : 0;
  const paletteOffset = 14 + size + masksAfterHeader;
  const dataOffset = view.getUint32(10, true) || paletteOffset;
  const paletteEntry = core ? 3 : 4;
  const room = Math.max(0, Math.floor((Math.min(dataOffset, bytes.length) - paletteOffset) / paletteEntry));
  const wanted = bits <= 8 ? (used > 0 && used <= 256 ? used : 1 << bits) : 0;
  return {
    width,
    height,
    topDown: rawHeight < 0,
    bits,
    compression,
    masks,
    paletteOffset,
    paletteEntry,
    paletteCount: Math.min(wanted, room),
    dataOffset,
  };
}

function readMasks(view: DataView, size: number, bits: number, compression: number): BmpHeader['masks'] {
  if (compression === 3 || compression === 6) {
    const withAlpha = compression === 6 || size >= 56;
    if (view.byteLength < 54 + (withAlpha ? 16 : 12)) throw new UnreadableImage('truncated');
    return [
      view.getUint32(54, true),
      view.getUint32(58, true),
      view.getUint32(62, true),
      withAlpha ? view.getUint32(66, true) : 0,
    ];
  }
  if (bits === 16) return [0x7c00, 0x03e0, 0x001f, 0];
  // 32 bits without masks: the fourth byte is unused by definition, whatever it holds.
  return [0xff0000, 0xff00, 0xff, 0];
}

/** Rows as they are; of run-length data, two bytes give 255 pixels at best (skipping aside, which whole pictures lack). */
export function mostBmpPixels(bytes: Uint8Array): number {
  const { bits, compression, dataOffset } = readBmpHeader(bytes);
  const data = Math.max(0, bytes.length - dataOffset);
  return compression === 1 || compression === 2 ? data * 127.5 : Math.floor((data * 8) / bits);
}

/** `maxPixels` is checked before anything is allocated. */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): BmpPixels {
  const header = readBmpHeader(bytes);
  const { width, height } = header;
  if (width * height > maxPixels) throw tooLarge(width, height, maxPixels);
  if (header.bits <= 8) return decodePalette(bytes, header);
  return decodeDirect(bytes, header);
}

function decodePalette(bytes: Uint8Array, header: BmpHeader): BmpPixels {
  const { width, height } = header;
  const indices = header.compression === 0 ? unpackIndices(bytes, header) : unpackRuns(bytes, header);
  // Indices past the palette are black, as in other readers.
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < header.paletteCount; i++) {
    const at = header.paletteOffset + i * header.paletteEntry;
    palette[i * 3] = bytes[at + 2];
    palette[i * 3 + 1] = bytes[at + 1];
    palette[i * 3 + 2] = bytes[at];
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * 3;
    pixels[i * 3] = palette[from];
    pixels[i * 3 + 1] = palette[from + 1];
    pixels[i * 3 + 2] = palette[from + 2];
  }
  return { width, height, channels: 3, pixels };
}

/** -> u8[height,width] palette indices, top row first. */
function unpackIndices(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, bits, dataOffset } = header;
  const stride = rowStride(header);
  requireRows(bytes, header, stride);
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    const from = dataOffset + (header.topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[y * width + x] = (bytes[from + Math.floor(x / perByte)] >> shift) & mask;
    }
  }
  return indices;
}

/** RLE4 and RLE8 -> u8[height,width] palette indices, top row first; skipped pixels keep index 0. */
function unpackRuns(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, topDown, bits } = header;
  const indices = new Uint8Array(width * height);
  let at = header.dataOffset;
  let x = 0;
  let y = 0;
  const put = (index: number): void => {
    // An RLE4 run may pad an odd width by one; anything further writes outside the picture.
    if (x > width || y >= height) throw new UnreadableImage('damaged: BMP runs leave the picture');
    if (x < width) indices[(topDown ? y : height - 1 - y) * width + x] = index;
    x += 1;
  };
  const next = (): number => {
    if (at >= bytes.length) throw new UnreadableImage('truncated');
    return bytes[at++];
  };
  while (y < height) {
    const count = next();
    const value = next();
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
    } else if (value === 0) {
      x = 0;
      y += 1;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      const length = bits === 8 ? value : Math.ceil(value / 2);
      for (let i = 0, byte = 0; i < value; i++) {
        if (bits === 8 || i % 2 === 0) byte = next();
        put(bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
      }
      if (length % 2 === 1) at += 1; // literal runs are padded to 16 bits
    }
  }
  return indices;
}

function decodeDirect(bytes: Uint8Array, header: BmpHeader): BmpPixels {
  const { width, height, bits, dataOffset } = header;
  const stride = rowStride(header);
  requireRows(bytes, header, stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = header.masks[3] !== 0 ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  const scale = header.masks.map(maskScale);
  for (let y = 0; y < height; y++) {
    const row = dataOffset + (header.topDown ? y : height - 1 - y) * stride;
    let to = y * width * channels;
    for (let x = 0; x < width; x++, to += channels) {
      if (bits === 24) {
        pixels[to] = bytes[row + x * 3 + 2];
        pixels[to + 1] = bytes[row + x * 3 + 1];
        pixels[to + 2] = bytes[row + x * 3];
        continue;
      }
      const word = bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true);
      for (let c = 0; c < channels; c++) pixels[to + c] = scale[c](word);
    }
  }
  return { width, height, channels, pixels };
}

/** The bits under `mask`, stretched to 0..255 (rounded). A zero mask gives 0. */
function maskScale(mask: number): (word: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const top = mask >>> shift;
  return (word) => Math.round((((word & mask) >>> shift) / top) * 255);
}

const rowStride = (header: BmpHeader): number => Math.floor((header.width * header.bits + 31) / 32) * 4;

function requireRows(bytes: Uint8Array, header: BmpHeader, stride: number): void {
  // The last row's padding may be missing; its pixels may not.
  const need = header.dataOffset + stride * (header.height - 1) + Math.ceil((header.width * header.bits) / 8);
  if (bytes.length < need) throw new UnreadableImage('truncated');
}
