/**
 * Owns: one reversible string form for file names, whatever bytes they hold.
 *
 * On Linux a file name is a run of bytes that need not be UTF-8; a JavaScript string, a SQLite TEXT and a
 * JSON file all want Unicode. Every byte that is not part of valid UTF-8 becomes one private-use character,
 * U+F700 + byte (so U+F780..U+F7FF). Characters of that very range that a name really contains are themselves
 * taken apart into escaped bytes, which is what makes the mapping one-to-one. All other names are unchanged:
 * no normalisation, no escaping of newlines or backslashes. The strings hold no lone surrogates, so they
 * survive SQLite and JSON.
 *
 * Everything in this folder that takes a `file: string` accepts this form; code elsewhere that hands such a
 * path to node:fs must pass it through `fsPath` first.
 */
import { realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { displayText } from '../../shared/display-text.ts';

const ESCAPE_BASE = 0xf700;
const ESCAPED = /[\uf780-\uf7ff]/;
const ESCAPED_ALL = /[\uf780-\uf7ff]/g;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Raw file-name bytes -> string form. Inverse of `bytesOfName`. */
export function nameOfBytes(bytes: Uint8Array): string {
  try {
    const text = strictUtf8.decode(bytes);
    if (!ESCAPED.test(text)) return text;
  } catch {
    // Falls through to the byte-wise reading below.
  }
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    const piece = length > 0 ? strictUtf8.decode(bytes.subarray(at, at + length)) : '';
    if (length > 0 && !ESCAPED.test(piece)) {
      text += piece;
      at += length;
    } else {
      text += String.fromCharCode(ESCAPE_BASE + bytes[at]);
      at += 1;
    }
  }
  return text;
}

/** String form -> raw bytes. */
export function bytesOfName(name: string): Uint8Array<ArrayBuffer> {
  if (!ESCAPED.test(name)) return new Uint8Array(Buffer.from(name, 'utf8'));
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of name.matchAll(ESCAPED_ALL)) {
    parts.push(Buffer.from(name.slice(from, match.index), 'utf8'));
    parts.push(Buffer.from([match[0].charCodeAt(0) - ESCAPE_BASE]));
    from = match.index + 1;
  }
  parts.push(Buffer.from(name.slice(from), 'utf8'));
  return new Uint8Array(Buffer.concat(parts));
}

/** What node:fs must be given for a path in string form: the string itself, or its bytes where it has escapes. */
export function fsPath(file: string): string | Buffer {
  return ESCAPED.test(file) ? Buffer.from(bytesOfName(file)) : file;
}

/** For people: escaped bytes as `\xE9`, what displayText shows as it does; not reversible. */
export const displayName = (name: string): string =>
  displayText(
    name.replace(ESCAPED_ALL, (c) => `\\x${(c.charCodeAt(0) - ESCAPE_BASE).toString(16).toUpperCase()}`),
  );

/** Length in bytes of the valid UTF-8 sequence at `at`, or 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strictUtf8.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** root + a POSIX relative path as scan and manifest report it -> absolute path in string form. */
export function resolveInRoot(root: string, relativePath: string): string {
  return join(root, ...relativePath.split('/'));
}

/** File extension in lower case with its dot, '' without one. A leading dot alone starts no extension. */
export const extensionOf = (name: string): string => extname(name).toLowerCase();

/** The real location behind links, in string form. Rejects like fs.realpath (ENOENT, ELOOP). */
export async function realLocation(file: string): Promise<string> {
  return nameOfBytes(await realpath(fsPath(file), { encoding: 'buffer' }));
}

/** True when `file` is `folder` or lies below it; both real locations. */
export function isWithin(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
