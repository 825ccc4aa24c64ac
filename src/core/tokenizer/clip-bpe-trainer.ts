/**
 * Owns the training of a vocabulary in CLIP's format: byte-pair encoding (Sennrich et al. 2016) over bytes with
 * an end-of-word mark. Any text can be encoded with the result, because every byte is in it.
 */
import {
  BYTE_SYMBOLS,
  END_TOKEN,
  joinPair,
  START_TOKEN,
  splitText,
  symbolsOf,
  WORD_END,
} from './clip-bpe.ts';

export interface TrainedBpe {
  /** 256 bytes, 256 bytes at a word's end, one token per new merge, start, end: ids 0..n-1. */
  vocab: Record<string, number>;
  /** "left right", in the order learned. */
  merges: string[];
}

export interface TrainBpeOptions {
  /** How many merges to learn at most. */
  merges: number;
  /** A pair seen less often is not merged. Default 2. */
  minCount?: number;
}

/** Learns merges from texts. Deterministic: of equally frequent pairs the first in code-unit order wins. */
export function trainClipBpe(texts: Iterable<string>, options: TrainBpeOptions): TrainedBpe {
  const { merges: wanted, minCount = 2 } = options;
  if (!Number.isInteger(wanted) || wanted < 0) {
    throw new Error(`tokenizer training: ${wanted} merges, wanted a whole number from 0`);
  }
  const words = countWords(texts);
  const merges: string[] = [];
  const vocab = new Map<string, number>();
  for (const symbol of BYTE_SYMBOLS) vocab.set(symbol, vocab.size);
  for (const symbol of BYTE_SYMBOLS) vocab.set(symbol + WORD_END, vocab.size);
  while (merges.length < wanted) {
    const pair = mostFrequentPair(words, minCount);
    if (!pair) break;
    merges.push(pair);
    const [left, right] = pair.split(' ');
    // Two merges may give the same token (ab+c, a+bc): it has one id.
    if (!vocab.has(left + right)) vocab.set(left + right, vocab.size);
    for (const word of words) {
      if (word.symbols.includes(left)) word.symbols = joinPair(word.symbols, left, right);
    }
  }
  vocab.set(START_TOKEN, vocab.size);
  vocab.set(END_TOKEN, vocab.size);
  return { vocab: Object.fromEntries(vocab), merges };
}

interface Word {
  symbols: string[];
  count: number;
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const piece of splitText(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  counts.delete(START_TOKEN);
  counts.delete(END_TOKEN);
  return Array.from(counts, ([piece, count]) => ({ symbols: symbolsOf(piece), count }));
}

function mostFrequentPair(words: readonly Word[], minCount: number): string | null {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let k = 0; k + 1 < symbols.length; k++) {
      const pair = `${symbols[k]} ${symbols[k + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | null = null;
  let most = 0;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== null && pair < best)) {
      best = pair;
      most = count;
    }
  }
  return most >= minCount ? best : null;
}
