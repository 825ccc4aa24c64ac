/**
 * Owns: the first directory of a TIFF (classic and Big, either byte order): an orientation that no reader knows, and
 * the most pixels that the file can hold. Source: TIFF 6.0, and the BigTIFF layout.
 */
interface Directory {
  view: DataView;
  little: boolean;
  big: boolean;
  /** Offset of the entry, by tag. */
  entries: Map<number, number>;
}

const ORIENTATION = 274;
const SHORT = 3;
/** Types of whole numbers that a decoder takes for one another, with their bytes; signed ones read as unsigned. */
const WHOLE = new Map([
  [1, 1],
  [3, 2],
  [4, 4],
  [6, 1],
  [8, 2],
  [9, 4],
  [13, 4],
  [16, 8],
  [17, 8],
]);

/** null where the directory cannot be found: the decoder says why. */
function firstDirectory(bytes: Uint8Array): Directory | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 16) return null;
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const at = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const [head, size] = big ? [8, 20] : [2, 12];
  if (at + head > view.byteLength) return null;
  const count = big ? Number(view.getBigUint64(at, little)) : view.getUint16(at, little);
  if (at + head + count * size > view.byteLength) return null;
  const entries = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const entry = at + head + i * size;
    const tag = view.getUint16(entry, little);
    if (!entries.has(tag)) entries.set(tag, entry);
  }
  return { view, little, big, entries };
}

/** The entry's value where it is one whole number within the entry itself, or the first of several that are. */
function numberIn({ view, little, big, entries }: Directory, tag: number): number | null {
  const entry = entries.get(tag);
  if (entry === undefined) return null;
  const bytes = WHOLE.get(view.getUint16(entry + 2, little));
  const count = big ? Number(view.getBigUint64(entry + 4, little)) : view.getUint32(entry + 4, little);
  if (bytes === undefined || count === 0) return null;
  const inline = entry + (big ? 12 : 8);
  const fits = count * bytes <= (big ? 8 : 4);
  const at = fits ? inline : big ? Number(view.getBigUint64(inline, little)) : view.getUint32(inline, little);
  if (at + bytes > view.byteLength) return null;
  return bytes === 1
    ? view.getUint8(at)
    : bytes === 2
      ? view.getUint16(at, little)
      : view.getUint32(at, little);
}

/**
 * The same file with orientation 1 where the tag holds anything but 1 to 8, which the decoder would refuse the file for.
 * Other programs show such an image as it is stored. A copy is made only then.
 */
export function withUsualOrientation(bytes: Uint8Array): Uint8Array {
  const directory = firstDirectory(bytes);
  const entry = directory?.entries.get(ORIENTATION);
  if (!directory || entry === undefined) return bytes;
  const value = numberIn(directory, ORIENTATION);
  if (value !== null && value >= 1 && value <= 8) return bytes;
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const { little, big } = directory;
  view.setUint16(entry + 2, SHORT, little);
  if (big) view.setBigUint64(entry + 4, 1n, little);
  else view.setUint32(entry + 4, 1, little);
  copy.fill(0, entry + (big ? 12 : 8), entry + (big ? 20 : 12));
  view.setUint16(entry + (big ? 12 : 8), 1, little);
  return copy;
}

/** Bytes of pixels that one byte of the file unpacks to at best, by compression; others have no such bound. */
const MOST_UNPACKED = new Map([
  [1, 1], // none
  [5, (4096 * 8) / 12], // LZW: a code of 12 bits is a string of 4,096
  [8, (258 * 8) / 2], // deflate: 258 bytes by two bits
  [32946, (258 * 8) / 2],
  [32773, 64], // PackBits: 128 bytes by two
]);

export function mostTiffPixels(bytes: Uint8Array): number {
  const directory = firstDirectory(bytes);
  const unpacked = directory && MOST_UNPACKED.get(numberIn(directory, 259) ?? 1);
  if (!directory || unpacked == null) return Infinity;
  // Chroma may be sampled more coarsely than brightness: then only that is counted.
  const samples = numberIn(directory, 262) === 6 ? 1 : (numberIn(directory, 277) ?? 1);
  const bits = (numberIn(directory, 258) ?? 1) * samples;
  return bits > 0 ? Math.floor((bytes.length * unpacked * 8) / bits) : Infinity;
}
