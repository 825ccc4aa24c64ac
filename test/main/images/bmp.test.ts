import { describe, expect, it } from 'vitest';
import { decodeBmp } from '../../../src/main/images/bmp.ts';
import { decodeRgb, UnreadableImage } from '../../../src/main/images/decode.ts';
import { bmpFile } from '../datasets/make.ts';

const red = [0, 0, 255];
const green = [0, 255, 0];
const blue = [255, 0, 0];
const RGB = { r: [255, 0, 0], g: [0, 255, 0], b: [0, 0, 255], k: [0, 0, 0] };
const flat = (...names: (keyof typeof RGB)[]): number[] => names.flatMap((n) => RGB[n]);

describe('bmp', () => {
  it('reads 24 bits, rows from the bottom, padded to four bytes', () => {
    const file = bmpFile({
      width: 2,
      height: 2,
      bits: 24,
      data: [...red, ...green, 0, 0, ...blue, ...red, 0, 0],
    });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('b', 'r', 'r', 'g'));
  });

  it('reads rows from the top when the height is negative', () => {
    const file = bmpFile({ width: 1, height: -2, bits: 24, data: [...red, 0, ...blue, 0] });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('r', 'b'));
  });

  it.each([
    [1, [0b01000000, 0, 0, 0], ['r', 'g', 'r']],
    [4, [0x02, 0x10, 0, 0], ['r', 'b', 'g']],
    [8, [2, 0, 1, 0], ['b', 'r', 'g']],
  ] as const)('reads %i-bit palettes', (bits, data, want) => {
    const file = bmpFile({ width: 3, height: 1, bits, palette: [red, green, blue], data: [...data] });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat(...want));
  });

  it('reads the core header with three-byte palette entries', () => {
    const file = bmpFile({
      headerSize: 12,
      width: 2,
      height: 1,
      bits: 8,
      palette: [red, green],
      data: [1, 0, 0, 0],
    });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('g', 'r'));
  });

  it('shows palette indices without an entry as black', () => {
    const file = bmpFile({ width: 1, height: 1, bits: 8, palette: [red], data: [9, 0, 0, 0] });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('k'));
  });

  it('reads 16 bits as 5-5-5, and by masks as 5-6-5', () => {
    const plain = bmpFile({ width: 2, height: 1, bits: 16, data: [0x00, 0x7c, 0xe0, 0x03] });
    expect([...decodeBmp(plain, 100).pixels]).toEqual(flat('r', 'g'));
    const masked = bmpFile({
      width: 2,
      height: 1,
      bits: 16,
      compression: 3,
      masks: [0xf800, 0x07e0, 0x001f],
      data: [0x00, 0xf8, 0x1f, 0x00],
    });
    expect([...decodeBmp(masked, 100).pixels]).toEqual(flat('r', 'b'));
  });

  it('ignores the fourth byte of plain 32 bits and honours an alpha mask', async () => {
    const plain = bmpFile({ width: 1, height: 1, bits: 32, data: [...green, 0] });
    expect([...decodeBmp(plain, 100).pixels]).toEqual(flat('g'));
    const alpha = bmpFile({
      width: 2,
      height: 1,
      bits: 32,
      compression: 6,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      data: [...green, 0, ...blue, 255],
    });
    expect([...decodeBmp(alpha, 100).pixels]).toEqual([0, 255, 0, 0, 0, 0, 255, 255]);
    const { pixels } = await decodeRgb(alpha, { width: 2, height: 1, fit: 'fill', kernel: 'nearest' });
    expect([...pixels]).toEqual([255, 255, 255, 0, 0, 255]);
  });

  it('reads RLE8: runs, literal runs with padding, a jump, ends of line and picture', () => {
    const file = bmpFile({
      width: 4,
      height: 2,
      bits: 8,
      compression: 1,
      palette: [red, green, blue],
      // bottom row: green x3, then a literal run of... one row: 3 run + end; top row: jump 1, literal 2,1,2
      data: [3, 1, 0, 0, 0, 2, 1, 0, 0, 3, 2, 1, 2, 0, 0, 1],
    });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('r', 'b', 'g', 'b', 'g', 'g', 'g', 'r'));
  });

  it('reads RLE4', () => {
    const file = bmpFile({
      width: 5,
      height: 1,
      bits: 4,
      compression: 2,
      palette: [red, green, blue],
      data: [3, 0x12, 0, 3, 0x20, 0x10, 0, 1], // green blue green, then three literals of which the last is padding
    });
    expect([...decodeBmp(file, 100).pixels]).toEqual(flat('g', 'b', 'g', 'b', 'r'));
  });

  it.each([
    [
      'truncated',
      bmpFile({ width: 2, height: 2, bits: 24, data: [...red, ...green, 0, 0, ...blue] }),
      'truncated',
    ],
    [
      'a bomb',
      bmpFile({ width: 60000, height: 60000, bits: 24, data: [0] }),
      'too large: 60000x60000 pixels',
    ],
    ['zero width', bmpFile({ width: 0, height: 2, bits: 24, data: [] }), 'a size of 0x2 pixels'],
    ['an odd depth', bmpFile({ width: 1, height: 1, bits: 7, data: [0] }), '7 bits per pixel'],
    [
      'embedded PNG',
      bmpFile({ width: 1, height: 1, bits: 24, compression: 5, data: [0] }),
      'embedded JPEG or PNG',
    ],
    [
      'runs that leave the picture',
      bmpFile({ width: 2, height: 1, bits: 8, compression: 1, palette: [red], data: [9, 0, 0, 1] }),
      'leave the picture',
    ],
    [
      'runs without end',
      bmpFile({ width: 2, height: 2, bits: 8, compression: 1, palette: [red], data: [2, 0] }),
      'truncated',
    ],
  ])('refuses %s', (_name, file, reason) => {
    expect(() => decodeBmp(file, 1_000_000)).toThrowError(UnreadableImage);
    expect(() => decodeBmp(file, 1_000_000)).toThrowError(reason);
  });
});
