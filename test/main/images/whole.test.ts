/**
 * Files that end early though they carry an end, headers that claim what the bytes cannot hold, and oddities that harm
 * nothing: the first two are refused, the last are read.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readHeader } from '../../../src/main/images/codec.ts';
import { decodeRgb, examineImage, UnreadableImage } from '../../../src/main/images/decode.ts';
import { bmpFile, fromGradient } from '../datasets/make.ts';
import { animatedAvif, cutJpeg, gifFrame, jpegEnd, pngFile, tiffFile } from './containers.ts';

/** Noise: no part of it is like another. */
const noise = (width: number, height: number) => {
  let state = 1;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state & 255;
  };
  return sharp(Uint8Array.from({ length: width * height * 3 }, next), {
    raw: { width, height, channels: 3 },
  });
};

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => 'it was read',
    (e) => e,
  );
  expect(error).toBeInstanceOf(UnreadableImage);
  return (error as UnreadableImage).reason;
};
const decode = (bytes: Uint8Array) => examineImage(bytes, null, {});
const refused = (bytes: Uint8Array) => refusal(decode(bytes));

describe('a JPEG that ends early but carries an end marker', () => {
  const jpeg = (options: object) => noise(160, 120).jpeg(options).toBuffer();

  it.each([
    ['baseline', { quality: 80 }, 0.5],
    ['baseline, almost whole', { quality: 80 }, 0.97],
    ['progressive', { progressive: true }, 0.4],
    ['progressive, in its last scan', { progressive: true }, 0.97],
    ['grey', { quality: 90 }, 0.6],
    ['4:4:4', { chromaSubsampling: '4:4:4' }, 0.6],
  ])('%s', async (_, options, share) => {
    const whole = await jpeg(options);
    expect((await decode(whole)).width).toBeGreaterThan(1);
    expect(await refused(cutJpeg(whole, share))).toMatch(/truncated/);
  });

  it.each([
    ['4:4:4', () => noise(160, 120).jpeg({ chromaSubsampling: '4:4:4' })],
    ['CMYK', () => noise(160, 120).toColourspace('cmyk').jpeg()],
    ['4:2:0', () => noise(160, 120).jpeg()],
    ['one of few rows', () => noise(400, 7).jpeg({ chromaSubsampling: '4:4:4' })],
  ])('%s, in its very last rows', async (_, make) => {
    const whole = await make().toBuffer();
    expect((await decode(whole)).width).toBeGreaterThan(1);
    for (const share of [0.93, 0.95, 0.97, 0.985, 0.995])
      expect(await refused(cutJpeg(whole, share)), String(share)).toMatch(/^truncated/);
  });

  it('even after an oddity that the decoder warns of first', async () => {
    const whole = await jpeg({});
    const jfif = Buffer.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 9, 9, 0, 0, 1, 0, 1, 0, 0]);
    const version = Buffer.concat([whole.subarray(0, 2), jfif, whole.subarray(2)]);
    const second = 4 + whole.readUInt16BE(4); // the first segment begins at 2
    const stray = Buffer.concat([whole.subarray(0, second), Buffer.alloc(3), whole.subarray(second)]);
    for (const odd of [version, stray]) {
      expect((await decode(odd)).width).toBeGreaterThan(1);
      expect(await refused(cutJpeg(odd, 0.7))).toBe('truncated');
    }
  });

  it('between two scans', async () => {
    const whole = await jpeg({ progressive: true });
    const scans: number[] = [];
    for (let at = whole.indexOf('ffda', 0, 'hex'); at >= 0; at = whole.indexOf('ffda', at + 2, 'hex'))
      scans.push(at);
    expect(scans.length).toBeGreaterThan(4);
    // A Huffman table stands before most scans: the cut is after the data of the scan before.
    for (const scan of scans.slice(1)) {
      const tables = whole.lastIndexOf('ffc4', scan, 'hex');
      const end = tables > scans[scans.indexOf(scan) - 1] ? tables : scan;
      expect(await refused(Buffer.concat([whole.subarray(0, end), jpegEnd])), `scan at ${scan}`).toBe(
        'truncated',
      );
    }
  });

  it('and what harms nothing is read: comments, padding, bytes after the end', async () => {
    const whole = await jpeg({});
    const comment = Buffer.from([0xff, 0xfe, 0, 6, 0xff, 0xd9, 0xff, 0xda]); // markers inside do not count
    const files = {
      comment: Buffer.concat([whole.subarray(0, 2), comment, whole.subarray(2)]),
      fill: Buffer.concat([whole.subarray(0, 2), Buffer.alloc(5, 0xff), whole.subarray(2)]),
      padding: Buffer.concat([whole.subarray(0, -2), Buffer.alloc(20), jpegEnd]),
      after: Buffer.concat([whole, Buffer.from('a whole second file')]),
      twice: Buffer.concat([whole, whole]),
    };
    const pixels = (bytes: Uint8Array) => decodeRgb(bytes, { width: 160, height: 120, fit: 'fill' });
    const wanted = await pixels(whole);
    for (const [name, bytes] of Object.entries(files)) expect(await pixels(bytes), name).toEqual(wanted);
  });
});

