/** Token ids against the oracle's, exactly, with the real vocabulary. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ClipTokenizer, createClipTokenizer } from '../../src/core/tokenizer/clip-bpe.ts';
import { goldenPath, hasGolden, readGoldenJson } from './read-safetensors.ts';

function load(...folder: string[]): ClipTokenizer {
  const merges = readFileSync(goldenPath(...folder, 'merges.txt'), 'utf8').split('\n');
  return createClipTokenizer({ vocab: readGoldenJson(...folder, 'vocab.json'), merges });
}

describe.skipIf(!hasGolden('tokenizer-clip'))("CLIP's tokenizer against its oracle", () => {
  it('every string has the oracle ids and count', () => {
    const tokenizer = load('tokenizer-clip');
    const cases = readGoldenJson<{ text: string; n_tokens: number; ids: number[] }[]>(
      'tokenizer-clip',
      'cases.json',
    );
    const { count } = readGoldenJson<{ count: number }>('tokenizer-clip', 'meta.json');
    expect(cases.length).toBe(count);
    for (const { text, n_tokens, ids } of cases) {
      const got = tokenizer.encode(text, { maxLength: ids.length });
      expect([...got.ids], text).toEqual(ids);
      expect(got.tokens, text).toBe(n_tokens);
      expect(got.truncated, text).toBe(n_tokens > ids.length);
    }
  });
});

describe.skipIf(!hasGolden('pipeline-tiny'))('the tokenizer of a whole model folder', () => {
  it('prompts have the oracle ids', () => {
    const tokenizer = load('pipeline-tiny', 'tokenizer');
    const oracle = readGoldenJson<{ prompts: Record<string, string>; input_ids: Record<string, number[]> }>(
      'pipeline-tiny',
      'prompts.json',
    );
    expect(Object.keys(oracle.prompts).length).toBeGreaterThan(0);
    for (const [name, text] of Object.entries(oracle.prompts)) {
      const ids = oracle.input_ids[name];
      expect([...tokenizer.encode(text, { maxLength: ids.length }).ids], name).toEqual(ids);
    }
  });
});
