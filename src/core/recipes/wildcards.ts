/** Owns what is drawn of a prompt with choices; its grammar is in shared/wildcards.ts. */
import type { PromptPart } from '../../shared/wildcards.ts';
import type { Rng } from '../rng.ts';

/** One prompt, every choice drawn. */
export function drawPrompt(parts: readonly PromptPart[], rng: Rng): string {
  return parts
    .map((part) =>
      typeof part === 'string' ? part : drawPrompt(part.choices[rng.int(part.choices.length)], rng),
    )
    .join('');
}

/** How many ways of choosing there are; ways that read alike count each. */
export function countPrompts(parts: readonly PromptPart[]): number {
  return parts.reduce<number>(
    (product, part) =>
      typeof part === 'string'
        ? product
        : product * part.choices.reduce((sum, choice) => sum + countPrompts(choice), 0),
    1,
  );
}
