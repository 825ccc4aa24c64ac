/** Owns the whole pictures that the attack spoils: every format that is read, in its common kinds, drawn from noise. */
import sharp from 'sharp';
import type { Rng } from '../../../src/core/rng.ts';

export interface Whole {
  name: string;
  bytes: Buffer;
  /** A later frame may be missing: the first is what counts. */
  animated?: boolean;
}

export async function wholePictures(rng: Rng, width = 160, height = 120): Promise<Whole[]> {
  const noise = () =>
    sharp(
      Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)),
      {
        raw: { width, height, channels: 3 },
      },
    );
  const frames = await Promise.all([noise().png().toBuffer(), noise().png().toBuffer()]);
  const kinds: [name: string, made: Promise<Buffer>, animated?: boolean][] = [
    ['baseline.jpg', noise().jpeg().toBuffer()],
    ['progressive.jpg', noise().jpeg({ progressive: true }).toBuffer()],
    ['grey.jpg', noise().greyscale().jpeg({ quality: 95 }).toBuffer()],
    ['cmyk.jpg', noise().toColourspace('cmyk').jpeg().toBuffer()],
    ['rgb.png', noise().png().toBuffer()],
    ['palette.png', noise().png({ palette: true }).toBuffer()],
    ['interlaced.png', noise().png({ progressive: true }).toBuffer()],
    ['still.gif', noise().gif().toBuffer()],
    [
      'animated.gif',
      sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
      true,
    ],
    ['lossy.webp', noise().webp().toBuffer()],
    ['lossless.webp', noise().webp({ lossless: true }).toBuffer()],
    ['plain.tif', noise().tiff({ compression: 'none' }).toBuffer()],
    ['lzw.tif', noise().tiff({ compression: 'lzw' }).toBuffer()],
    ['deflate.tif', noise().tiff({ compression: 'deflate' }).toBuffer()],
    ['still.avif', noise().avif({ effort: 0 }).toBuffer()],
    [
      'rows.bmp',
      noise()
        .raw()
        .toBuffer()
        .then((pixels) => bmp(pixels, width, height)),
    ],
  ];
  return await Promise.all(
    kinds.map(async ([name, made, animated]) => ({ name, bytes: await made, animated })),
  );
}

/** 24 bits a pixel, top row first; a width that is a multiple of 4. */
function bmp(pixels: Uint8Array, width: number, height: number): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(54 + pixels.length, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(-height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  return Buffer.concat([header, pixels]);
}
