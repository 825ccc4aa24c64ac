/**
 * Owns CLIP's tokenizer: text to token ids by byte-level BPE with an end-of-word mark (Radford et al. 2021),
 * normalised as the published `tokenizer.json` says: NFC, runs of white space to one blank, lower case. HTML
 * entities and mojibake stay as they are.
 */

import { shown } from '../shown.ts';

/** The largest vocabularies have a quarter of it. */
const MOST_TOKENS = 1_000_000;

export interface ClipTokenizerData {
  /** Token -> id, as in vocab.json. */
  vocab: Readonly<Record<string, number>> | ReadonlyMap<string, number>;
  /** "left right", most important first: the lines of merges.txt. A "#version" line is passed over. */
  merges: readonly string[];
  /** Tokens that were added to the vocabulary later, each with an embedding of its own: found in a text as written. */
  added?: ReadonlyMap<string, number>;
  startToken?: string;
  endToken?: string;
  /** What fills up to the wanted length; the end token in Stable Diffusion 1, "!" in 2. */
  padToken?: string;
}

export interface EncodedText {
  /** start, tokens, end, padding; i32[maxLength] */
  ids: Int32Array;
  /** Tokens of the whole text with start and end, before any truncation. */
  tokens: number;
  /** Whether tokens were cut to fit. */
  truncated: boolean;
}

export interface ClipTokenizer {
  /** maxLength: 77 where not given, at least 2. */
  encode(text: string, options?: { maxLength?: number }): EncodedText;
  /** Ids of a whole text, without start and end, in groups that belong together: those of an added token, or one alone. */
  groups(text: string): (readonly number[])[];
  readonly special: { start: number; end: number; pad: number };
  readonly vocabSize: number;
  /** The largest id that it gives: the text encoder needs an embedding of it. */
  readonly highestId: number;
  /** The same tokenizer with further tokens, each of which stands for its ids wherever a text has it, as written. */
  with(added: ReadonlyMap<string, readonly number[]>): ClipTokenizer;
}

export const START_TOKEN = '<|startoftext|>';
export const END_TOKEN = '<|endoftext|>';
export const WORD_END = '</w>';

/** Special tokens, English contractions, words, single digits, runs of anything else that is not blank. */
const PIECES =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** @throws when the vocabulary lacks a special token or a single byte, or a merge is not two tokens. */
export function createClipTokenizer(data: ClipTokenizerData): ClipTokenizer {
  // A Map: a word such as "constructor" must not find what objects inherit.
  const ids = new Map(data.vocab instanceof Map ? data.vocab : Object.entries(data.vocab));
  requireIds(ids);
  if (data.merges.length > MOST_TOKENS)
    throw new Error(`tokenizer: ${data.merges.length} merges, expected at most ${MOST_TOKENS}`);
  const special = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new Error(`tokenizer: the vocabulary has no ${token}; is vocab.json CLIP's?`);
    return id;
  };
  const start = special(data.startToken ?? START_TOKEN);
  const end = special(data.endToken ?? END_TOKEN);
  const pad = data.padToken === undefined ? end : special(data.padToken);
  for (const symbol of BYTE_SYMBOLS) {
    special(symbol);
    special(symbol + WORD_END);
  }
  const ranks = mergeRanks(data.merges);
  const cache = new Map<string, readonly number[]>([
    [START_TOKEN, [start]],
    [END_TOKEN, [end]],
  ]);

  const idsOfPiece = (piece: string): readonly number[] => {
    let found = cache.get(piece);
    if (!found) {
      // A merged token that the vocabulary lacks is unknown; CLIP's unknown token is the end token.
      found = mergeSymbols(symbolsOf(piece), ranks).map((token) => ids.get(token) ?? end);
      if (cache.size < 10_000) cache.set(piece, found);
    }
    return found;
  };

  const highestId = [...ids.values(), ...(data.added?.values() ?? [])].reduce((a, b) => Math.max(a, b), 0);
  const groupsWith = (text: string, added: ReadonlyMap<string, readonly number[]>): (readonly number[])[] =>
    splitAt(text, [...added.keys()]).flatMap((part) => {
      const own = added.get(part);
      return own ? [own] : splitText(part).flatMap((piece) => idsOfPiece(piece).map((id) => [id]));
    });
  const tokenizer = (added: ReadonlyMap<string, readonly number[]>): ClipTokenizer => ({
    special: { start, end, pad },
    groups: (text) => groupsWith(text, added),
    vocabSize: ids.size,
    highestId,
    with: (more) => tokenizer(new Map([...added, ...more])),
    encode(text, { maxLength = 77 } = {}) {
      if (!Number.isInteger(maxLength) || maxLength < 2) {
        throw new Error(`tokenizer: maxLength ${maxLength}, expected a whole number from 2`);
      }
      const inner = groupsWith(text, added).flat();
      const kept = inner.slice(0, maxLength - 2);
      const out = new Int32Array(maxLength).fill(pad);
      out[0] = start;
      out.set(kept, 1);
      out[kept.length + 1] = end;
      return { ids: out, tokens: inner.length + 2, truncated: kept.length < inner.length };
    },
  });
  return tokenizer(new Map([...(data.added ?? [])].map(([token, id]) => [token, [id]])));
}

