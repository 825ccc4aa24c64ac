/** Owns CLIP's tokenizer as a folder: vocab.json and merges.txt, and the special tokens that its configs name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClipTokenizer, createClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';
import { readModelJson } from '../models/stored-part.ts';
import { isRecord } from '../safetensors-header.ts';
import { readUserText } from '../user-file.ts';
import { withinFile } from '../within-file.ts';

const MAX_MERGES_BYTES = 32 * 1024 * 1024;

type SpecialToken = string | { content: string };
type SpecialTokens = Partial<Record<'bos_token' | 'eos_token' | 'pad_token', SpecialToken | null>>;

/**
 * Where a config names no special token, CLIP's own are taken. Stable Diffusion 1 pads with the end token,
 * 2 with "!"; special_tokens_map.json goes before tokenizer_config.json, as in the library that writes them.
 * @throws naming the file that is missing or unfit.
 */
export function openClipTokenizer(folder: string): ClipTokenizer {
  const merges = join(folder, 'merges.txt');
  if (!existsSync(merges)) throw new Error(`${merges} is missing: the tokenizer's merges`);
  const named = (file: string): SpecialTokens => {
    const path = join(folder, file);
    return existsSync(path) ? readModelJson(path, "the tokenizer's special tokens") : {};
  };
  const tokens = { ...named('tokenizer_config.json'), ...named('special_tokens_map.json') };
  const token = (name: keyof SpecialTokens) => {
    const value = tokens[name] ?? undefined;
    return typeof value === 'object' ? value.content : value;
  };
  const vocabulary = join(folder, 'vocab.json');
  const vocab = readModelJson<Record<string, number>>(vocabulary, "the tokenizer's vocabulary");
  if (!isRecord(vocab)) throw new Error(`${vocabulary}: wanted an object of tokens and their ids`);
  const data = {
    vocab,
    merges: readUserText(merges, { maxBytes: MAX_MERGES_BYTES })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#version')),
    startToken: token('bos_token'),
    endToken: token('eos_token'),
    padToken: token('pad_token'),
  };
  return withinFile(folder, () => createClipTokenizer(data));
}
