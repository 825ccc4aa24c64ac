import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '../../../src/main/files/hash.ts';
import {
  decodeRgb,
  examineImage,
  makeThumbnail,
  probeImage,
  reasonOf,
  UnreadableImage,
} from '../../../src/main/images/decode.ts';
import { asUnreadable } from '../../../src/main/images/errors.ts';
import { bmpFile, fromGradient, gradient } from '../datasets/make.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'crux-decode-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function put(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, bytes);
  return file;
}

const native = (file: string | Uint8Array, width: number, height: number) =>
  decodeRgb(file, { width, height, fit: 'fill' });

function worst(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), 0);
}

const pixelAt = (image: { width: number; pixels: Uint8Array }, x: number, y: number): number[] => [
  ...image.pixels.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
];

async function reason(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(UnreadableImage);
  return error.reason;
}

describe('formats', () => {
  it.each([
    ['jpeg', () => fromGradient(32, 24).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }), 6],
    ['png', () => fromGradient(32, 24).png(), 0],
    ['webp', () => fromGradient(32, 24).webp({ lossless: true }), 0],
    ['gif', () => fromGradient(32, 24).gif({ dither: 0 }), 40],
    ['tiff', () => fromGradient(32, 24).tiff({ compression: 'lzw' }), 0],
    ['avif', () => fromGradient(32, 24).avif({ lossless: true }), 3],
  ] as const)('%s comes out with its size, format and colours', async (format, make, tolerance) => {
    const file = await put(`a.${format}`, await make().toBuffer());
    expect(await probeImage(file)).toEqual({ width: 32, height: 24, format });
    const image = await native(file, 32, 24);
    expect([image.width, image.height]).toEqual([32, 24]);
    expect(worst(image.pixels, gradient(32, 24))).toBeLessThanOrEqual(tolerance);
  });

  it('bmp is read through the same door', async () => {
    const file = await put('a.bmp', bmpFile({ width: 1, height: 1, bits: 24, data: [10, 20, 30, 0] }));
    expect(await probeImage(file)).toEqual({ width: 1, height: 1, format: 'bmp' });
    expect([...(await native(file, 1, 1)).pixels]).toEqual([30, 20, 10]);
  });

  it('the name does not matter, the content does', async () => {
    const file = await put('really-a-png.jpg', await fromGradient(8, 8).png().toBuffer());
    expect((await probeImage(file)).format).toBe('png');
  });
});

