/** Owns a prompt's way to the text encoder's states: read by its syntax, in chunks, weighted. */
import { requireFinite } from '../../../core/finite.ts';
import {
  emptyChunk,
  type PromptChunk,
  type PromptChunks,
  promptChunks,
} from '../../../core/prompts/chunks.ts';
import { syntaxes } from '../../../core/prompts/syntaxes.ts';
import type { LongPrompts, PromptSyntaxName } from '../../../shared/prompting.ts';
import type { GenerationModel } from './generation-model.ts';
import type { TextEncoder } from './text-encoder.ts';

export interface Reading {
  promptSyntax: PromptSyntaxName;
  longPrompts: LongPrompts;
}

export interface PromptReader {
  /** @throws an error that names what the prompt has and its syntax cannot do. */
  read(prompt: string): PromptChunks;
  /** Chunks of the longest of these. */
  most(prompts: readonly string[]): number;
  /** f32[chunks,length,width]; a shorter prompt is filled up with chunks that hold no text. */
  states(text: TextEncoder, prompt: string, chunks: number): Promise<Float32Array>;
}

export function openPromptReader(
  {
    tokenizer,
    textLength: length,
    textWidth: width,
  }: Pick<GenerationModel, 'tokenizer' | 'textLength' | 'textWidth'>,
  { promptSyntax, longPrompts }: Reading,
): PromptReader {
  const syntax = syntaxes[promptSyntax];
  const known = new Map<string, PromptChunks>();
  const read = (prompt: string): PromptChunks => {
    const cached = known.get(prompt);
    if (cached) return cached;
    const chunks = promptChunks(syntax.read(prompt), syntax, tokenizer, { length, longPrompts });
    known.set(prompt, chunks);
    return chunks;
  };
  const empty = emptyChunk(tokenizer, length);
  const stateOf = async (text: TextEncoder, { ids, weights }: PromptChunk): Promise<Float32Array> => {
    const states = await text.states(ids);
    if (!weights) return states;
    const weighted = syntax.weigh(states, weights, await text.states(empty.ids));
    requireFinite(weighted, 'the weighted prompt');
    return weighted;
  };
  return {
    read,
    most: (prompts) => Math.max(...prompts.map((prompt) => read(prompt).chunks.length)),
    async states(text, prompt, chunks) {
      const out = new Float32Array(chunks * length * width);
      const own = read(prompt).chunks;
      for (let i = 0; i < chunks; i++) out.set(await stateOf(text, own[i] ?? empty), i * length * width);
      return out;
    },
  };
}
