/**
 * Owns: the codec library (sharp) and its process-wide settings; nothing else imports sharp for reading files.
 * Turns bytes into a sharp pipeline that is upright, opaque and sRGB, after the header has been checked.
 *
 * Memory: sharp's operation cache is off, and only the seven formats' loaders are allowed, whatever the bytes
 * claim to be. Decodes that need more than HEAVY_BYTES pass one at a time, so that peak memory
 * does not grow with the caller's concurrency (which is the caller's to choose; the number of useful parallel
 * decodes is libuv's pool, 4).
 */
import sharp, { type Metadata, type OutputInfo, type Sharp, type SharpOptions } from 'sharp';
import { openUserFile, readSpanOf } from '../files/user-file.ts';
import { withStillBrand } from './avif.ts';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import {
  asUnreadable,
  cannotHold,
  DEFAULT_LIMITS,
  type DecodeLimits,
  tooLarge,
  UnreadableImage,
} from './errors.ts';
import { requireWholeGif } from './gif.ts';
import { hasShortUnits, pictureDataOnly, requireAllScans } from './jpeg.ts';
import { requireWholePng } from './png.ts';
import { SharedLock } from './shared-lock.ts';
import { mostPixels } from './size-claims.ts';
import { type ImageFormat, SNIFF_BYTES, sniffFormat } from './sniff.ts';
import { withUsualOrientation } from './tiff.ts';

/** Estimated working memory of a decode, in bytes, above which it waits for its turn. */
const HEAVY_BYTES = 80_000_000;
/** The AVIF decoder holds a whole picture several times over, 18 bytes a pixel measured: 50 megapixels are 0.9 GB. */
const MAX_AVIF_PIXELS = 50_000_000;

/** Transparent pixels are shown on white. */
export const BACKGROUND = { r: 255, g: 255, b: 255 };

sharp.cache(false);
// Second fence behind `sniffFormat`: no loader but these runs, so that an SVG or a VIPS file inside a disguise
// cannot start one (SVG can be made to take unbounded time).
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});

/** Header facts. `width` and `height` are as a person sees the image: after EXIF orientation. */
export interface Header {
  width: number;
  height: number;
  format: ImageFormat;
}

