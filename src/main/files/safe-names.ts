/**
 * Owns: class and file names as folder and file names that every common file system takes. Reversible: `unsafeName`
 * undoes `safeName` unless the name had to be cut; the export's metadata.jsonl holds the true label in any case. What
 * acts in a terminal, or turns the reading order around, is escaped as well.
 */
import { createHash } from 'node:crypto';
import { unseenCharacters } from '../../shared/display-text.ts';

/** Bytes of UTF-8; file systems allow 255, and a suffix must fit. */
const MAX_BYTES = 200;
/** Device names that Windows takes for any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(\.|$)/i;
const FORBIDDEN = new RegExp(`[%<>:"/\\\\|?*\\uf780-\\uf7ff${unseenCharacters}]|\\p{Cs}`, 'gu');

const escapeChar = (c: string): string =>
  [...Buffer.from(c, 'utf8')].map((b) => `%${b.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** '' becomes '%'; 'a/b' 'a%2Fb'; 'con' '%63on'; '.x' '%2Ex'; 'x.' 'x%2E'. NFC. */
export function safeName(name: string): string {
  if (name === '') return '%';
  let safe = name.normalize('NFC').replace(FORBIDDEN, escapeChar);
  if (RESERVED.test(safe) || safe.startsWith('.')) safe = escapeChar(safe[0]) + safe.slice(1);
  if (/[. ]$/.test(safe)) safe = safe.slice(0, -1) + escapeChar(safe.slice(-1));
  if (Buffer.byteLength(safe) <= MAX_BYTES) return safe;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${cut(safe, MAX_BYTES - mark.length - 1)}~${mark}`;
}

/** The same for a file name, keeping its extension when the name is cut. */
export function safeFileName(name: string): string {
  const safe = safeName(name);
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  return safe.endsWith(extension) ? safe : safe + extension;
}

export function unsafeName(safe: string): string {
  if (safe === '%') return '';
  const bytes = Buffer.from(safe, 'utf8');
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? bytes.toString('latin1', i + 1, i + 3) : '';
    if (/^[0-9A-F]{2}$/.test(hex)) {
      out.push(Number.parseInt(hex, 16));
      i += 2;
    } else out.push(bytes[i]);
  }
  return Buffer.from(out).toString('utf8');
}

/** At most `bytes` of UTF-8, never through a character or an escape. */
function cut(text: string, bytes: number): string {
  let out = '';
  let used = 0;
  for (const piece of text.match(/%[0-9A-F]{2}|[\s\S]/gu) ?? []) {
    used += Buffer.byteLength(piece);
    if (used > bytes) break;
    out += piece;
  }
  return out;
}
