/**
 * Owns a prompt as the text encoder is given it: chunks of its length, each with a begin token, tokens, an end token and
 * padding, and a weight for every token.
 */
import type { LongPrompts } from '../../shared/prompting.ts';
import type { ClipTokenizer } from '../tokenizer/clip-bpe.ts';
import type { PromptSyntax, ReadPrompt, TokenUnit } from './syntax.ts';

export interface PromptChunk {
  /** i32[length] */
  ids: Int32Array;
  /** f32[length]; null: every one is 1. */
  weights: Float32Array | null;
}

export interface PromptChunks {
  /** At least one. */
  chunks: readonly PromptChunk[];
  /** Tokens that are in none of them. */
  cut: number;
}

interface Token {
  id: number;
  weight: number;
}

/** @param length of a chunk, begin and end included. */
export function promptChunks(
  { sections }: ReadPrompt,
  syntax: PromptSyntax,
  tokenizer: ClipTokenizer,
  { length, longPrompts }: { length: number; longPrompts: LongPrompts },
): PromptChunks {
  const room = length - 2;
  const chunks: PromptChunk[] = [];
  let cut = 0;
  for (const section of sections) {
    const units = section.flatMap((run) => syntax.units(tokenizer, run));
    if (longPrompts === 'chunks') {
      for (const tokens of fill(units, room, syntax, commaOf(tokenizer)))
        chunks.push(chunkOf(tokens, tokenizer, length));
    } else {
      const tokens = units.flatMap(tokensOf);
      cut += Math.max(0, tokens.length - room);
      chunks.push(chunkOf(tokens.slice(0, room), tokenizer, length));
    }
  }
  return { chunks, cut };
}

/** What a prompt without text is, and what fills up to as many chunks as another prompt has. */
export const emptyChunk = (tokenizer: ClipTokenizer, length: number): PromptChunk =>
  chunkOf([], tokenizer, length);

const tokensOf = ({ ids, weight }: TokenUnit): Token[] => ids.map((id) => ({ id, weight }));
const commaOf = (tokenizer: ClipTokenizer): number => tokenizer.groups(',')[0][0];

function chunkOf(tokens: readonly Token[], { special }: ClipTokenizer, length: number): PromptChunk {
  const ids = new Int32Array(length).fill(special.pad);
  ids[0] = special.start;
  for (const [i, { id }] of tokens.entries()) ids[i + 1] = id;
  ids[tokens.length + 1] = special.end;
  if (tokens.every(({ weight }) => weight === 1)) return { ids, weights: null };
  const weights = new Float32Array(length).fill(1);
  for (const [i, { weight }] of tokens.entries()) weights[i + 1] = weight;
  return { ids, weights };
}

/** Units in order, at most `room` tokens each time. */
function fill(
  units: readonly TokenUnit[],
  room: number,
  { fill: rule }: PromptSyntax,
  comma: number,
): Token[][] {
  const full: Token[][] = [];
  let tokens: Token[] = [];
  /** Place of the last comma in `tokens`; -1: none. */
  let lastComma = -1;
  const next = (carried: Token[] = []) => {
    full.push(tokens);
    tokens = carried;
    lastComma = -1;
  };
  for (const unit of units) {
    const isComma = unit.ids.length === 1 && unit.ids[0] === comma;
    if (isComma) lastComma = tokens.length;
    else if (tokens.length === room && lastComma >= 0 && room - lastComma <= rule.commaWithin)
      next(tokens.splice(lastComma + 1));
    const left = tokensOf(unit);
    const splits = left.length >= rule.splitFrom || left.length > room;
    while (tokens.length + left.length > room) {
      if (splits) tokens.push(...left.splice(0, room - tokens.length));
      next();
    }
    tokens.push(...left);
  }
  if (tokens.length > 0 || full.length === 0) full.push(tokens);
  return full;
}
