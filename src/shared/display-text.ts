/**
 * Owns how text from files reaches a terminal or a list: names, labels, messages. Whoever makes a dataset writes them,
 * and could move the cursor, colour a line, forge one, or turn the reading order around.
 */

/**
 * Control characters of C0 and C1 and the line separators of Unicode; embeddings, overrides and isolates of the reading
 * order. Not the marks and joiners that Arabic, Hebrew, Persian and emoji are written with.
 */
const unseen = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069';
const inLine = new RegExp(`[${unseen}]`, 'g');
const inLines = new RegExp(`(?!\\n)[${unseen}]`, 'g');

function escaped(c: string): string {
  const code = c.charCodeAt(0);
  if (c === '\n') return '\\n';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : jsonEscape(c);
}
const jsonEscape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** On one line, with what must not act shown as \n, \x1b or \u202e. */
export const displayText = (text: string): string => text.replace(inLine, escaped);

/** The same for text of several lines. */
export const displayLines = (text: string): string => text.replace(inLines, escaped);

/** JSON on one line that is pure text in a terminal as well: JSON itself escapes C0 alone. */
export const displayJson = (value: unknown): string => JSON.stringify(value).replace(inLine, jsonEscape);

/** Part of a character class of a regular expression with the flag u: what must not stand in a name. */
export const unseenCharacters = unseen;