/** Ids go into a table of the text encoder, row by row. */
function requireIds(ids: ReadonlyMap<string, unknown>): void {
  if (ids.size > MOST_TOKENS)
    throw new Error(`tokenizer: a vocabulary of ${ids.size} tokens, expected at most ${MOST_TOKENS}`);
  for (const [token, id] of ids) {
    if (!(Number.isInteger(id) && (id as number) >= 0 && (id as number) < MOST_TOKENS))
      throw new Error(
        `tokenizer: token ${shown(token)} has the id ${shown(id)}, expected a whole number from 0 below ${MOST_TOKENS}`,
      );
  }
}

/** The text in parts: these tokens, longer ones first, and what is between them. */
function splitAt(text: string, tokens: readonly string[]): string[] {
  if (tokens.length === 0) return [text];
  const byLength = [...tokens].sort((a, b) => b.length - a.length);
  const escaped = byLength.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return text.split(new RegExp(`(${escaped.join('|')})`)).filter((part) => part !== '');
}

/** Normalises a text and splits it into the pieces within which merges happen. */
export function splitText(text: string): string[] {
  const normal = text
    .normalize('NFC')
    .replace(/\p{White_Space}+/gu, ' ')
    // Letter by letter, as the reference does it: JavaScript alone would look around a capital sigma for the
    // end of a word.
    .replaceAll('Σ', 'σ')
    .toLowerCase();
  return normal.match(PIECES) ?? [];
}

/**
 * The printable character that stands for each byte (GPT-2's table): bytes that print stand for themselves,
 * the others are numbered from U+0100. Listed in the order of CLIP's vocabulary.
 */
const { symbolOfByte, symbols } = byteTable();
export const BYTE_SYMBOLS: readonly string[] = symbols;
/** The same characters by byte value. */
export const SYMBOL_OF_BYTE: readonly string[] = symbolOfByte;

function byteTable(): { symbolOfByte: readonly string[]; symbols: string[] } {
  const prints = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  const all = Array.from({ length: 256 }, (_, b) => b);
  const hidden = all.filter((b) => !prints(b));
  const table = all.map((b) => String.fromCodePoint(prints(b) ? b : 256 + hidden.indexOf(b)));
  return {
    symbolOfByte: table,
    symbols: [...all.filter(prints), ...hidden].map((b) => table[b]),
  };
}

/** A piece's bytes as symbols, the last one marked as the end of the word. */
export function symbolsOf(piece: string): string[] {
  const word = Array.from(utf8(piece), (b) => symbolOfByte[b]);
  word[word.length - 1] += WORD_END;
  return word;
}

/** UTF-8 of a string; a lone surrogate becomes U+FFFD. Written out because core has no TextEncoder. */
function utf8(text: string): number[] {
  const out: number[] = [];
  for (const character of text.toWellFormed()) {
    const c = character.codePointAt(0)!;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return out;
}

function mergeRanks(merges: readonly string[]): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const raw of merges) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#version')) continue;
    if (!/^\S+ \S+$/.test(line)) {
      throw new Error(
        `tokenizer: merge "${line}", expected two tokens with a blank between; is merges.txt CLIP's?`,
      );
    }
    if (!ranks.has(line)) ranks.set(line, ranks.size);
  }
  return ranks;
}

/** Joins the pair of lowest rank, everywhere in the word, until no pair has a rank. */
function mergeSymbols(word: string[], ranks: ReadonlyMap<string, number>): string[] {
  let symbols = word;
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let k = 0; k + 1 < symbols.length; k++) {
      const rank = ranks.get(`${symbols[k]} ${symbols[k + 1]}`);
      if (rank !== undefined && rank < best) {
        best = rank;
        at = k;
      }
    }
    if (at < 0) return symbols;
    symbols = joinPair(symbols, symbols[at], symbols[at + 1]);
  }
}

/** Replaces every occurrence of left, right (from the left, without overlap) by their join. */
export function joinPair(symbols: readonly string[], left: string, right: string): string[] {
  const out: string[] = [];
  for (let k = 0; k < symbols.length; k++) {
    if (symbols[k] === left && symbols[k + 1] === right) {
      out.push(left + right);
      k++;
    } else {
      out.push(symbols[k]);
    }
  }
  return out;
}