describe('pixels', () => {
  // EXIF orientation -> where the stored top-left corner is seen: [right side?, bottom side?]
  it.each([
    [1, false, false],
    [2, true, false],
    [3, true, true],
    [4, false, true],
    [5, false, false],
    [6, true, false],
    [7, true, true],
    [8, false, true],
  ])('EXIF orientation %i is applied', async (orientation, right, bottom) => {
    const file = await fromGradient(32, 16).withMetadata({ orientation }).png().toBuffer();
    const path = await put(`o${orientation}.png`, file);
    const turned = orientation >= 5;
    expect(await probeImage(path)).toMatchObject({ width: turned ? 16 : 32, height: turned ? 32 : 16 });
    const image = await decodeRgb(path, { width: 32, height: 32, fit: 'inside' });
    expect([image.width, image.height]).toEqual(turned ? [16, 32] : [32, 16]);
    const corner = pixelAt(image, right ? image.width - 1 : 0, bottom ? image.height - 1 : 0);
    expect(corner[0]).toBeLessThan(6);
    expect(corner[1]).toBeLessThan(6);
  });

  it('CMYK becomes sRGB with its colours in place', async () => {
    const squares = [
      [220, 30, 30],
      [40, 140, 60],
      [40, 60, 150],
      [240, 240, 240],
      [20, 20, 20],
    ];
    for (const [r, g, b] of squares) {
      const rgb = sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } });
      const file = await rgb.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
      expect((await sharp(file).metadata()).space).toBe('cmyk');
      const pixel = pixelAt(await native(file, 16, 16), 8, 8);
      // Process inks cannot show every colour: near is right, inverted or channel-swapped is not.
      expect(
        Math.hypot(pixel[0] - r, pixel[1] - g, pixel[2] - b),
        `${[r, g, b]} became ${pixel}`,
      ).toBeLessThan(60);
    }
  });

  it.each(['png', 'tiff'] as const)('16 bits (%s) are scaled to 8, not clipped', async (format) => {
    const wide = new Uint16Array([0, 0x4000, 0x8000, 0xffff].flatMap((v) => [v, v, v]));
    const file = await sharp(wide, { raw: { width: 4, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .toFormat(format, format === 'tiff' ? { compression: 'lzw' } : {})
      .toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    const { pixels } = await decodeRgb(file, { width: 4, height: 1, fit: 'fill', kernel: 'nearest' });
    const want = [0, 64, 128, 255];
    for (let i = 0; i < 12; i++) expect(Math.abs(pixels[i] - want[Math.floor(i / 3)])).toBeLessThanOrEqual(1);
  });

  it('grey comes out as three equal channels', async () => {
    const file = await sharp(new Uint8Array([0, 100, 255, 7]), { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toBuffer();
    expect([...(await native(file, 2, 2)).pixels]).toEqual([0, 0, 0, 100, 100, 100, 255, 255, 255, 7, 7, 7]);
  });

  it('transparency is shown on white', async () => {
    const rgba = new Uint8Array([255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 128, 0, 0, 255, 255]);
    const file = await sharp(rgba, { raw: { width: 2, height: 2, channels: 4 } })
      .png()
      .toBuffer();
    const image = await native(file, 2, 2);
    expect(pixelAt(image, 0, 0)).toEqual([255, 255, 255]);
    expect(pixelAt(image, 1, 0)).toEqual([255, 0, 0]);
    expect(Math.abs(pixelAt(image, 0, 1)[0] - 127)).toBeLessThanOrEqual(1);
  });

  it.each(['gif', 'webp'] as const)('an animated %s gives its first frame', async (format) => {
    const frame = (r: number, g: number) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b: 0 } } })
        .png()
        .toBuffer();
    const file = await sharp([await frame(255, 0), await frame(0, 255)], { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    const path = await put(`two.${format}`, file);
    expect(await probeImage(path)).toMatchObject({ width: 8, height: 8 });
    const [r, g] = pixelAt(await native(path, 8, 8), 4, 4);
    expect(r).toBeGreaterThan(240);
    expect(g).toBeLessThan(15);
  });

  it('each fit does what it says', async () => {
    const file = await fromGradient(40, 20).png().toBuffer();
    const at = async (fit: 'cover' | 'contain' | 'fill' | 'inside') =>
      decodeRgb(file, { width: 20, height: 20, fit });
    const cover = await at('cover');
    expect(pixelAt(cover, 0, 10)[0]).toBeGreaterThan(50); // the sides are cut off
    const contain = await at('contain');
    expect(pixelAt(contain, 10, 0)).toEqual([255, 255, 255]); // padded above and below
    const fill = await at('fill');
    expect(pixelAt(fill, 0, 10)[0]).toBeLessThan(12);
    const inside = await at('inside');
    expect([inside.width, inside.height]).toEqual([20, 10]);
  });
});

describe('refusals', () => {
  it('says what is wrong in words', async () => {
    const jpeg = await fromGradient(200, 200).jpeg().toBuffer();
    const png = await fromGradient(200, 200).png().toBuffer();
    const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));
    const examine = async (name: string, bytes: Uint8Array) =>
      reason(examineImage(await put(name, bytes), null));
    expect(await examine('empty.jpg', new Uint8Array(0))).toBe('empty file');
    expect(await examine('half.jpg', half(jpeg))).toBe('truncated');
    expect(await examine('half.png', half(png))).toBe('truncated');
    expect(await examine('almost.png', png.subarray(0, png.length - 4))).toBe('truncated');
    expect(await examine('text.jpg', Buffer.from('hello, I am a text'))).toBe('not an image: a text file');
    expect(await examine('page.png', Buffer.from('<!DOCTYPE html><p>404'))).toBe(
      'a web page (HTML), not the file itself; download it again, signed in where the site wants it',
    );
    expect(await examine('noise.jpg', Buffer.from([1, 2, 3, 4, 5, 6]))).toBe('not an image');
    expect(await examine('a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toMatch(
      /vector drawing/,
    );
    const flipped = Buffer.from(png);
    flipped[Math.floor(png.length / 2)] ^= 0xff;
    expect(await examine('flipped.png', flipped)).toMatch(/^damaged/);
    expect(await reason(probeImage(join(dir, 'nowhere.png')))).toBe('no such file');
    expect(await reason(probeImage(dir))).toBe('a folder, not a file');
  });

  it.each(['png', 'jpeg', 'webp', 'tiff', 'gif'] as const)(
    'a %s above the limit is refused',
    async (format) => {
      const file = await put(`big.${format}`, await fromGradient(64, 64).toFormat(format).toBuffer());
      expect(await reason(probeImage(file, { maxPixels: 4000 }))).toBe(
        'too large: 64x64 pixels, limit 4000 pixels',
      );
      expect(
        await reason(decodeRgb(file, { width: 8, height: 8, fit: 'fill' }, { maxPixels: 4000 })),
      ).toMatch(/too large/);
    },
  );

  it('a PNG bomb is refused by its header, a GIF bomb by its screen', async () => {
    const png = Buffer.from(await fromGradient(8, 8).png().toBuffer());
    png.writeUInt32BE(50000, 16);
    png.writeUInt32BE(50000, 20);
    expect(await reason(probeImage(await put('bomb.png', png)))).toBe(
      'too large: 50000x50000 pixels, limit 100 megapixels',
    );
    const gif = Buffer.from(await fromGradient(8, 8).gif().toBuffer());
    gif.writeUInt16LE(65535, 6);
    gif.writeUInt16LE(65535, 8);
    expect(await reason(probeImage(await put('bomb.gif', gif)))).toMatch(/^too large: 65535x65535/);
  });

  it.skipIf(process.platform === 'win32')('a named pipe is refused at once', async () => {
    const pipe = join(dir, 'pipe.jpg');
    execFileSync('mkfifo', [pipe]);
    expect(await reason(probeImage(pipe))).toBe('not a regular file');
  });

  it('a file above the byte limit is refused before it is read', async () => {
    const file = await put(
      'fat.png',
      Buffer.concat([await fromGradient(8, 8).png().toBuffer(), Buffer.alloc(3 << 20)]),
    );
    expect(await reason(probeImage(file, { maxFileBytes: 1 << 20 }))).toBe(
      'too large: a file of 3 MiB, limit 1 MiB',
    );
  });

  it.each([
    [3, 'float', [0, 0.5, 1]],
    [1, 'uint', [0, 1 << 30, 5]],
    [2, 'int', [0, -5, 5]],
  ] as const)(
    'TIFF samples of format %i (32-bit %s) are refused, not shown black',
    async (format, name, samples) => {
      const file = await put('wide.tif', tiffFile(32, format, [...samples]));
      expect(await reason(probeImage(file))).toBe(
        `${name} samples are not supported; convert it to 8 or 16 bits`,
      );
    },
  );

  it('a decode that takes too long is abandoned', async () => {
    const slow = await fromGradient(3000, 3000).png().toBuffer();
    const got = await reason(decodeRgb(slow, { width: 3000, height: 3000, fit: 'fill' }, { timeoutMs: 5 }));
    expect(got).toBe('took longer than 0.005 s to decode');
  });

  it('each of many side by side gets its own reason', async () => {
    const good = await fromGradient(300, 300).jpeg().toBuffer();
    const cut = good.subarray(0, Math.floor(good.length / 2));
    const noHeader = Buffer.from([0xff, 0xd8, 0xff, 0xd9, 0, 0, 0, 0]);
    const flipped = Buffer.from(await fromGradient(300, 300).png().toBuffer());
    flipped[Math.floor(flipped.length / 2)] ^= 0xff;
    const decode = (bytes: Uint8Array) =>
      decodeRgb(bytes, { width: 64, height: 64, fit: 'fill' }).then(() => 'fine', reasonOf);
    // What libvips says of flipped bits varies in detail from run to run; whose reason it is does not.
    const kinds = [/^fine$/, /^truncated$/, /^damaged: the header/, /^damaged(?!: the header)/];
    const files = [good, cut, noHeader, flipped];
    const together = await Promise.all(Array.from({ length: 60 }, (_, i) => decode(files[i % 4])));
    for (const [i, reason] of together.entries()) expect(reason, `file ${i}`).toMatch(kinds[i % 4]);
    for (const [i, file] of files.entries()) expect(await decode(file)).toMatch(kinds[i]);
  });

  it('a wrong argument is not blamed on the image', async () => {
    const file = await fromGradient(8, 8).png().toBuffer();
    const error = await decodeRgb(file, { width: -1, height: 8, fit: 'fill' }).catch((e) => e);
    expect(error).not.toBeInstanceOf(UnreadableImage);
    expect(error.message).toMatch(/positive integer/);
  });

  it('a foreign error keeps its words', () => {
    expect(asUnreadable(new Error('strange thing\nsecond line')).reason).toBe('damaged: strange thing');
  });
});

