import { describe, expect, it } from 'vitest';
import { countPrompts, drawPrompt } from '../../../src/core/recipes/wildcards.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { parsePrompt, parsePromptList, WildcardError } from '../../../src/shared/wildcards.ts';

/** Every prompt that 400 draws give, with how often. */
function drawn(text: string): Map<string, number> {
  const parts = parsePrompt(text);
  const seen = new Map<string, number>();
  for (let i = 0; i < 400; i++) {
    const prompt = drawPrompt(parts, rngFromSeed(3, String(i)));
    seen.set(prompt, (seen.get(prompt) ?? 0) + 1);
  }
  return seen;
}

describe('choices', () => {
  it.each([
    ['a [CLS]', ['a [CLS]']],
    ['{a|b}', ['a', 'b']],
    ['x{ in {rain|snow}| at night|}', ['x in rain', 'x in snow', 'x at night', 'x']],
    ['{|}', ['']],
    ['{one}', ['one']],
    ['{a|b}{c|d}', ['ac', 'ad', 'bc', 'bd']],
    ['red | blue', ['red | blue']],
    ['\\{a\\|b\\} \\\\ {c\\|d|e}', ['{a|b} \\ c|d', '{a|b} \\ e']],
    ['a \\b', ['a \\b']],
    ['{7 dogs|{8.5}}', ['7 dogs', '8.5']],
  ])('%s', (text, prompts) => {
    expect([...drawn(text).keys()].sort()).toEqual([...new Set(prompts)].sort());
  });

  it('are equally likely at each place', () => {
    const seen = drawn('{a|{b|c}}');
    // Five standard deviations of a binomial of 400 draws.
    expect(Math.abs(seen.get('a')! - 200)).toBeLessThan(50);
    expect(Math.abs(seen.get('b')! - 100)).toBeLessThan(44);
  });

  it('are counted', () => {
    expect(countPrompts(parsePrompt('{a|b {c|d|}} {e|f}'))).toBe(8);
    expect(countPrompts(parsePrompt('plain'))).toBe(1);
  });
});

describe('errors name the place', () => {
  it.each([
    ['a {b|c', 1, 3, 'never closed'],
    ['a {b|{c}', 1, 3, 'never closed'],
    ['a b} c', 1, 4, 'closes nothing'],
    ['line one\nand {two|2\nthree', 2, 5, 'never closed'],
    ['{2$$a|b}', 1, 2, 'repeat a choice'],
    ['{a|0.5::b}', 1, 4, 'repeat a choice'],
  ])('%j', (text, line, column, what) => {
    try {
      parsePrompt(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WildcardError);
      expect(error).toMatchObject({ line, column });
      expect((error as Error).message).toContain(`line ${line}, column ${column}: `);
      expect((error as Error).message).toContain(what);
    }
  });

  it('by the line in a list, whose blank lines and remarks count', () => {
    expect(parsePromptList(['', '# mine', 'a {b|c}  ', 'd'])).toHaveLength(2);
    expect(() => parsePromptList(['', '# {', 'fine', 'not } fine'])).toThrow('line 4, column 5: ');
  });
});
