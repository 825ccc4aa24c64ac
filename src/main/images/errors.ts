/**
 * Owns: the one error this folder throws for a file that cannot be read, its limits, and the translation of the
 * codec's messages into words for people. A fault of our own machine is never translated: it is no file's.
 */
import { noMemory, onlyOurs } from '../files/own-fault.ts';
import { UnfitFile } from '../files/user-file.ts';

export interface DecodeLimits {
  /** Width x height that may be decoded; larger is refused from the header. Default 100,000,000. */
  maxPixels?: number;
  /** File size in bytes that is read into memory. Default 512 MiB. */
  maxFileBytes?: number;
  /** Wall-clock per file, in ms, after which the decode is abandoned: it ends what hangs. Default 120,000. */
  timeoutMs?: number;
}

export const DEFAULT_LIMITS: Required<DecodeLimits> = {
  maxPixels: 100_000_000,
  maxFileBytes: 512 * 1024 * 1024,
  timeoutMs: 120_000, // a good file is slow on a busy machine, which is no fault of the file
};

/** A file that was refused or could not be decoded. `reason` is short and for people: "truncated". */
export class UnreadableImage extends Error {
  readonly reason: string;
  constructor(reason: string, options?: { cause?: unknown }) {
    super(reason, options);
    this.name = 'UnreadableImage';
    this.reason = reason;
  }
}

export function tooLarge(width: number, height: number, maxPixels: number): UnreadableImage {
  const limit = maxPixels >= 1e6 ? `${trim(maxPixels / 1e6)} megapixels` : `${maxPixels} pixels`;
  return new UnreadableImage(`too large: ${width}x${height} pixels, limit ${limit}`);
}

/** A header that lies, or a file of which little is left. */
export const cannotHold = (bytes: number, width: number, height: number): UnreadableImage =>
  new UnreadableImage(
    `truncated or damaged: ${bytes.toLocaleString('en')} bytes cannot hold ${width}x${height} pixels`,
  );

/** Runs what only reads one of the analyst's files. @throws UnreadableImage, or what asUnreadable lets through. */
export async function readingFile<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** For callers that list failures and go on. @throws the error itself where it is not the file's. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnreadableImage) return error.reason;
  throw error;
}

const trim = (n: number): string => String(Math.round(n * 10) / 10);

/** The codec tells a lack of memory by words alone. Whether a file asks too much or too little is there, what is free tells. */
const memoryWords = /out of memory|unable to allocate|allocation failed|memory/i;
const shortOfMemory = 500e6; // bytes; a decode that may run beside others takes less (HEAVY_BYTES)

/** Codec message -> reason. The first pattern that matches wins. */
const CODEC_REASONS: [RegExp, string][] = [
  [
    /premature end|unexpected end|unexpected eof|end of file|bad seek|not enough (image )?data|truncated|short read/i,
    'truncated',
  ],
  [/timeout/i, 'took too long to decode'],
  [/pixel limit|exceeds.*limit/i, 'too large'],
  [/unsupported image format|not a known/i, 'damaged: the header cannot be read'],
  [
    /compression format has not been built in/i,
    'compressed in a way that is not supported; convert it to JPEG or PNG',
  ],
  [memoryWords, 'needs too much memory'],
  [/labq/i, 'this kind of LAB colour is not supported; convert it to RGB'],
  [/webp.*unable to/i, 'truncated or damaged: the WebP data cannot be unpacked'],
  [/bad huffman code|marker .* instead of rst/i, 'damaged: the JPEG data cannot be unpacked'],
  [/libpng read error/i, 'damaged: the PNG data does not match its checksums or cannot be unpacked'],
  [/unknown error/i, 'damaged'],
  [/corrupt header/i, 'damaged: the header cannot be read'],
];

/**
 * An error of reading or decoding one of the analyst's files -> UnreadableImage (returned unchanged if it already is one).
 * @throws the error itself where it can only be ours: a full disk, no memory, too many open files.
 */
export function asUnreadable(error: unknown): UnreadableImage {
  if (error instanceof UnreadableImage) return error;
  if (error instanceof UnfitFile) return new UnreadableImage(error.reason, { cause: error });
  if (onlyOurs(error)) throw error;
  if (memoryWords.test(String(error)) && process.availableMemory() < shortOfMemory) throw noMemory(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOENT') return new UnreadableImage('no such file', { cause: error });
  if (code === 'EACCES' || code === 'EPERM')
    return new UnreadableImage('not allowed to read the file', { cause: error });
  if (code === 'ELOOP') return new UnreadableImage('a symbolic link that loops', { cause: error });
  if (code && /^E[A-Z]+$/.test(code))
    return new UnreadableImage(`could not be read (${code})`, { cause: error });
  for (const [pattern, reason] of CODEC_REASONS) {
    if (pattern.test(message)) return new UnreadableImage(reason, { cause: error });
  }
  const first = message
    .split('\n')[0]
    .replace(/^Input \w+ has /, '')
    .slice(0, 120)
    .trim();
  return new UnreadableImage(first ? `damaged: ${first}` : 'damaged', { cause: error });
}
