/**
 * Owns: the JPEG container: its segments, the least bits that its blocks take, and a copy that holds picture data only.
 * Source: ITU-T T.81, annexes B (markers) and F, G (entropy coding).
 */
import { UnreadableImage } from './errors.ts';

interface Segment {
  marker: number;
  from: number; // offset of the 0xff
  /** Of a marker segment: past its parameters. Of SOS: past the scan's data. */
  to: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** What a decoder needs: tables, frames, restart intervals, scans. Not application segments and comments. */
const isPicture = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf) || (marker >= SOS && marker <= 0xdf);

/** Segments in order, up to the end marker or the file's end; stray bytes between them are passed over. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff) {
      at += 1;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === EOI) return;
    if (marker === SOI || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2; // markers without parameters
      continue;
    }
    if (at + 4 > bytes.length) return;
    const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    const to = Math.min(bytes.length, marker === SOS ? endOfScan(bytes, end) : end);
    yield { marker, from: at, to };
    at = Math.max(to, at + 2);
  }
}

/** Data of a scan runs up to a marker that is neither a stuffed zero nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1];
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, at + 1);
  }
  return bytes.length;
}

/**
 * The most pixels that a file of this size can hold, by its own header: every block takes a DC code of one bit or more
 * and, unless the file is progressive, one to end the block. Infinity where the coding is arithmetic: it has no such
 * floor.
 */
export function mostJpegPixels(bytes: Uint8Array): number {
  for (const { marker, from } of segmentsOf(bytes)) {
    if (!isFrame(marker)) continue;
    const bitsPerBlock = marker <= 0xc1 ? 2 : marker === 0xc2 ? 1 : 0;
    const parts = bytes[from + 9];
    if (bitsPerBlock === 0 || !(parts >= 1 && parts <= 4) || from + 10 + 3 * parts > bytes.length) break;
    const factors = Array.from({ length: parts }, (_, c) => bytes[from + 11 + 3 * c]);
    const across = Math.max(...factors.map((f) => f >> 4));
    const down = Math.max(...factors.map((f) => f & 15));
    const blocks = factors.reduce((sum, f) => sum + (f >> 4) * (f & 15), 0);
    if (!(across * down * blocks > 0)) break;
    // In one unit of across x down blocks of 64 pixels there are `blocks` blocks.
    return Math.floor((bytes.length * 8 * across * down * 64) / (blocks * bitsPerBlock));
  }
  return Infinity;
}

/** Whether the rows are coded eight by eight: no component is sampled more coarsely downwards than another. */
export function hasShortUnits(bytes: Uint8Array): boolean {
  for (const { marker, from } of segmentsOf(bytes)) {
    if (!isFrame(marker)) continue;
    const parts = bytes[from + 9];
    return Array.from({ length: parts }, (_, c) => bytes[from + 11 + 3 * c] & 15).every((down) => down === 1);
  }
  return false;
}

/**
 * The same picture without application segments, comments and stray bytes between segments: whatever a decoder still
 * warns of is in the picture's data.
 */
export function pictureDataOnly(bytes: Uint8Array): Uint8Array {
  const kept = [bytes.subarray(0, 2)];
  for (const { marker, from, to } of segmentsOf(bytes))
    if (isPicture(marker)) kept.push(bytes.subarray(from, to));
  return Buffer.concat([...kept, Uint8Array.of(0xff, EOI)]);
}

/**
 * Refuses a progressive file that lacks scans which an earlier scan promised: coefficients that were sent without their
 * last bits, or a component without its DC. A file cut between two scans looks whole to a decoder, only blurred.
 */
export function requireAllScans(bytes: Uint8Array): void {
  let components: number[] | null = null;
  const lowestBit = new Map<string, number>(); // component and coefficient -> bits not sent yet
  for (const { marker, from } of segmentsOf(bytes)) {
    if (isFrame(marker)) {
      if (marker !== 0xc2) return;
      components = Array.from({ length: bytes[from + 9] }, (_, c) => bytes[from + 10 + 3 * c]);
    }
    if (marker !== SOS || components === null) continue;
    const count = bytes[from + 4];
    const [first, last, bits] = bytes.subarray(from + 5 + 2 * count, from + 8 + 2 * count);
    if (last === undefined || last > 63) return; // damaged: the decoder says so
    for (let c = 0; c < count; c++)
      for (let k = first; k <= last; k++) lowestBit.set(`${bytes[from + 5 + 2 * c]} ${k}`, bits & 15);
  }
  if (components === null) return;
  const whole =
    components.every((c) => lowestBit.has(`${c} 0`)) && [...lowestBit.values()].every((bits) => bits === 0);
  if (!whole) throw new UnreadableImage('truncated');
}
