/**
 * Owns the grammar of prompts with choices: "a photo of a [CLS] {in the rain|at night|}". Choices nest, may be empty, and
 * each is equally likely; `\{`, `\|`, `\}` and `\\` stand for the characters themselves, and a `|` outside braces is one too.
 */

/** A text, and choices between such sequences, in order. */
export type PromptPart = string | { choices: PromptPart[][] };

/** Names where the syntax is wrong; both count from 1. */
export class WildcardError extends Error {
  readonly line: number;
  readonly column: number;
  constructor(line: number, column: number, what: string) {
    super(`line ${line}, column ${column}: ${what}`);
    this.name = 'WildcardError';
    this.line = line;
    this.column = column;
  }
}

/** Prefixes of choices that other programs know and this one does not: taken as text they would end up in prompts. */
const foreign = /^\s*(?:[\d-]+\$\$|\d*\.?\d+::)/;

/** @throws WildcardError; `firstLine` is the number of the text's first line. */
export function parsePrompt(text: string, firstLine = 1): PromptPart[] {
  let at = 0;
  const fail = (position: number, what: string): never => {
    const before = text.slice(0, position).split('\n');
    throw new WildcardError(firstLine + before.length - 1, before[before.length - 1].length + 1, what);
  };
  /** Up to the end, or to the `|` or `}` that ends a choice. */
  const sequence = (inside: boolean): PromptPart[] => {
    const parts: PromptPart[] = [];
    let literal = '';
    const endLiteral = () => {
      if (literal) parts.push(literal);
      literal = '';
    };
    while (at < text.length) {
      const c = text[at];
      if (c === '\\' && '{|}\\'.includes(text[at + 1] ?? ' ')) {
        literal += text[at + 1];
        at += 2;
      } else if (c === '{') {
        endLiteral();
        parts.push(choice());
      } else if (inside && (c === '|' || c === '}')) break;
      else if (c === '}') fail(at, 'this } closes nothing; write \\} for the character');
      else {
        literal += c;
        at++;
      }
    }
    endLiteral();
    return parts;
  };
  const choice = (): PromptPart => {
    const opened = at;
    const choices: PromptPart[][] = [];
    do {
      at++;
      if (foreign.test(text.slice(at)))
        fail(at, 'numbers of choices ($$) and weights (::) are not known here; repeat a choice instead');
      choices.push(sequence(true));
    } while (text[at] === '|');
    if (text[at] !== '}') fail(opened, 'this { is never closed; write \\{ for the character');
    at++;
    return { choices };
  };
  return sequence(false);
}

/** What a line of a list says: blank lines, and lines that start with #, say nothing. */
export function saidBy(line: string): string {
  const said = line.trim();
  return said.startsWith('#') ? '' : said;
}

/**
 * A list of prompts, one a line.
 * @throws WildcardError with the line's number in the list.
 */
export function parsePromptList(lines: readonly string[]): PromptPart[][] {
  return lines.flatMap((line, i) => (saidBy(line) === '' ? [] : [parsePrompt(line.trimEnd(), i + 1)]));
}
