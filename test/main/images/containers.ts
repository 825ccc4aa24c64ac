/** Containers made by hand, whose parts can be made to contradict each other. */
import { crc32, deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';

/** 0xff 0xd9: the end marker of a JPEG. */
export const jpegEnd = Uint8Array.of(0xff, 0xd9);

/** The file up to a share of its bytes, then the end marker. */
export const cutJpeg = (file: Uint8Array, share: number): Uint8Array =>
  Buffer.concat([file.subarray(0, Math.floor(file.length * share)), jpegEnd]);

/** A grey 8-bit PNG whose header, rows and packed bytes are said one by one. `keep`: share of the packed bytes. */
export function pngFile(width: number, height: number, rows: number, keep = 1): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  const raw = Buffer.from(
    Array.from({ length: rows * (width + 1) }, (_, i) => (i % (width + 1) ? i % 251 : 0)),
  );
  const packed = deflateSync(raw);
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
  };
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', packed.subarray(0, Math.floor(packed.length * keep))),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Where the first frame's header and its data's sub-blocks begin, and where each of these ends. */
export function gifFrame(file: Uint8Array): { header: number; ends: number[] } {
  const colours = (packed: number): number => (packed & 0x80 ? 3 * (2 << (packed & 7)) : 0);
  let at = 13 + colours(file[10]);
  while (file[at] === 0x21) {
    at += 2;
    while (file[at] !== 0) at += file[at] + 1;
    at += 1;
  }
  const ends: number[] = [];
  let block = at + 11 + colours(file[at + 9]);
  while (file[block] !== 0) {
    block += file[block] + 1;
    ends.push(block);
  }
  return { header: at, ends };
}

export interface TiffParts {
  width: number;
  height: number;
  /** u8[rows,width], grey; as many rows as the file shall hold. */
  data: Uint8Array;
  big?: boolean;
  littleEndian?: boolean;
  /** Type, count and first value of the orientation's entry. */
  orientation?: [type: number, count: number, value: number];
}

/** An uncompressed grey TIFF of one strip, directory first. */
export function tiffFile({
  width,
  height,
  data,
  big,
  littleEndian = true,
  orientation,
}: TiffParts): Uint8Array {
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 0],
    ...(orientation ? [[274, ...orientation] as [number, number, number, number]] : []),
    [277, 3, 1, 1],
    [278, 4, 1, height],
    [279, 4, 1, data.length],
  ];
  const [start, head, size, inline] = big ? [16, 8, 20, 12] : [8, 2, 12, 8];
  const length = start + head + entries.length * size + (big ? 8 : 4);
  const out = Buffer.alloc(length);
  const view = new DataView(out.buffer, out.byteOffset);
  out.write(littleEndian ? 'II' : 'MM', 0, 'latin1');
  view.setUint16(2, big ? 43 : 42, littleEndian);
  if (big) {
    view.setUint16(4, 8, littleEndian);
    view.setBigUint64(8, 16n, littleEndian);
    view.setBigUint64(16, BigInt(entries.length), littleEndian);
  } else {
    view.setUint32(4, 8, littleEndian);
    view.setUint16(8, entries.length, littleEndian);
  }
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = start + head + i * size;
    view.setUint16(at, tag, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    if (big) view.setBigUint64(at + 4, BigInt(count), littleEndian);
    else view.setUint32(at + 4, count, littleEndian);
    const given = tag === 273 ? length : value;
    if (type === 3) view.setUint16(at + inline, given, littleEndian);
    else if (type === 4) view.setUint32(at + inline, given, littleEndian);
    else view.setUint8(at + inline, given);
  }
  return Buffer.concat([out, data]);
}

function u32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}
const u16 = (n: number): Buffer => u32(n).subarray(2);
const box = (type: string, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
};
const full = (type: string, flags: number, ...parts: Uint8Array[]) => box(type, u32(flags), ...parts);

/** An AVIF animation as encoders write it: brand avis, a still image, and a track of all frames (width x height). */
export async function animatedAvif(frames: Sharp[], width: number, height: number): Promise<Uint8Array> {
  const stills = await Promise.all(frames.map((frame) => frame.avif({ effort: 0 }).toBuffer()));
  const still = Buffer.from(stills[0]);
  still.write('avis', 8, 'latin1');
  const mediaOf = (file: Buffer): number => {
    let at = 0;
    while (file.toString('latin1', at + 4, at + 8) !== 'mdat') at += file.readUInt32BE(at);
    return at + 8;
  };
  const samples = stills.map((file) => file.subarray(mediaOf(file)));
  const config = still.indexOf('av1C') - 4;
  const codec = still.subarray(config, config + still.readUInt32BE(config));
  const n = samples.length;
  const matrix = Buffer.concat([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32));
  const entry = [Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(width), u16(height), u32(0x480000)];
  const moov = (offsets: number[]) =>
    box(
      'moov',
      full(
        'mvhd',
        0,
        ...[0, 0, n, n, 0x10000].map(u32),
        u32(0x1000000),
        Buffer.alloc(8),
        matrix,
        Buffer.alloc(24),
        u32(2),
      ),
      box(
        'trak',
        full('tkhd', 1, ...[0, 0, 1, 0, n, 0, 0, 0, 0].map(u32), matrix, u32(width << 16), u32(height << 16)),
        box(
          'mdia',
          full('mdhd', 0, ...[0, 0, n, n, 0x55c40000].map(u32)),
          full('hdlr', 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
          box(
            'minf',
            full('vmhd', 1, Buffer.alloc(8)),
            box('dinf', full('dref', 0, u32(1), full('url ', 1))),
            box(
              'stbl',
              full(
                'stsd',
                0,
                u32(1),
                box(
                  'av01',
                  ...entry,
                  u32(0x480000),
                  u32(0),
                  u16(1),
                  Buffer.alloc(32),
                  u16(24),
                  u16(0xffff),
                  codec,
                ),
              ),
              full('stts', 0, ...[1, n, 1].map(u32)),
              full('stsc', 0, ...[1, 1, 1, 1].map(u32)),
              full('stsz', 0, u32(0), u32(n), ...samples.map(({ length }) => u32(length))),
              full('stco', 0, u32(n), ...offsets.map(u32)),
            ),
          ),
        ),
      ),
    );
  let at = still.length + moov(samples.map(() => 0)).length + 8;
  const offsets = samples.map(({ length }, i) => {
    if (i === 0) return mediaOf(still);
    at += length;
    return at - length;
  });
  return Buffer.concat([still, moov(offsets), box('mdat', ...samples.slice(1))]);
}
