/** Owns the way back from byte-level BPE tokens (GPT-2, Radford et al. 2019) to text. */
import { SYMBOL_OF_BYTE } from './clip-bpe.ts';

export interface TokenDecoder {
  /** Ids to text; ids of `skip` and unknown ids give nothing. */
  decode(ids: readonly number[], skip: ReadonlySet<number>): string;
}

/** @param vocab token -> id, as in vocab.json; each character of a token stands for one byte. */
export function createByteDecoder(vocab: Readonly<Record<string, number>>): TokenDecoder {
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
      return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\s+/g, ' ').trim();
    },
  };
}
