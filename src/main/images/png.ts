/**
 * Owns: the PNG container: writing pixels with provenance text inside, reading that text back, and telling a whole
 * file from a cut-off one. Source: PNG specification, third edition (tEXt, zTXt, iTXt; chunk layout; CRC-32).
 */
import { crc32, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { cannotHold, tooLarge, UnreadableImage } from './errors.ts';

const SIGNATURE_BYTES = 8;
/** Text of one compressed chunk is read up to this size; a bigger one is treated as damaged. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * pixels: u8[height,width,c], c = 1 (grey), 3 (RGB) or 4 (RGBA), told from the length -> PNG file.
 * `text`: keyword -> value. Keywords are 1-79 printable ASCII characters; values any Unicode without NUL. ASCII
 * values become tEXt chunks (readable by every tool), others iTXt in UTF-8.
 */
export async function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  text: Record<string, string> = {},
): Promise<Uint8Array> {
  const channels = pixels.length / (width * height);
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new Error(`encodePng: ${pixels.length} bytes for ${width}x${height}, wanted 1, 3 or 4 per pixel`);
  }
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  const png = await sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 6 })
    .toBuffer();
  // Directly after IHDR, so that a reader finds the text without walking the pixels.
  const afterHeader =
    SIGNATURE_BYTES + 12 + new DataView(png.buffer, png.byteOffset).getUint32(SIGNATURE_BYTES);
  return new Uint8Array(Buffer.concat([png.subarray(0, afterHeader), ...chunks, png.subarray(afterHeader)]));
}

/** The same file with these texts: entries of the same keywords are replaced, everything else stays byte by byte. */
export function withPngText(bytes: Uint8Array, text: Record<string, string>): Uint8Array {
  const kept: Buffer[] = [];
  const ended = walkChunks(bytes, (type, data) => {
    const keyword = /^(tEXt|zTXt|iTXt)$/.test(type) ? data.toString('latin1', 0, data.indexOf(0)) : null;
    if (keyword === null || !Object.hasOwn(text, keyword)) kept.push(chunk(type, data));
    if (type === 'IHDR') for (const [name, value] of Object.entries(text)) kept.push(textChunk(name, value));
  });
  if (!ended) throw new UnreadableImage('truncated');
  return new Uint8Array(Buffer.concat([bytes.subarray(0, SIGNATURE_BYTES), ...kept]));
}

function textChunk(keyword: string, value: string): Buffer {
  if (!/^[!-~](?:[ -~]{0,77}[!-~])?$/.test(keyword)) {
    throw new Error(
      `encodePng: text keyword ${JSON.stringify(keyword)}, wanted 1-79 printable ASCII characters`,
    );
  }
  if (value.includes('\0')) throw new Error(`encodePng: text ${keyword} holds a NUL character`);
  if (/^[\n\x20-\x7e]*$/.test(value)) return chunk('tEXt', Buffer.from(`${keyword}\0${value}`, 'latin1'));
  // keyword, NUL, compression flag 0, method 0, language "", NUL, translated keyword "", NUL, text
  return chunk(
    'iTXt',
    Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(value, 'utf8')]),
  );
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** All tEXt, zTXt and iTXt entries; of a repeated keyword the last. Throws UnreadableImage on a damaged file. */
export function readPngText(bytes: Uint8Array): Record<string, string> {
  const entries: [string, string][] = [];
  const ended = walkChunks(bytes, (type, data) => {
    if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return;
    const end = data.indexOf(0);
    if (end < 1) throw new UnreadableImage('damaged: a PNG text without keyword');
    const keyword = data.toString('latin1', 0, end);
    const rest = data.subarray(end + 1);
    if (type === 'tEXt') entries.push([keyword, rest.toString('latin1')]);
    else if (type === 'zTXt') entries.push([keyword, inflate(rest.subarray(1)).toString('latin1')]);
    else entries.push([keyword, internationalText(rest)]);
  });
  if (!ended) throw new UnreadableImage('truncated');
  return Object.fromEntries(entries);
}

function internationalText(rest: Buffer): string {
  const language = rest.indexOf(0, 2);
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1);
  if (translated < 0) throw new UnreadableImage('damaged: a PNG iTXt entry');
  const body = rest.subarray(translated + 1);
  return (rest[0] === 1 ? inflate(body) : body).toString('utf8');
}

function inflate(data: Uint8Array): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: MAX_TEXT_BYTES });
  } catch (error) {
    throw new UnreadableImage('damaged: a compressed PNG text', { cause: error });
  }
}

/**
 * Refuses a PNG that ends before its IEND chunk, or whose size in the header is above `maxPixels` or what its data
 * can hold, by walking the chunk lengths: no inflating, no decoding.
 */
export function requireWholePng(bytes: Uint8Array, maxPixels: number): void {
  let header: Buffer | null = null;
  let packed = 0;
  const ended = walkChunks(bytes, (type, data) => {
    if (type === 'IDAT') packed += data.length;
    if (header !== null) return;
    if (type !== 'IHDR' || data.length !== 13)
      throw new UnreadableImage('damaged: the header cannot be read');
    header = data;
    const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
    if (width * height > maxPixels) throw tooLarge(width, height, maxPixels);
  });
  if (!ended || header === null) throw new UnreadableImage('truncated');
  requireRoom(header, packed);
}

/** Deflate packs 258 bytes into two bits at best. */
const MOST_PACKED = (258 * 8) / 2;
/** Samples per pixel by colour type. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** Refuses a header that claims more pixels than so many packed bytes can hold. */
function requireRoom(header: Buffer, packed: number): void {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const bits = header[8] * (SAMPLES.get(header[9]) ?? 0);
  if (packed * MOST_PACKED < Math.floor((width * height * bits) / 8)) throw cannotHold(packed, width, height);
}

/** Visits chunks in order; true when IEND was reached. Throws 'truncated' when a chunk overruns the file. */
function walkChunks(bytes: Uint8Array, visit: (type: string, data: Buffer) => void): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 1, 4) !== 'PNG') throw new UnreadableImage('not a PNG file');
  for (let at = SIGNATURE_BYTES; at + 8 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    const type = buffer.toString('latin1', at + 4, at + 8);
    if (at + 12 + length > buffer.length) {
      // The checksum of IEND carries nothing: its absence loses no pixel, but the file was cut.
      throw new UnreadableImage(/^[A-Za-z]{4}$/.test(type) ? 'truncated' : 'damaged: an unknown PNG chunk');
    }
    visit(type, buffer.subarray(at + 8, at + 8 + length));
    if (type === 'IEND') return true;
    at += 12 + length;
  }
  return false;
}
