/**
 * Owns prompts as ComfyUI reads them (comfy/sd1_clip.py): a stated weight counts as it stands wherever it is nested, and a
 * weighted token's state lies on the line from the empty prompt's state to its own.
 */
import { takeLoraTags } from './lora-tags.ts';
import { marks } from './marks.ts';
import { readingPutIn } from './put-in.ts';
import type { PromptSyntax, WeightedText } from './syntax.ts';

/** What stands for an escaped bracket while brackets are matched; no prompt holds such characters. */
const held = { '(': '\u0001', ')': '\u0002' };
const hold = (text: string) => text.replaceAll('\\(', held['(']).replaceAll('\\)', held[')']);
const release = (text: string) => text.replaceAll(held['('], '(').replaceAll(held[')'], ')');

export const comfyui: PromptSyntax = {
  read: readingPutIn((prompt) => {
    const { text, loras } = takeLoraTags(prompt);
    const runs = runsOf(hold(text), 1).map((run) => ({ ...run, text: release(run.text) }));
    return { sections: [runs], loras };
  }),
  unread: [marks.break, marks.editing, marks.embedding],
  /** Words stay whole. */
  units: (tokenizer, { text, weight }) =>
    text
      .split(/[ \n]+/)
      .filter((word) => word !== '')
      .map((word) => ({ ids: tokenizer.groups(word).flat(), weight })),
  fill: { splitFrom: 8, commaWithin: 0 },
  weigh(states, weights, empty) {
    const width = states.length / weights.length;
    return states.map((value, i) => {
      const weight = weights[Math.floor(i / width)];
      return weight === 1 ? value : empty[i] + (value - empty[i]) * weight;
    });
  },
};

function runsOf(text: string, weight: number): WeightedText[] {
  return outermost(text).flatMap((part) => {
    if (!(part.length >= 2 && part.startsWith('(') && part.endsWith(')'))) return [{ text: part, weight }];
    const inner = part.slice(1, -1);
    const colon = inner.lastIndexOf(':');
    const stated = colon > 0 ? numberOf(inner.slice(colon + 1)) : null;
    return stated === null ? runsOf(inner, weight * 1.1) : runsOf(inner.slice(0, colon), stated);
  });
}

/** Brackets with all that is in them, and the texts between; what is never closed is the last text. */
function outermost(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  const endAt = (to: number) => {
    if (to > from) parts.push(text.slice(from, to));
    from = to;
  };
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(' && depth++ === 0) endAt(i);
    else if (text[i] === ')' && --depth === 0) endAt(i + 1);
  }
  endAt(text.length);
  return parts;
}

/** null: it is no number, and text with a colon in it. */
function numberOf(text: string): number | null {
  const said = text.trim();
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(said) && Number.isFinite(Number(said))
    ? Number(said)
    : null;
}