describe('other formats that end early but carry an end', () => {
  it('PNG: packed data cut short, or whole but of fewer rows', async () => {
    expect((await decode(pngFile(64, 64, 64))).width).toBeGreaterThan(1);
    for (const bytes of [pngFile(64, 64, 64, 0.5), pngFile(64, 64, 64, 0.9), pngFile(64, 64, 40)])
      expect(await refused(bytes)).toMatch(/^truncated|^damaged: the PNG data/);
  });

  it('GIF: sub-blocks missing before the trailer, or an end code too early', async () => {
    const whole = await noise(120, 120).gif().toBuffer();
    const { ends } = gifFrame(whole);
    expect(ends.length).toBeGreaterThan(4);
    expect((await decode(whole)).width).toBeGreaterThan(1);
    for (const keep of [1, ends.length >> 1, ends.length - 2]) {
      const cut = Buffer.concat([whole.subarray(0, ends[keep - 1]), Uint8Array.of(0, 0x3b)]);
      expect(await refused(cut), `${keep} of ${ends.length}`).toBe('truncated');
    }
    // 2x2 pixels of two colours, minimal code size 2: clear, 0, end of information.
    const early = [...Buffer.from('GIF89a', 'latin1'), 2, 0, 2, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
    const codes = 4 | (0 << 3) | (5 << 6);
    const file = [...early, 0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, codes & 255, codes >> 8, 0, 0x3b];
    expect(await refused(Uint8Array.from(file))).toBe('truncated');
  });

  it('an animated GIF whose later frame is cut gives its first', async () => {
    const frames = [noise(64, 64), noise(64, 64).negate()].map((frame) => frame.png().toBuffer());
    const whole = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    const cut = Buffer.concat([whole.subarray(0, Math.floor(whole.length * 0.8)), Uint8Array.of(0, 0x3b)]);
    expect((await decode(cut)).width).toBeGreaterThan(1);
  });

  it.each([[{}], [{ lossless: true }]])('WebP with its lengths put right (%o)', async (options) => {
    const whole = await noise(120, 120).webp(options).toBuffer();
    const cut = Buffer.from(whole.subarray(0, (whole.length >> 1) & ~1));
    cut.writeUInt32LE(cut.length - 8, 4);
    cut.writeUInt32LE(cut.length - 20, 16);
    expect(await refused(cut)).toMatch(/^truncated or damaged/);
  });

  it('TIFF with its directory first, BMP without its last rows', async () => {
    expect(await refused(tiffFile({ width: 32, height: 32, data: new Uint8Array(900) }))).toMatch(
      /^truncated/,
    );
    expect(await refused(bmpFile({ width: 4, height: 4, bits: 24, data: Array(40).fill(9) }))).toMatch(
      /^truncated/,
    );
  });
});

describe('headers that claim more pixels than the bytes can hold', () => {
  const side = 9000;
  const patched = async (make: Promise<Buffer>, patch: (bytes: Buffer) => void) => {
    const bytes = await make;
    patch(bytes);
    return bytes;
  };
  const lies: [string, () => Promise<Uint8Array>][] = [
    ['JPEG', () => patched(noise(64, 64).jpeg().toBuffer(), (b) => frame(b, 0xc0))],
    ['grey JPEG', () => patched(noise(64, 64).greyscale().jpeg().toBuffer(), (b) => frame(b, 0xc0))],
    [
      'progressive JPEG',
      () => patched(noise(64, 64).jpeg({ progressive: true }).toBuffer(), (b) => frame(b, 0xc2)),
    ],
    ['PNG', async () => pngFile(side, side, 1)],
    ['GIF', () => patched(noise(64, 64).gif().toBuffer(), gif)],
    ['WebP', () => patched(noise(64, 64).webp().toBuffer(), webp)],
    ['TIFF', async () => tiffFile({ width: side, height: side, data: new Uint8Array(1024) })],
    ['BigTIFF', async () => tiffFile({ width: side, height: side, data: new Uint8Array(1024), big: true })],
    [
      'TIFF of the other byte order',
      async () => tiffFile({ width: 90, height: side, data: new Uint8Array(99), littleEndian: false }),
    ],
    ['BMP', async () => bmpFile({ width: side, height: side, bits: 24, data: [1, 2, 3, 0] })],
    [
      'BMP of runs',
      async () =>
        bmpFile({
          width: side,
          height: side,
          bits: 8,
          compression: 1,
          palette: [[1, 2, 3]],
          data: [255, 0, 0, 1],
        }),
    ],
  ];
  function frame(bytes: Buffer, marker: number): void {
    const at = bytes.indexOf(Uint8Array.of(0xff, marker));
    bytes.writeUInt16BE(side, at + 5);
    bytes.writeUInt16BE(side, at + 7);
  }
  function gif(bytes: Buffer): void {
    const { header } = gifFrame(bytes);
    for (const at of [6, 8, header + 5, header + 7]) bytes.writeUInt16LE(side, at);
  }
  function webp(bytes: Buffer): void {
    bytes.writeUInt16LE(side, 26);
    bytes.writeUInt16LE(side, 28);
  }

  it.each(lies)('%s: refused from the header', async (_, make) => {
    expect(await refusal(readHeader(await make()))).toMatch(/^truncated/);
  });

  it('but a picture of one colour is read, however few bytes it takes', async () => {
    const flat = sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#123456' } });
    const files = [
      flat.clone().jpeg({ quality: 1 }),
      flat.clone().jpeg({ quality: 1, progressive: true, optimiseScans: true }),
      flat.clone().greyscale().jpeg({ quality: 1 }),
      flat.clone().png({ compressionLevel: 9 }),
      flat.clone().png({ palette: true, colours: 2 }),
      flat.clone().gif(),
      flat.clone().webp({ quality: 1 }),
      flat.clone().webp({ lossless: true }),
      flat.clone().tiff({ compression: 'lzw' }),
      flat.clone().tiff({ compression: 'deflate' }),
      flat.clone().tiff({ compression: 'packbits' }),
    ];
    for (const file of files) expect(await readHeader(await file.toBuffer())).toMatchObject({ width: 4000 });
  }, 60_000);
});

describe('oddities that harm nothing', () => {
  const data = Uint8Array.from({ length: 32 * 24 }, (_, i) => i % 256);
  const plain = tiffFile({ width: 32, height: 24, data });

  it.each<[string, [number, number, number], object?]>([
    ['0', [3, 1, 0]],
    ['9', [3, 1, 9]],
    ['65535', [3, 1, 65535]],
    ['9 as a byte', [1, 1, 9]],
    ['9 as a long', [4, 1, 9]],
    ['text', [2, 1, 0x61]],
    ['none of it', [3, 0, 6]],
    ['an unknown type', [99, 1, 6]],
    ['9 in the other byte order', [3, 1, 9], { littleEndian: false }],
    ['9 in a BigTIFF', [3, 1, 9], { big: true }],
  ])('TIFF orientation %s: shown as it is stored', async (_, orientation, more = {}) => {
    const odd = tiffFile({ width: 32, height: 24, data, orientation, ...more });
    expect(await readHeader(odd)).toMatchObject({ width: 32, height: 24 });
    const pixels = (bytes: Uint8Array) => decodeRgb(bytes, { width: 32, height: 24, fit: 'fill' });
    expect(await pixels(odd)).toEqual(await pixels(plain));
  });

  it('TIFF orientation 6 still turns, as a short and as a long', async () => {
    for (const type of [3, 4]) {
      const turned = tiffFile({ width: 32, height: 24, data, orientation: [type, 1, 6] });
      expect(await readHeader(turned)).toMatchObject({ width: 24, height: 32 });
    }
  });

  it('an animated AVIF gives its first frame', async () => {
    const red = sharp({ create: { width: 32, height: 24, channels: 3, background: '#f00' } });
    for (const frames of [
      [red, fromGradient(32, 24)],
      [red, fromGradient(32, 24), red.clone().negate()],
    ]) {
      const file = await animatedAvif(frames, 32, 24);
      expect(await readHeader(file)).toEqual({ width: 32, height: 24, format: 'avif' });
      const { pixels } = await decodeRgb(file, { width: 32, height: 24, fit: 'fill' });
      expect([pixels[0], pixels[1], pixels[2]].map((v) => Math.round(v / 16))).toEqual([16, 0, 0]);
    }
  });

  it('an AVIF animation without a still image is refused in words', async () => {
    const file = Buffer.from(await animatedAvif([fromGradient(32, 24), fromGradient(32, 24)], 32, 24));
    file.write('free', file.indexOf('meta'), 'latin1');
    expect(await refused(file)).toMatch(/^an AVIF animation without a still image is not supported/);
  });
});

const photos = join(import.meta.dirname, '../../../../shared/data/photos/clothing-1k');
if (!existsSync(photos))
  console.log('skipped: real photos whole and cut (../shared/data/photos is not here)');
it.skipIf(!existsSync(photos))(
  'real photos (../shared/data): each is read, and none once it is cut',
  async () => {
    const files = readdirSync(photos, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.jpg'),
    );
    expect(files.length).toBeGreaterThan(1000);
    for (const [i, name] of files.entries()) {
      if (i % 10 !== 0) continue;
      const bytes = readFileSync(join(photos, name));
      expect((await decode(bytes)).width, name).toBeGreaterThan(0);
      expect(await refused(cutJpeg(bytes, 0.2 + (0.7 * i) / files.length)), name).toMatch(/truncated/);
    }
  },
  120_000,
);
