/**
 * Owns: telling by its first bytes (never by its name) what a file is, and saying in plain words what it is
 * when we do not read it. A decoder is only ever started on a format named here.
 */
import { formOf, HEAD_BYTES, sentence } from '../files/what-it-is.ts';

export const imageFormats = ['jpeg', 'png', 'webp', 'gif', 'bmp', 'tiff', 'avif'] as const;
export type ImageFormat = (typeof imageFormats)[number];

export type Sniffed = { format: ImageFormat } | { format: null; reason: string };

/** Bytes that `sniffFormat` needs to see. */
export const SNIFF_BYTES = HEAD_BYTES;

const ascii = (bytes: Uint8Array, from: number, to: number): string => {
  let text = '';
  for (let i = from; i < Math.min(to, bytes.length); i++) text += String.fromCharCode(bytes[i]);
  return text;
};

const startsWith = (bytes: Uint8Array, ...magic: number[]): boolean => magic.every((b, i) => bytes[i] === b);

const unsupported = (what: string): Sniffed => ({
  format: null,
  reason: `${what} is not supported; convert it to JPEG or PNG`,
});

const AVIF_BRANDS = new Set(['avif', 'avis']);
const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

/** `head`: the file's first SNIFF_BYTES (or all of it). */
export function sniffFormat(head: Uint8Array): Sniffed {
  if (head.length === 0) return { format: null, reason: 'empty file' };
  if (startsWith(head, 0xff, 0xd8, 0xff)) return { format: 'jpeg' };
  if (startsWith(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return { format: 'png' };
  if (ascii(head, 0, 6) === 'GIF87a' || ascii(head, 0, 6) === 'GIF89a') return { format: 'gif' };
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return { format: 'webp' };
  if (isTiff(head)) return { format: 'tiff' };
  if (ascii(head, 4, 8) === 'ftyp') return sniffIsoMedia(head);
  if (ascii(head, 0, 2) === 'BM' && head.length >= 18) return { format: 'bmp' };
  return sniffOther(head);
}

function isTiff(head: Uint8Array): boolean {
  // Classic (42) and BigTIFF (43), either byte order.
  const mark = ascii(head, 0, 2);
  if (mark === 'II') return (head[2] === 42 || head[2] === 43) && head[3] === 0;
  if (mark === 'MM') return head[2] === 0 && (head[3] === 42 || head[3] === 43);
  return false;
}

function sniffIsoMedia(head: Uint8Array): Sniffed {
  const boxEnd = Math.min((head[0] << 24) | (head[1] << 16) | (head[2] << 8) | head[3], head.length);
  const brands = [ascii(head, 8, 12)];
  for (let at = 16; at + 4 <= boxEnd; at += 4) brands.push(ascii(head, at, at + 4));
  if (brands.some((b) => AVIF_BRANDS.has(b))) return { format: 'avif' };
  if (brands.some((b) => HEIC_BRANDS.has(b)) || brands.includes('mif1')) return unsupported('HEIC/HEIF');
  return unsupported('a video or an unknown media container');
}

/** Images that are not read, with how they begin. docs/formats.md lists them. */
export const unreadImages: readonly [what: string, is: (head: Uint8Array) => boolean][] = [
  ['an icon file (ICO)', (head) => startsWith(head, 0, 0, 1, 0) || startsWith(head, 0, 0, 2, 0)],
  ['a Photoshop file (PSD)', (head) => ascii(head, 0, 4) === '8BPS'],
  ['QOI', (head) => ascii(head, 0, 4) === 'qoif'],
  ['JPEG 2000', (head) => ascii(head, 4, 8) === 'jP  ' || startsWith(head, 0xff, 0x4f, 0xff, 0x51)],
  ['JPEG XL', (head) => ascii(head, 4, 8) === 'JXL ' || startsWith(head, 0xff, 0x0a)],
  ['OpenEXR', (head) => startsWith(head, 0x76, 0x2f, 0x31, 0x01)],
  ['a Netpbm file (PBM/PGM/PPM/PAM)', (head) => /^P[1-7][\s#]/.test(ascii(head, 0, 3))],
  ['PDF', (head) => ascii(head, 0, 5) === '%PDF-'],
  ['a vector drawing (SVG)', (head) => /<svg[\s>]/i.test(ascii(head, 0, SNIFF_BYTES))],
];

function sniffOther(head: Uint8Array): Sniffed {
  const unread = unreadImages.find(([, is]) => is(head));
  if (unread) return unsupported(unread[0]);
  if (ascii(head, 12, 16) === 'IHDR' || ascii(head, 11, 15) === 'IHDR') {
    return {
      format: null,
      reason: 'damaged: a PNG file whose first bytes were altered (often by a text-mode transfer)',
    };
  }
  const form = formOf(head, '');
  if (!form) return { format: null, reason: 'not an image' };
  return { format: null, reason: form.always ? sentence(form) : `not an image: ${form.what}` };
}
