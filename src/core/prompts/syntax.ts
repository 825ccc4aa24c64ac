/**
 * Owns what a prompt syntax is: how a prompt's text becomes weighted runs of text, in sections, and what a weight does to
 * the text encoder's states. Each syntax is one file here; syntaxes.ts lists them.
 */
import type { ClipTokenizer } from '../tokenizer/clip-bpe.ts';

/** Text whose tokens all have one weight; 1 is as written. */
export interface WeightedText {
  text: string;
  weight: number;
}

/** `<lora:name:0.8>`; weight null: it states none. */
export interface LoraTag {
  name: string;
  weight: number | null;
}

export interface ReadPrompt {
  /** One, or those between BREAKs: each begins in a chunk of its own. */
  sections: readonly (readonly WeightedText[])[];
  loras: readonly LoraTag[];
}

/** Token ids that a chunk's end does not part, as long as they fit into one. */
export interface TokenUnit {
  ids: readonly number[];
  weight: number;
}

/** How units go into chunks, besides in their order. */
export interface FillRule {
  /** Units of at least so many tokens are split where a chunk ends, not moved to the next. */
  splitFrom: number;
  /** A chunk that is full may end at its last comma, if that is within so many tokens of its end; 0: never. */
  commaWithin: number;
}

export interface PromptSyntax {
  /**
   * What `putIn` put into the prompt is text, whatever characters it has.
   * @throws an error that names what the syntax has and Crux cannot do.
   */
  read(prompt: string): ReadPrompt;
  /** What prompts for other programs hold and this syntax takes as text. */
  unread: readonly RegExp[];
  units(tokenizer: ClipTokenizer, run: WeightedText): TokenUnit[];
  fill: FillRule;
  /**
   * The states of one chunk, weighted. Not asked where every weight is 1.
   * @param states f32[l,width], weights f32[l], and the states of a chunk without text, f32[l,width].
   */
  weigh(states: Float32Array, weights: Float32Array, empty: Float32Array): Float32Array;
}

/** Each group of ids that the tokenizer keeps together, at the run's weight. */
export const unitsOf = (tokenizer: ClipTokenizer, { text, weight }: WeightedText): TokenUnit[] =>
  tokenizer.groups(text).map((ids) => ({ ids, weight }));
