import { describe, expect, it } from 'vitest';
import { displayJson, displayLines, displayText } from '../../src/shared/display-text.ts';
import { acts } from './acts.ts';

/** Text that acts where it is shown. */
const acting = {
  colour: '\x1b[31mred\x1b[0m',
  title: '\x1b]0;another title\x07',
  oneByteEscape: '\x9b2J',
  overwrites: 'safe\rfake',
  backspace: 'ab\b\bcd',
  nul: 'a\0b',
  delete: 'a\x7f',
  override: 'photo\u202egnp.exe',
  isolate: 'a\u2066b\u2069',
  embedding: '\u202aa\u202c',
  separators: 'one\u2028two\u2029three\x85four',
};
/** Text that must stay as it is, to the last character. */
const plain = {
  arabic: 'قطة\u200fصغيرة',
  hebrew: 'חתול\u200e abc',
  persian: 'می\u200cخواهم',
  family: '👨\u200d👩\u200d👧',
  scotland: '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  accents: 'e\u0301 ü ñ',
  chinese: '猫',
  symbols: '50 % <b> \\x1b {a}',
};

describe('text of files', () => {
  it.each(Object.entries(acting))('cannot act: %s', (_, text) => {
    expect(displayText(text)).not.toMatch(acts);
    expect(displayLines(text)).not.toMatch(acts);
    expect(displayJson({ [text]: text })).not.toMatch(acts);
  });

  it.each(Object.entries(plain))('is shown as it is: %s', (_, text) => {
    expect(displayText(text)).toBe(text);
    expect(displayLines(`${text}\n${text}`)).toBe(`${text}\n${text}`);
    expect(JSON.parse(displayJson(text))).toBe(text);
  });

  it('shows what it holds back, and stays on its line', () => {
    expect(displayText(acting.colour)).toBe('\\x1b[31mred\\x1b[0m');
    expect(displayText(acting.override)).toBe('photo\\u202egnp.exe');
    expect(displayText('cat\ncrux: done')).toBe('cat\\ncrux: done');
    expect(displayLines('cat\ncrux: done')).toBe('cat\ncrux: done');
  });

  it('is the same again for those who read the JSON', () => {
    for (const text of Object.values(acting)) expect(JSON.parse(displayJson({ text }))).toEqual({ text });
  });
});
