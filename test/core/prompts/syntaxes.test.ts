import { describe, expect, it } from 'vitest';
import { a1111 } from '../../../src/core/prompts/a1111.ts';
import { comfyui } from '../../../src/core/prompts/comfyui.ts';
import { plain } from '../../../src/core/prompts/plain.ts';
import { asText, putIn } from '../../../src/core/prompts/put-in.ts';
import type { PromptSyntax } from '../../../src/core/prompts/syntax.ts';
import { unreadSyntax } from '../../../src/core/prompts/syntaxes.ts';
import { writtenPrompts } from '../../../src/core/prompts/written.ts';
import { generateParams } from '../../../src/shared/jobs/generate.ts';

/** "text@weight" of each run, sections apart. */
const read = (syntax: PromptSyntax, prompt: string) =>
  syntax
    .read(prompt)
    .sections.map((runs) =>
      runs
        .filter(({ text }) => text !== '')
        .map(({ text, weight }) => `${text}@${Number(weight.toFixed(6))}`),
    );

describe('plain', () => {
  it.each(['(a:1.3) [b] BREAK <lora:x:1>', '', 'a \\(b\\)'])('%s is text', (prompt) => {
    expect(plain.read(prompt)).toEqual({ sections: [[{ text: prompt, weight: 1 }]], loras: [] });
  });
});

describe('a1111', () => {
  // The first six are the examples of the web UI's own parser.
  it.each([
    ['normal text', [['normal text@1']]],
    ['an (important) word', [['an @1', 'important@1.1', ' word@1']]],
    ['(unbalanced', [['unbalanced@1.1']]],
    ['\\(literal\\]', [['(literal]@1']]],
    ['(unnecessary)(parens)', [['unnecessaryparens@1.1']]],
    [
      'a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).',
      [
        [
          'a @1',
          'house@1.573',
          ' @1.1',
          'on@1',
          ' a @1.1',
          'hill@0.55',
          ', sun, @1.1',
          'sky@1.4641',
          '.@1.1',
        ],
      ],
    ],
    ['((word))', [['word@1.21']]],
    ['[word] [[word]]', [['word@0.909091', ' @1', 'word@0.826446']]],
    ['(a (b:1.5) c:2)', [['a @2', 'b@3', ' c@2']]],
    ['a) b] :1.3)', [['a) b] :1.3)@1']]],
    ['a \\\\ b \\c', [['a \\ b c@1']]],
    ['a BREAK b  BREAK', [['a@1'], ['b@1']]],
    ['BREAK a', [[], ['a@1']]],
    ['(a BREAK b:1.5) c', [['a@1.5'], ['b@1.5', ' c@1']]],
    ['BREAKS aBREAK', [['BREAKS aBREAK@1']]],
    ['[cat:dog]', [['cat:dog@0.909091']]],
    ['(at 10:30 pm)', [['at 10:30 pm@1.1']]],
    ['(cat: 1.3) (cat:1.2 ) (cat : .5 )', [['cat@1.3', ' @1', 'cat@1.2', ' @1', 'cat @0.5']]],
  ])('%s', (prompt, runs) => {
    expect(read(a1111, prompt)).toEqual(runs);
  });

  it.each([
    ['[cat:dog:0.5]', '[cat:dog:0.5] is prompt editing'],
    ['a [(cat:1.2)::0.25]', '[(cat:1.2)::0.25] is prompt editing'],
    ['a [b:3]', '[b:3] is prompt editing'],
    ['[cat|dog]', '[cat|dog] alternates from step to step'],
    ['([a|(b:1.1)])', '[a|(b:1.1)] alternates'],
    ['a cat AND a dog', 'AND composes an image of several prompts'],
    ['(a:1.2.3)', 'a weight that is no number'],
    ['<hypernet:x:1>', '<hypernet:x:1> asks for a hypernet'],
    ['<lora:x:1:0.5>', '<lora:x:1:0.5> gives a LoRA several weights'],
    ['<lora:x:te=1>', 'gives a LoRA several weights'],
    ['<lora:x:much>', 'expected a weight from -10 to 10'],
    ['<lora:x:11>', 'expected a weight from -10 to 10'],
    ['<lora::1>', 'names no LoRA'],
    ['<lora:x> <lora:x:1>', 'LoRA x is named twice'],
  ])('%s is refused by name', (prompt, sentence) => {
    expect(() => a1111.read(prompt)).toThrow(sentence);
  });

  it('takes LoRAs out of the text', () => {
    expect(a1111.read('a (cat<lora:soft look:0.8>) <lora:x><lyco:y:-1>')).toEqual({
      sections: [
        [
          { text: 'a ', weight: 1 },
          { text: 'cat', weight: 1.1 },
          { text: ' ', weight: 1 },
        ],
      ],
      loras: [
        { name: 'soft look', weight: 0.8 },
        { name: 'x', weight: null },
        { name: 'y', weight: -1 },
      ],
    });
  });
});

