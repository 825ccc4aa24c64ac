/**
 * Owns prompts as AUTOMATIC1111's Stable Diffusion web UI 1.10 reads them (modules/prompt_parser.py, sd_hijack_clip.py and
 * sd_emphasis.py): weights multiply where brackets nest, and the states of a chunk keep their mean.
 */
import { takeLoraTags } from './lora-tags.ts';
import { marks } from './marks.ts';
import { readingPutIn } from './put-in.ts';
import { type PromptSyntax, unitsOf, type WeightedText } from './syntax.ts';

const round = 1.1;
const square = 1 / 1.1;

/** Escaped or lone backslashes, brackets, the weight that closes one, and what is between. */
const lexemes = /\\[()[\]\\]?|[()[\]]|:\s*([+-]?[.\d]+)\s*\)|[^\\()[\]:]+|:/g;
const breaks = /\s*\bBREAK\b\s*/;
const ownNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

export const a1111: PromptSyntax = {
  read: readingPutIn((prompt) => {
    const { text, loras } = takeLoraTags(prompt);
    refuseUnsupported(text);
    return { sections: sectionsOf(text), loras };
  }),
  unread: [marks.embedding],
  units: unitsOf,
  fill: { splitFrom: Number.POSITIVE_INFINITY, commaWithin: 20 },
  weigh(states, weights) {
    const width = states.length / weights.length;
    const weighted = states.map((value, i) => value * weights[Math.floor(i / width)]);
    const sum = (of: Float32Array) => of.reduce((total, value) => total + value, 0);
    const restored = sum(states) / sum(weighted);
    return weighted.map((value) => value * restored);
  },
};

/** null: BREAK. */
type Run = { text: string; weight: number } | null;

function sectionsOf(prompt: string): WeightedText[][] {
  const runs: Run[] = [];
  const opened = { '(': [] as number[], '[': [] as number[] };
  /** Brackets are matched by kind alone, as the web UI does it: "(a [b) c]" is two overlapping ranges. */
  const close = (kind: '(' | '[', factor: number): boolean => {
    const from = opened[kind].pop();
    if (from === undefined) return false;
    for (const run of runs.slice(from)) if (run) run.weight *= factor;
    return true;
  };
  const addText = (text: string) => {
    for (const [i, part] of text.split(breaks).entries()) {
      if (i > 0) runs.push(null);
      runs.push({ text: part, weight: 1 });
    }
  };
  for (const [lexeme, weight] of prompt.matchAll(lexemes)) {
    if (lexeme.startsWith('\\')) runs.push({ text: lexeme.slice(1), weight: 1 });
    else if (lexeme === '(' || lexeme === '[') opened[lexeme].push(runs.length);
    else if (weight !== undefined && opened['('].length > 0) close('(', factorOf(weight, lexeme));
    else if (lexeme === ')' && close('(', round)) continue;
    else if (lexeme === ']' && close('[', square)) continue;
    else addText(lexeme);
  }
  while (close('(', round) || close('[', square));
  return joined(runs);
}

function factorOf(weight: string, written: string): number {
  const factor = Number(weight);
  if (!ownNumber.test(weight) || !Number.isFinite(factor))
    throw new Error(
      `"${written}" closes a bracket with a weight that is no number; write it as in (word:1.3)`,
    );
  return factor;
}

/** Neighbours of one weight are one text, which the tokenizer may join to one word. */
function joined(runs: readonly Run[]): WeightedText[][] {
  const sections: WeightedText[][] = [[]];
  for (const run of runs) {
    const last = sections.at(-1)!.at(-1);
    if (run === null) sections.push([]);
    else if (last?.weight === run.weight) last.text += run.text;
    else sections.at(-1)!.push({ ...run });
  }
  // A BREAK at the very end begins nothing.
  if (sections.length > 1 && sections.at(-1)!.every(({ text }) => text.trim() === '')) sections.pop();
  return sections;
}

/** @throws where the prompt would change from step to step, or be several. */
function refuseUnsupported(prompt: string): void {
  if (/\bAND\b/.test(prompt))
    throw new Error('AND composes an image of several prompts, which Crux does not do; write one prompt');
  /** The brackets that are open, each with what it holds itself, without what is in inner ones. */
  const open: { bracket: string; from: number; own: string }[] = [];
  for (const { 0: lexeme, index } of prompt.matchAll(/\\.?|[()[\]]|[^\\()[\]]+/gs)) {
    if (lexeme === '(' || lexeme === '[') open.push({ bracket: lexeme, from: index, own: '' });
    else if (lexeme === ')' && open.at(-1)?.bracket === '(') open.pop();
    else if (lexeme === ']' && open.at(-1)?.bracket === '[') {
      const { from, own } = open.pop()!;
      refuseChanging(prompt.slice(from, index + 1), own);
    } else if (open.length > 0) open.at(-1)!.own += lexeme;
  }
}

function refuseChanging(written: string, own: string): void {
  const instead = 'prompts of the first steps change the prompt on the way; \\[ and \\] are the characters';
  if (/:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(own))
    throw new Error(`${written} is prompt editing, which Crux does not read: ${instead}`);
  if (own.includes('|'))
    throw new Error(
      `${written} alternates from step to step, which Crux does not do: {a|b} draws one for each image, and ${instead}`,
    );
}
