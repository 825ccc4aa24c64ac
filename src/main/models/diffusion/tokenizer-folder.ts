/**
 * Owns CLIP's tokenizer as a folder: vocab.json and merges.txt, or tokenizer.json alone; the special tokens that its
 * configs name, and the tokens that were added to it later.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type ClipTokenizer,
  type ClipTokenizerData,
  createClipTokenizer,
} from '../../../core/tokenizer/clip-bpe.ts';
import { readTokenizerJson } from '../../../core/tokenizer/tokenizer-json.ts';
import { isRecord } from '../../files/safetensors-header.ts';
import { readUserText } from '../../files/user-file.ts';
import { withinFile } from '../../files/within-file.ts';
import { readModelJson } from '../stored-part.ts';

const MAX_MERGES_BYTES = 32 * 1024 * 1024;

const specialToken = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const settings = z.object({
  bos_token: specialToken,
  eos_token: specialToken,
  pad_token: specialToken,
  /** Of tokenizer_config.json: every token beside the vocabulary, by its id. */
  added_tokens_decoder: z.record(z.string(), z.object({ content: z.string() })).optional(),
});
type Settings = z.infer<typeof settings>;

/** Whether a folder holds a tokenizer at all. */
export const holdsTokenizer = (folder: string): boolean =>
  ['vocab.json', 'tokenizer.json'].some((name) => existsSync(join(folder, name)));

/**
 * Where a config names no special token, CLIP's own are taken. Stable Diffusion 1 pads with the end token,
 * 2 with "!"; special_tokens_map.json goes before tokenizer_config.json, as in the library that writes them.
 * @param padToken goes before what the folder says.
 * @throws naming the file that is missing or unfit.
 */
export function openClipTokenizer(folder: string, padToken?: string): ClipTokenizer {
  const named = (file: string): Partial<Settings> => {
    const path = join(folder, file);
    if (!existsSync(path)) return {};
    const parsed = settings.safeParse(readModelJson(path, "the tokenizer's special tokens"));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Error(`${path}: ${issue.path.join('.') || 'value'}: ${issue.message}`);
  };
  const config = named('tokenizer_config.json');
  const tokens = { ...config, ...named('special_tokens_map.json') };
  const token = (name: 'bos_token' | 'eos_token' | 'pad_token') => {
    const value = tokens[name] ?? undefined;
    return typeof value === 'object' ? value.content : value;
  };
  const data = vocabularyOf(folder);
  const vocab = data.vocab instanceof Map ? data.vocab : new Map(Object.entries(data.vocab));
  const added = new Map(data.added);
  for (const [id, { content }] of Object.entries(config.added_tokens_decoder ?? {}))
    if (!vocab.has(content)) added.set(content, Number(id));
  return withinFile(folder, () =>
    createClipTokenizer({
      ...data,
      added,
      startToken: token('bos_token'),
      endToken: token('eos_token'),
      padToken: padToken ?? token('pad_token'),
    }),
  );
}

function vocabularyOf(folder: string): Pick<ClipTokenizerData, 'vocab' | 'merges' | 'added'> {
  const whole = join(folder, 'tokenizer.json');
  const vocabulary = join(folder, 'vocab.json');
  if (!existsSync(vocabulary) && existsSync(whole)) {
    const json = readModelJson<unknown>(whole, 'the tokenizer');
    return withinFile(whole, () => readTokenizerJson(json));
  }
  const merges = join(folder, 'merges.txt');
  if (!existsSync(merges)) {
    throw new Error(`${merges} is missing: the tokenizer's merges, or tokenizer.json in place of both files`);
  }
  const vocab = tokensOf(vocabulary, "the tokenizer's vocabulary");
  const later = join(folder, 'added_tokens.json');
  return {
    vocab,
    merges: readUserText(merges, { maxBytes: MAX_MERGES_BYTES, wanted: 'text' })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#version')),
    added: existsSync(later)
      ? new Map([...tokensOf(later, "the tokenizer's added tokens")].filter(([token]) => !vocab.has(token)))
      : undefined,
  };
}

function tokensOf(file: string, what: string): Map<string, number> {
  const json = readModelJson<unknown>(file, what);
  if (!isRecord(json)) throw new Error(`${file}: expected an object of tokens and their ids`);
  const tokens = new Map<string, number>();
  for (const [token, id] of Object.entries(json)) {
    if (!Number.isInteger(id) || (id as number) < 0)
      throw new Error(
        `${file}: the id of token "${token}" is ${JSON.stringify(id)}, expected a whole number`,
      );
    tokens.set(token, id as number);
  }
  return tokens;
}