describe('comfyui', () => {
  it.each([
    ['a (word) b', [['a @1', 'word@1.1', ' b@1']]],
    ['((word))', [['word@1.21']]],
    ['(a (b:1.5) c:2)', [['a @2', 'b@1.5', ' c@2']]],
    ['(a (b) c:2)', [['a @2', 'b@2.2', ' c@2']]],
    ['[word] BREAK', [['[word] BREAK@1']]],
    ['(a: 1.3 ) (b:x) (:2)', [['a@1.3', ' @1', 'b:x@1.1', ' @1', ':2@1.1']]],
    ['(a', [['(a@1']]],
    ['(a (b)', [['a @1.1', '(b@1.1']]],
    ['a) (b)', [['a) (b)@1']]],
    ['a \\(b\\) (c\\))', [['a (b) @1', 'c)@1.1']]],
    ['a \\[b\\]', [['a \\[b\\]@1']]],
    ['a <lora:x:0.5>b', [['a b@1']]],
  ])('%s', (prompt, runs) => {
    expect(read(comfyui, prompt)).toEqual(runs);
  });
});

describe.each([
  ['a1111', a1111],
  ['comfyui', comfyui],
] as const)('%s reads what is put into a prompt as text', (_, syntax) => {
  it.each([
    'crane (bird) [2] (x:1.3)',
    'screen 4:3',
    'BREAK',
    'AND gate',
    'a|b',
    'cat:0.5',
    '<lora:x:1>',
    'a\\',
    '\\(',
    ')(',
    'embedding:x',
    '熊 🐻 {a|b}',
  ])('%s', (name) => {
    expect(read(syntax, `a (${putIn(name)}) b`)).toEqual([['a @1', `${name}@1.1`, ' b@1']]);
    expect(read(syntax, `(${putIn(name)}:1.5)`)).toEqual([[`${name}@1.5`]]);
    expect(asText(putIn(name))).toBe(name);
    const bracketed = read(syntax, `[${putIn(name)}]`);
    expect(bracketed).toEqual([[syntax === a1111 ? `${name}@0.909091` : `[${name}]@1`]]);
  });

  it('and errors and LoRA names have it as it is', () => {
    expect(syntax.read(`<lora:${putIn('a:b')}:0.5>`).loras).toEqual([{ name: 'a:b', weight: 0.5 }]);
    expect(() => syntax.read(`<lora:${putIn('a:b')}:much>`)).toThrow('<lora:a:b:much>: expected a weight');
  });
});

describe('syntax that is not read', () => {
  it.each([
    ['plain', '(cat:1.3)', '(cat:1.3)'],
    ['plain', '(cat: 1.3 )', '(cat: 1.3 )'],
    ['plain', '((cat))', '((cat))'],
    ['plain', 'a <lora:x:0.8>', '<lora:x:0.8>'],
    ['plain', 'a BREAK b', 'BREAK'],
    ['plain', 'miku \\(singer\\)', '\\(, \\)'],
    ['plain', '[a:b:0.5]', '[a:b:0.5]'],
    ['plain', 'embedding:mine, a', 'embedding:mine'],
    ['comfyui', 'a BREAK b', 'BREAK'],
    ['a1111', 'embedding:mine', 'embedding:mine'],
  ] as const)('%s: %s', (syntax, prompt, found) => {
    expect(unreadSyntax(syntax, ['a cat', prompt])?.split(': the prompt syntax')[0]).toBe(found);
  });

  it.each([
    ['plain', 'a photo of a cat (on a mat), at 10:30, "[sic]" breaks <mine> {a|b} [CLS]'],
    ['a1111', '((a:1.3)) [b] BREAK <lora:x:1>'],
    ['comfyui', '((a:1.3)) [b] <lora:x:1>'],
  ] as const)('%s: nothing in %s', (syntax, prompt) => {
    expect(unreadSyntax(syntax, [prompt])).toBeNull();
  });

  it('is one sentence for all prompts, each form once', () => {
    expect(unreadSyntax('plain', ['(a:1)', '(a:1)', '(b:1)', '(c:1)', '(d:1)'])).toBe(
      '(a:1), (b:1), (c:1) and 1 more: the prompt syntax Plain text reads this as text. Choose the syntax that the prompt was written for, or take it out.',
    );
  });

  it('is looked for in the prompts that are used', () => {
    const params = generateParams.parse({
      datasetId: 1,
      classes: ['red'],
      promptSource: 'list',
      prompt: '(unused:1.2)',
      prompts: ['one', 'two'],
      negativePrompt: 'bad',
      firstPrompts: ['first'],
    });
    expect(writtenPrompts(params)).toEqual(['one', 'two', 'bad', 'first']);
  });
});
