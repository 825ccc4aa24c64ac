/**
 * Owns: what the engine asks of an image file: its size, its pixels, its thumbnail.
 * JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF; first frame, EXIF orientation applied, any colour space to sRGB, 16 bits
 * to 8, transparency on white. Strict: a file whose data ends early or is damaged is refused, never half shown.
 * Every fault of a file is an UnreadableImage; callers list it and go on. What else is thrown is no file's fault. Paths are in the form of `fs-names.ts`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Sharp } from 'sharp';
import type { RgbImage } from '../../core/images/resample.ts';
import { fsPath } from '../files/fs-names.ts';
import {
  BACKGROUND,
  type Decoded,
  readHeader,
  readImageBytes,
  runPipeline,
  withWholePixels,
} from './codec.ts';
import type { DecodeLimits } from './errors.ts';
import type { ImageFormat } from './sniff.ts';

export { DEFAULT_LIMITS, type DecodeLimits, readingFile, reasonOf, UnreadableImage } from './errors.ts';

export interface ImageInfo {
  width: number; // pixels, after EXIF orientation
  height: number;
  format: ImageFormat;
}

export interface DecodeSize {
  width: number;
  height: number;
  /** cover: fill and crop centrally; contain: fit and pad with white; fill: stretch; inside: fit, no padding. */
  fit: 'cover' | 'contain' | 'fill' | 'inside';
  kernel?: 'lanczos3' | 'cubic' | 'nearest'; // default lanczos3
}

/** Size and format from the header; does not decode, so a damaged body is found only by the functions below. */
export async function probeImage(file: string, limits: DecodeLimits = {}): Promise<ImageInfo> {
  return await readHeader(await readImageBytes(file, limits), limits);
}

/** -> u8[height,width,3], RGB. With fit 'inside' one side may come out smaller than asked. */
export async function decodeRgb(
  file: string | Uint8Array,
  size: DecodeSize,
  limits: DecodeLimits = {},
): Promise<RgbImage> {
  const bytes = typeof file === 'string' ? await readImageBytes(file, limits) : file;
  const { data, info } = await runPipeline(bytes, limits, (pipeline) =>
    pipeline
      .resize(size.width, size.height, {
        fit: size.fit,
        kernel: size.kernel ?? 'lanczos3',
        background: BACKGROUND,
      })
      .removeAlpha()
      .raw({ depth: 'uchar' }),
  );
  return rgbOf({ data, info });
}

function rgbOf({ data, info }: Pick<Decoded, 'data' | 'info'>): RgbImage {
  const { width, height, channels } = info;
  if (channels !== 3) throw new Error(`decodeRgb: got ${channels} channels, expected 3`);
  return { width, height, pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * What `use` makes of the whole image at its own size, as u8[height,width,3] RGB. It is held no longer than `use` runs,
 * and large ones one at a time.
 */
export async function decodeWhole<T>(bytes: Uint8Array, use: (image: RgbImage) => T): Promise<T> {
  return await withWholePixels(bytes, {}, (decoded) => use(rgbOf(decoded)));
}

export interface Thumbnail {
  width: number;
  height: number;
  bytes: number; // size of the written file
}

/**
 * Writes a thumbnail whose longer side is at most `maxSide` (never enlarged), without any metadata. `out` ends in
 * `.webp` (quality 80) or `.jpg` (quality 85; faster, a third larger); it appears whole or not at all.
 */
export async function makeThumbnail(
  file: string | Uint8Array,
  out: string,
  maxSide = 256,
  limits: DecodeLimits = {},
): Promise<Thumbnail> {
  const bytes = typeof file === 'string' ? await readImageBytes(file, limits) : file;
  const { data, info } = await runPipeline(bytes, limits, (pipeline) =>
    encodeThumbnail(pipeline, out, maxSide),
  );
  await writeAtomically(out, data);
  return { width: info.width, height: info.height, bytes: data.length };
}

function encodeThumbnail(pipeline: Sharp, out: string, maxSide: number): Sharp {
  const small = pipeline.resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true });
  const extension = extname(out).toLowerCase();
  if (extension === '.webp') return small.webp({ quality: 80, effort: 2 });
  if (extension === '.jpg' || extension === '.jpeg') return small.jpeg({ quality: 85 });
  throw new Error(`makeThumbnail: ${extension || 'no'} extension in ${out}, wanted .webp or .jpg`);
}

export interface ExaminedImage extends ImageInfo {
  sha256: string; // of the file's bytes, as hashFile gives
  fileBytes: number;
  thumbnail: Thumbnail | null;
}

/**
 * What an import needs, with the file read once: header facts, content hash, and a full decode (into a thumbnail
 * when asked), so that a damaged body is found now and not during training.
 */
export async function examineImage(
  file: string | Uint8Array,
  thumbnail: { out: string; maxSide?: number } | null,
  limits: DecodeLimits = {},
): Promise<ExaminedImage> {
  const bytes = typeof file === 'string' ? await readImageBytes(file, limits) : file;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const maxSide = thumbnail?.maxSide ?? 256;
  const { data, info, header } = await runPipeline(
    bytes,
    limits,
    (upright, { width, height }) => {
      // Cutting out the whole keeps the decoder from shrinking while it loads, which loses an error in the last rows.
      const pipeline = upright.extract({ left: 0, top: 0, width, height });
      return thumbnail
        ? encodeThumbnail(pipeline, thumbnail.out, maxSide)
        : pipeline.resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true }).raw();
    },
    true,
  );
  if (thumbnail) await writeAtomically(thumbnail.out, data);
  return {
    ...header,
    sha256,
    fileBytes: bytes.length,
    thumbnail: thumbnail ? { width: info.width, height: info.height, bytes: data.length } : null,
  };
}

/** Temporary neighbour, then rename: a reader sees the old file, the new one or none. */
async function writeAtomically(out: string, data: Uint8Array): Promise<void> {
  const temporary = `${out}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(fsPath(temporary), 'wx');
    try {
      await handle.writeFile(data);
    } finally {
      await handle.close();
    }
    await rename(fsPath(temporary), fsPath(out));
  } catch (error) {
    await rm(fsPath(temporary), { force: true });
    throw error;
  }
}