/** The whole file, refused before reading when it is not a regular file, empty, too big or not an image. */
export async function readImageBytes(file: string, limits: DecodeLimits = {}): Promise<Buffer> {
  const maxFileBytes = limits.maxFileBytes ?? DEFAULT_LIMITS.maxFileBytes;
  try {
    const { handle, size } = await openUserFile(file, { maxBytes: maxFileBytes });
    try {
      if (size === 0) throw new UnreadableImage('empty file');
      const head = Buffer.alloc(Math.min(SNIFF_BYTES, size));
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      const sniffed = sniffFormat(head.subarray(0, bytesRead));
      if (sniffed.format === null) throw new UnreadableImage(sniffed.reason);
      return await readSpanOf(handle, file, 0, size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** Format and upright size from the header alone; refuses what is too large. No pixel is decoded. */
export async function readHeader(bytes: Uint8Array, limits: DecodeLimits = {}): Promise<Header> {
  const timeoutMs = limits.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  return (await withTrueReason(() => deadline(parseHeader(acceptable(bytes), limits), timeoutMs))).header;
}

/** The file as the codec library takes it: what it needlessly refuses is put right, in a copy. */
function acceptable(bytes: Uint8Array): Uint8Array {
  const { format } = sniffFormat(bytes.subarray(0, SNIFF_BYTES));
  if (format === 'tiff') return withUsualOrientation(bytes);
  return format === 'avif' ? withStillBrand(bytes) : bytes;
}

interface ParsedHeader {
  header: Header;
  workingBytes: number; // estimate of what decoding holds at once
}

async function parseHeader(bytes: Uint8Array, limits: DecodeLimits): Promise<ParsedHeader> {
  const maxPixels = limits.maxPixels ?? DEFAULT_LIMITS.maxPixels;
  const sniffed = sniffFormat(bytes.subarray(0, SNIFF_BYTES));
  if (sniffed.format === null) throw new UnreadableImage(sniffed.reason);
  const { format } = sniffed;
  const allowed = format === 'avif' ? Math.min(maxPixels, MAX_AVIF_PIXELS) : maxPixels;
  const facts =
    format === 'bmp' ? { ...readBmpHeader(bytes), pixelBytes: 8 } : await codecHeader(bytes, format, allowed);
  const { width, height, pixelBytes } = facts;
  if (!(width > 0 && height > 0)) throw new UnreadableImage(`damaged: a size of ${width}x${height} pixels`);
  if (width * height > allowed) throw tooLarge(width, height, allowed);
  if (width * height > mostPixels(bytes, format)) throw cannotHold(bytes.length, width, height);
  return { header: { width, height, format }, workingBytes: bytes.length + width * height * pixelBytes };
}

async function codecHeader(
  bytes: Uint8Array,
  format: Exclude<ImageFormat, 'bmp'>,
  maxPixels: number,
): Promise<{ width: number; height: number; pixelBytes: number }> {
  if (format === 'png') requireWholePng(bytes, maxPixels);
  if (format === 'gif') requireWholeGif(bytes, maxPixels); // its library reads the whole file to open it
  if (format === 'jpeg') requireAllScans(bytes);
  const meta = await open(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  if (meta.depth !== 'uchar' && meta.depth !== 'ushort') {
    // Black and white points of wider or signed samples are not in the file: mapping them would be a guess.
    throw new UnreadableImage(`${meta.depth} samples are not supported; convert it to 8 or 16 bits`);
  }
  const { width, height } = meta.autoOrient;
  return { width, height, pixelBytes: workingBytesPerPixel(format, meta) };
}

/**
 * Measured on pictures of 25 to 98 megapixels. Baseline JPEG and plain PNG stream through in strips; progressive and
 * interlaced ones are held whole before the first row can be used.
 */
function workingBytesPerPixel(format: Exclude<ImageFormat, 'bmp'>, meta: Metadata): number {
  if (format === 'jpeg') return meta.isProgressive ? 4 : 1;
  if (format === 'png')
    return meta.isProgressive ? (meta.channels ?? 4) * (meta.depth === 'ushort' ? 2 : 1) + 1 : 1;
  return { webp: 5, gif: 5, tiff: 4, avif: 18 }[format];
}

export interface Decoded {
  header: Header;
  data: Buffer;
  info: OutputInfo;
}

/**
 * Runs a pipeline of the first frame that comes out upright, opaque and sRGB; `finish` adds the resize and the output
 * format. `thorough`: the file is read for the first time. Throws UnreadableImage; what `finish` itself throws (a wrong
 * argument) comes through as it is.
 */
export const runPipeline = (
  file: Uint8Array,
  limits: DecodeLimits,
  finish: (pipeline: Sharp, header: Header) => Sharp,
  thorough = false,
): Promise<Decoded> =>
  decodeThen(file, limits, { finish, thorough, outputBytes: 0, use: (decoded) => decoded });

/** The whole first frame, u8[height,width,3], given to `use` while the decode still counts as one that holds memory. */
export const withWholePixels = <T>(
  file: Uint8Array,
  limits: DecodeLimits,
  use: (decoded: Decoded) => T,
): Promise<T> =>
  decodeThen(file, limits, {
    finish: (pipeline) => pipeline.removeAlpha().raw({ depth: 'uchar' }),
    thorough: false,
    outputBytes: 3,
    use: (decoded) => callersOwn(() => use(decoded)),
  });

interface Decoding<T> {
  finish: (pipeline: Sharp, header: Header) => Sharp;
  thorough: boolean;
  /** Bytes of what comes out for each pixel of the file, where it is not made small. */
  outputBytes: number;
  use: (decoded: Decoded) => T;
}

async function decodeThen<T>(
  file: Uint8Array,
  limits: DecodeLimits,
  { finish, thorough, outputBytes, use }: Decoding<T>,
): Promise<T> {
  const timeoutMs = limits.timeoutMs ?? DEFAULT_LIMITS.timeoutMs;
  const maxPixels = limits.maxPixels ?? DEFAULT_LIMITS.maxPixels;
  return await withTrueReason(async (again) => {
    const bytes = acceptable(file);
    const { header, workingBytes } = await deadline(parseHeader(bytes, limits), timeoutMs);
    const run = async (): Promise<T> => {
      const failOn = header.format === 'jpeg' && !again ? 'warning' : 'error';
      if (header.format === 'jpeg' && again) await deadline(requireWholeData(bytes, maxPixels), timeoutMs);
      const upright = openPipeline(bytes, header.format, maxPixels, failOn)
        // Stops the native side between regions; the race below covers a loader that never yields.
        .timeout({ seconds: Math.min(3600, Math.max(1, Math.ceil(timeoutMs / 1000))) })
        .autoOrient()
        .flatten({ background: BACKGROUND })
        .toColourspace('srgb');
      const pipeline = callersOwn(() => finish(upright, header));
      const made = await deadline(pipeline.toBuffer({ resolveWithObject: true }), timeoutMs);
      const tail = thorough && !again && header.format === 'jpeg' && hasShortUnits(bytes);
      if (tail && (await deadline(warnsOf(bytes, maxPixels), timeoutMs))) throw new Error('warned');
      return use({ header, ...made });
    };
    const bytesHeld = workingBytes + header.width * header.height * outputBytes;
    return await (bytesHeld > HEAVY_BYTES ? inHeavyLane(run) : run());
  });
}

/** Warnings of the codec so far, whichever file they were about: those of files side by side come out mixed. */
let warnings = 0;
let lastWarning = '';

function open(bytes: Uint8Array, options: SharpOptions): Sharp {
  return sharp(bytes, options).on('warning', (text: string) => {
    warnings += 1;
    if (lostData.test(text)) lastWarning = text;
  });
}

/** libjpeg's words for data that is missing or makes no sense; what else it warns of loses nothing. */
const lostData = /premature end|bad huffman|instead of rst/i;

/*
 * 'error' refuses truncated and broken data but lets harmless oddities (a wrong JFIF version) pass. In a JPEG it lets pass
 * too that data is missing before an end marker: what is missing comes out grey, with a warning. So a JPEG is
 * decoded under 'warning', and when one came looked at once more. An error in the last rows that are read is lost by
 * libvips; a warning under 'error' is not. Where those rows are no more than eight (no component is
 * sampled more coarsely downwards), an import looks for that as well.
 */

/** Whether the codec warned of anything while it read all rows in full. */
async function warnsOf(bytes: Uint8Array, limitInputPixels: number): Promise<boolean> {
  const before = warnings;
  const image = open(bytes, { failOn: 'error', limitInputPixels, sequentialRead: true });
  const { width } = await image.metadata();
  await image.resize(width, 1, { fit: 'fill' }).raw().toBuffer();
  return warnings > before;
}

/** Nothing else decodes meanwhile. @throws when data is missing in the picture itself, application segments aside. */
async function requireWholeData(bytes: Uint8Array, limitInputPixels: number): Promise<void> {
  const data = pictureDataOnly(bytes);
  lastWarning = '';
  if ((await warnsOf(data, limitInputPixels)) && lastWarning !== '') throw new Error(lastWarning);
  const image = open(data, { failOn: 'warning', limitInputPixels, sequentialRead: true });
  const { width } = await image.metadata();
  await image
    .resize(width, 1, { fit: 'fill' })
    .raw()
    .toBuffer()
    .catch((error: Error) => {
      if (lostData.test(error.message)) throw error;
    });
}

function openPipeline(
  bytes: Uint8Array,
  format: ImageFormat,
  maxPixels: number,
  failOn: 'error' | 'warning',
): Sharp {
  if (format === 'bmp') {
    const { width, height, channels, pixels } = decodeBmp(bytes, maxPixels);
    return sharp(pixels, { raw: { width, height, channels }, limitInputPixels: maxPixels });
  }
  // One page, so that animated files give their first frame.
  return open(bytes, { failOn, limitInputPixels: maxPixels, sequentialRead: true, pages: 1 });
}

/** An error of the caller's making, on its way past the translation into "this image is unreadable". */
class CallersError extends Error {
  constructor(cause: unknown) {
    super('caller', { cause });
  }
}

function callersOwn<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CallersError(error);
  }
}

const alone = new SharedLock();

/**
 * libvips keeps one error text for the whole process: with decodes side by side, a failure may carry another file's words
 * or none. So a failure is tried again while nothing else decodes, and that second reason is the one told.
 */
async function withTrueReason<T>(work: (again: boolean) => Promise<T>): Promise<T> {
  try {
    return await alone
      .shared(() => work(false))
      .catch((error) => {
        if (error instanceof UnreadableImage || error instanceof CallersError) throw error;
        return alone.exclusive(() => work(true));
      });
  } catch (error) {
    throw error instanceof CallersError ? error.cause : asUnreadable(error);
  }
}

let heavyTail: Promise<unknown> = Promise.resolve();

/** One at a time, in order of arrival. */
function inHeavyLane<T>(run: () => Promise<T>): Promise<T> {
  const turn = heavyTail.then(run, run);
  heavyTail = turn.catch(() => undefined);
  return turn;
}

/** Rejects after `timeoutMs`; the abandoned work's own outcome is then ignored. */
function deadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new UnreadableImage(`took longer than ${timeoutMs / 1000} s to decode`)),
      timeoutMs,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
