/** Owns reading a protobuf file field by field, without its values: only a window of it is in memory. */
import { readSync } from 'node:fs';

/** Of a name, a key, or a short value. */
const MAX_TEXT = 4096;

/**
 * The fields with a length, of a message; others are passed over.
 * @param cut is told where a field would end that ends behind the message
 */
export function* fieldsOf(bytes: Bytes, start: number, end: number, cut?: (end: number) => void) {
  for (let at = start; at < end; ) {
    const tag = bytes.varint(at);
    const field = Math.floor((tag?.value ?? 0) / 8);
    if (!tag || field === 0) return;
    at = tag.next;
    const wire = tag.value % 8;
    if (wire === 2) {
      const length = bytes.varint(at);
      if (!length) return;
      if (length.next + length.value > end) return cut?.(length.next + length.value);
      yield { field, from: length.next, to: length.next + length.value };
      at = length.next + length.value;
    } else if (wire === 0) {
      const skipped = bytes.varint(at);
      if (!skipped) return;
      at = skipped.next;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else return;
  }
}

/** A file, of which a window is in memory. */
export class Bytes {
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(64 * 1024);
  #from = 0;
  #to = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  #byte(at: number): number | null {
    if (at < this.#from || at >= this.#to) {
      this.#from = at;
      this.#to = at + readSync(this.#descriptor, this.#window, 0, this.#window.length, at);
    }
    return at < this.#to ? this.#window[at - this.#from] : null;
  }

  /** null: there is none. Above 2^53 it is not exact, and beyond any file. */
  varint(at: number): { value: number; next: number } | null {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(at + i);
      if (byte === null) return null;
      value += (byte % 128) * 2 ** (7 * i);
      if (byte < 128) return { value, next: at + i + 1 };
    }
    return null;
  }

  text(from: number, to: number, most = MAX_TEXT): string {
    const bytes = Buffer.alloc(Math.min(to - from, most));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte(from + i) ?? 0;
    return bytes.toString('utf8');
  }
}
