import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeRgb, UnreadableImage } from '../../../src/main/images/decode.ts';
import { encodePng, readPngText, withPngText } from '../../../src/main/images/png.ts';
import { gradient } from '../datasets/make.ts';

/** Puts one chunk after the header. */
function withChunk(png: Uint8Array, type: string, data: Buffer): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(8 + body.length);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return new Uint8Array(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
}

describe('png', () => {
  const text = { recipe: 'difficulty', prompt: 'a photo of a Käse 🐱\nline two', seed: '42', empty: '' };

  it('keeps the pixels and the text, in a file that another decoder reads', async () => {
    const pixels = gradient(20, 10);
    const png = await encodePng(pixels, 20, 10, text);
    expect(readPngText(png)).toEqual(text);
    expect([...(await decodeRgb(png, { width: 20, height: 10, fit: 'fill' })).pixels]).toEqual([...pixels]);
    const meta = await sharp(png).metadata();
    expect(meta).toMatchObject({ format: 'png', width: 20, height: 10, channels: 3 });
    expect(meta.comments?.find((c) => c.keyword === 'prompt')?.text).toBe(text.prompt);
    expect(meta.comments?.find((c) => c.keyword === 'seed')?.text).toBe('42');
  });

  it('is the same file for the same input', async () => {
    const [a, b] = await Promise.all([1, 2].map(() => encodePng(gradient(16, 16), 16, 16, text)));
    expect(Buffer.compare(a, b)).toBe(0);
  });

  it('takes grey and RGBA', async () => {
    expect((await sharp(await encodePng(new Uint8Array([1, 2]), 2, 1)).metadata()).channels).toBe(1);
    const rgba = await encodePng(new Uint8Array([1, 2, 3, 4]), 1, 1);
    expect([...(await sharp(rgba).raw().toBuffer())]).toEqual([1, 2, 3, 4]);
  });

  it('reads compressed text of other programs, within bounds', async () => {
    const png = await encodePng(gradient(4, 4), 4, 4);
    const compressed = (value: string) => deflateSync(Buffer.from(value, 'utf8'));
    const ztxt = Buffer.concat([Buffer.from('note\0\0'), compressed('hello')]);
    expect(readPngText(withChunk(png, 'zTXt', ztxt))).toEqual({ note: 'hello' });
    const itxt = Buffer.concat([Buffer.from('note\0\x01\0en\0Notiz\0'), compressed('grün')]);
    expect(readPngText(withChunk(png, 'iTXt', itxt))).toEqual({ note: 'grün' });
    const bomb = Buffer.concat([Buffer.from('note\0\0'), deflateSync(Buffer.alloc(40 << 20))]);
    expect(() => readPngText(withChunk(png, 'zTXt', bomb))).toThrowError(UnreadableImage);
  });

  it('refuses what cannot be written or read', async () => {
    await expect(encodePng(new Uint8Array(5), 2, 1)).rejects.toThrow('5 bytes for 2x1');
    await expect(encodePng(new Uint8Array(3), 1, 1, { 'Ünïcode key': 'x' })).rejects.toThrow('keyword');
    await expect(encodePng(new Uint8Array(3), 1, 1, { key: 'a\0b' })).rejects.toThrow('NUL');
    const png = await encodePng(gradient(4, 4), 4, 4, { a: 'b' });
    expect(() => readPngText(png.subarray(0, 40))).toThrowError('truncated');
    expect(() => readPngText(new Uint8Array(20))).toThrowError('not a PNG file');
  });
});

it('texts are replaced in place, pixels and other texts stay', async () => {
  const png = await encodePng(new Uint8Array(4 * 4 * 3).fill(90), 4, 4, { crux: 'made', note: 'é' });
  const once = withPngText(png, { measured: '0.5' });
  expect(readPngText(once)).toEqual({ crux: 'made', note: 'é', measured: '0.5' });
  const twice = withPngText(once, { measured: '0.75' });
  expect(readPngText(twice)).toEqual({ crux: 'made', note: 'é', measured: '0.75' });
  expect(withPngText(twice, { measured: '0.75' })).toEqual(twice);
  expect(await sharp(twice).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  expect(() => withPngText(png.subarray(0, png.length - 8), { measured: '1' })).toThrow();
});