describe('thumbnails', () => {
  it.each(['webp', 'jpg'] as const)(
    '%s: upright, small, without metadata, no leftovers',
    async (extension) => {
      const source = await put(
        'photo.jpg',
        await fromGradient(800, 400)
          .withExif({ IFD0: { Copyright: 'someone' } })
          .withMetadata({ orientation: 6 })
          .jpeg()
          .toBuffer(),
      );
      const out = join(dir, `thumb.${extension}`);
      const made = await makeThumbnail(source, out);
      expect(made).toMatchObject({ width: 128, height: 256 });
      const written = await readFile(out);
      expect(made.bytes).toBe(written.length);
      const meta = await sharp(written).metadata();
      expect([meta.format, meta.width, meta.height]).toEqual([
        extension === 'jpg' ? 'jpeg' : 'webp',
        128,
        256,
      ]);
      expect([meta.exif, meta.icc, meta.xmp, meta.orientation]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  it('never enlarges and leaves nothing behind for a broken file', async () => {
    const small = await put('small.png', await fromGradient(10, 6).png().toBuffer());
    expect(await makeThumbnail(small, join(dir, 'small.webp'))).toMatchObject({ width: 10, height: 6 });
    const broken = await put(
      'broken.jpg',
      (await fromGradient(300, 300).jpeg().toBuffer()).subarray(0, 2000),
    );
    await expect(makeThumbnail(broken, join(dir, 'broken.webp'))).rejects.toThrow(UnreadableImage);
    expect(await readdir(dir)).not.toContain('broken.webp');
    await expect(makeThumbnail(small, join(dir, 'small.bmp'))).rejects.toThrow(
      /^makeThumbnail: .*wanted .webp or .jpg/,
    );
  });

  it('examineImage reads once and agrees with the separate functions', async () => {
    const bytes = await fromGradient(300, 200).jpeg().toBuffer();
    const file = await put('once.jpg', bytes);
    const found = await examineImage(file, { out: join(dir, 'once.webp'), maxSide: 96 });
    expect(found).toMatchObject({ width: 300, height: 200, format: 'jpeg', fileBytes: bytes.length });
    expect(found.thumbnail).toMatchObject({ width: 96, height: 64 });
    expect(found.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await hashFile(file)).toBe(found.sha256);
  });
});

/** A one-row grey TIFF of 32-bit samples; `sampleFormat` 1 unsigned, 2 signed, 3 floating point. */
function tiffFile(bits: 32, sampleFormat: 1 | 2 | 3, samples: number[]): Uint8Array {
  const tags: [number, number, number][] = [
    [256, 4, samples.length], // width
    [257, 4, 1], // height
    [258, 3, bits],
    [259, 3, 1], // no compression
    [262, 3, 1], // black is zero
    [273, 4, 8], // where the data starts
    [277, 3, 1], // samples per pixel
    [278, 4, 1], // rows per strip
    [279, 4, samples.length * 4],
    [339, 3, sampleFormat],
  ];
  const directory = 8 + samples.length * 4;
  const file = Buffer.alloc(directory + 2 + tags.length * 12 + 4);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(directory, 4);
  samples.forEach((v, i) => {
    if (sampleFormat === 3) file.writeFloatLE(v, 8 + i * 4);
    else file.writeInt32LE(v, 8 + i * 4);
  });
  file.writeUInt16LE(tags.length, directory);
  tags.forEach(([tag, type, value], i) => {
    const at = directory + 2 + i * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  return new Uint8Array(file);
}
