/** Owns the way back from byte-level BPE tokens (GPT-2, Radford et al. 2019) to text. */
import { SYMBOL_OF_BYTE } from './clip-bpe.ts';

export interface TokenDecoder {
  /** Ids to text; ids of `skip` and unknown ids give nothing. */
  decode(ids: readonly number[], skip: ReadonlySet<number>): string;
}

/**
 * @param vocab token -> id, as in vocab.json; each character of a token stands for one byte.
 * @param utf8 the platform's UTF-8 decoder: the language itself has none.
 */
export function createByteDecoder(
  vocab: Readonly<Record<string, number>>,
  utf8: (bytes: Uint8Array) => string,
): TokenDecoder {
  const byteOf = new Map(SYMBOL_OF_BYTE.map((symbol, byte) => [symbol, byte]));
  const tokens = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
  return {
    decode(ids, skip) {
      const bytes: number[] = [];
      for (const id of ids) {
        if (skip.has(id)) continue;
        for (const character of tokens.get(id) ?? '') {
          const byte = byteOf.get(character);
          if (byte !== undefined) bytes.push(byte);
        }
      }
      return utf8(Uint8Array.from(bytes)).replace(/\s+/g, ' ').trim();
    },
  };
}
