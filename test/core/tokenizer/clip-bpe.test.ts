import { describe, expect, it } from 'vitest';
import { createClipTokenizer, splitText } from '../../../src/core/tokenizer/clip-bpe.ts';
import { trainClipBpe } from '../../../src/core/tokenizer/clip-bpe-trainer.ts';

const classes = ['teapot', 'bicycle', 'lantern', 'violin', 'castle', 'robot'];
const texts = classes.flatMap((name) => [`a photo of a ${name}`, `a photo of a red ${name}, 4k`]);
const bpe = trainClipBpe(texts, { merges: 400 });
const tokenizer = createClipTokenizer(bpe);
const token = new Map(Object.entries(bpe.vocab).map(([name, id]) => [id, name]));
/** The inner tokens as words. */
const words = (text: string) => {
  const { ids, tokens } = tokenizer.encode(text, { maxLength: 200 });
  return Array.from(ids.subarray(1, tokens - 1), (id) => token.get(id));
};

describe('training', () => {
  it('makes a vocabulary of 512 byte tokens, the merges and two specials, ids without gaps', () => {
    const size = Object.keys(bpe.vocab).length;
    expect(Object.values(bpe.vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
    expect(bpe.vocab['!']).toBe(0);
    expect(bpe.vocab['!</w>']).toBe(256);
    expect(bpe.vocab['<|startoftext|>']).toBe(size - 2);
    expect(bpe.vocab['<|endoftext|>']).toBe(size - 1);
    expect(size).toBeLessThanOrEqual(514 + bpe.merges.length);
    for (const merge of bpe.merges) expect(bpe.vocab).toHaveProperty([merge.replace(' ', '')]);
  });
  it('gives every word seen often a token of its own', () => {
    for (const name of classes) expect(words(name)).toEqual([`${name}</w>`]);
    expect(words('a photo of a red robot, 4k')).toEqual(
      ['a', 'photo', 'of', 'a', 'red', 'robot', ',', '4', 'k'].map((w) => `${w}</w>`),
    );
  });
  it('merges the most frequent pair first, ties in code-unit order, and stops below minCount', () => {
    // ab: 3, bc: 3 (with the end mark), ad: 1
    const tiny = trainClipBpe(['abc abc abc ad'], { merges: 10 });
    expect(tiny.merges).toEqual(['a b', 'ab c</w>']);
    expect(trainClipBpe(['abc abc abc ad'], { merges: 1 }).merges).toEqual(['a b']);
    expect(trainClipBpe(['ad'], { merges: 5, minCount: 1 }).merges).toEqual(['a d</w>']);
    expect(trainClipBpe([], { merges: 5 }).merges).toEqual([]);
  });
  it('does not depend on the order of the texts', () => {
    expect(trainClipBpe([...texts].reverse(), { merges: 400 })).toEqual(bpe);
  });
});

describe('encoding', () => {
  it('pads with the end token, counts and truncates', () => {
    const start = bpe.vocab['<|startoftext|>'];
    const end = bpe.vocab['<|endoftext|>'];
    expect([...tokenizer.encode('', { maxLength: 4 }).ids]).toEqual([start, end, end, end]);
    const whole = tokenizer.encode('a red robot', { maxLength: 5 });
    expect(whole).toMatchObject({ tokens: 5, truncated: false });
    expect(whole.ids[4]).toBe(end);
    const cut = tokenizer.encode('a red robot', { maxLength: 4 });
    expect(cut).toMatchObject({ tokens: 5, truncated: true });
    expect([...cut.ids]).toEqual([start, bpe.vocab['a</w>'], bpe.vocab['red</w>'], end]);
    expect(tokenizer.encode('a').ids.length).toBe(77);
    const bang = createClipTokenizer({ ...bpe, padToken: '!' });
    expect([...bang.encode('', { maxLength: 4 }).ids]).toEqual([start, end, 0, 0]);
    expect(() => tokenizer.encode('a', { maxLength: 1 })).toThrow(/maxLength 1/);
  });
  it('encodes any text by bytes, lone surrogates as U+FFFD', () => {
    expect(words('é')).toEqual(['Ã', '©</w>']);
    expect(words('\ud800')).toEqual(['ï', '¿', '½</w>']);
    expect(words('\u{1f431}')).toEqual(['ð', 'Ł', 'Ĳ', '±</w>']);
    expect(words('constructor').join('').replace('</w>', '')).toBe('constructor');
  });
  it('lowers a capital sigma alike within a word and at its end', () => {
    expect(splitText('ΣΑΣ')).toEqual(['σασ']);
  });

  it('normalises: NFC, white space, lower case; entities stay', () => {
    expect(splitText(' Cafe\u0301\u00a0\t IT\u2019S &amp; ')).toEqual([
      'caf\u00e9',
      'it',
      '\u2019',
      's',
      '&',
      'amp',
      ';',
    ]);
    expect(splitText("it's 12 o'clock, they'll")).toEqual([
      'it',
      "'s",
      '1',
      '2',
      'o',
      "'",
      'clock',
      ',',
      'they',
      "'ll",
    ]);
    expect(splitText('x<|endoftext|>y')).toEqual(['x', '<|endoftext|>', 'y']);
    expect(words('<|startoftext|>')).toEqual(['<|startoftext|>']);
  });
  it('refuses files that are not a CLIP vocabulary', () => {
    expect(() => createClipTokenizer({ vocab: { a: 0 }, merges: [] })).toThrow(/no <\|startoftext\|>/);
    expect(() => createClipTokenizer({ ...bpe, merges: ['a b c'] })).toThrow(/merge "a b c"/);
    expect(() => createClipTokenizer({ ...bpe, merges: ['#version: 0.2', 'a b\r', ''] })).not.toThrow();
  });
});
