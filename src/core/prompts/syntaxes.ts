/** Owns the table of prompt syntaxes, and what a person is told of syntax that theirs does not read. */
import { type PromptSyntaxName, promptSyntaxes } from '../../shared/prompting.ts';
import { a1111 } from './a1111.ts';
import { comfyui } from './comfyui.ts';
import { plain } from './plain.ts';
import type { PromptSyntax } from './syntax.ts';

export const syntaxes = { plain, a1111, comfyui } satisfies Record<PromptSyntaxName, PromptSyntax>;

const mostShown = 3;

/** One sentence for all of a job's prompts; null: there is nothing in them that looks like another syntax. */
export function unreadSyntax(name: PromptSyntaxName, prompts: readonly string[]): string | null {
  const found = new Set<string>();
  for (const prompt of prompts)
    for (const mark of syntaxes[name].unread)
      for (const [written] of prompt.matchAll(mark)) found.add(written);
  if (found.size === 0) return null;
  const shown = [...found].slice(0, mostShown).join(', ');
  const more = found.size > mostShown ? ` and ${found.size - mostShown} more` : '';
  const { label } = promptSyntaxes[name];
  return `${shown}${more}: the prompt syntax ${label} reads this as text. Choose the syntax that the prompt was written for, or take it out.`;
}
