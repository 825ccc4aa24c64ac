/**
 * Owns how the bytes of a text file of the analyst's become text: UTF-8, UTF-16 (by its byte-order mark, or by its
 * zeros), or Windows-1252, which is what spreadsheets write on Western Windows. A file that holds proper UTF-8 beside
 * broken bytes stays UTF-8: read as Windows-1252, all its accents would be wrong.
 */
import { piecesOf } from './user-file.ts';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Reads the whole file once. @throws as piecesOf. */
export async function encodingOf(file: string): Promise<TextEncoding> {
  const utf8 = new Utf8Check();
  let first = true;
  for await (const piece of piecesOf(file, 1024 * 1024)) {
    if (first) {
      const utf16 = utf16Of(piece);
      if (utf16) return utf16;
      first = false;
    }
    utf8.add(piece);
  }
  return utf8.broken > 0 && utf8.proper === 0 ? 'windows-1252' : 'utf-8';
}

/** The file as UTF-8, whatever it is in. */
export async function* utf8PiecesOf(file: string, encoding: TextEncoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') return yield* piecesOf(file);
  const decoder = new TextDecoder(encoding);
  for await (const piece of piecesOf(file)) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const length = Math.min(head.length, 4096);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i++) if (head[i] === 0) i % 2 === 0 ? even++ : odd++;
  // Mostly ASCII: every other byte is zero. Other text has no zeros at all.
  if (odd > length / 4 && even === 0) return 'utf-16le';
  return even > length / 4 && odd === 0 ? 'utf-16be' : null;
}

/** Counts sequences of several bytes, proper and broken ones, across pieces. */
class Utf8Check {
  proper = 0;
  broken = 0;
  #open = 0; // bytes that the sequence begun still wants

  add(piece: Buffer): void {
    for (const byte of piece) {
      if (this.#open > 0) {
        if ((byte & 0xc0) === 0x80) {
          if (--this.#open === 0) this.proper++;
          continue;
        }
        this.broken++;
        this.#open = 0;
      }
      if (byte < 0x80) continue;
      this.#open =
        byte >= 0xc2 && byte < 0xe0
          ? 1
          : byte >= 0xe0 && byte < 0xf0
            ? 2
            : byte >= 0xf0 && byte < 0xf5
              ? 3
              : 0;
      if (this.#open === 0) this.broken++;
    }
  }
}
