/**
 * Owns reading CLIP's tokenizer from tokenizer.json, the one file that transformers saves since version 5: vocabulary,
 * merges, and the tokens that were added later.
 */
import { z } from 'zod';
import type { ClipTokenizerData } from './clip-bpe.ts';

const id = z.int().min(0).max(10_000_000);

const tokenizerJson = z.object({
  model: z.object({
    type: z.literal('BPE').optional(),
    end_of_word_suffix: z.literal('</w>', "expected CLIP's end-of-word mark, </w>"),
    vocab: z.map(z.string(), id),
    /** Pairs, or in older files "left right". */
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
  added_tokens: z.array(z.object({ id, content: z.string().min(1) })).default([]),
});

/** @throws naming the field that is not as CLIP's tokenizer has it. */
export function readTokenizerJson(json: unknown): Pick<ClipTokenizerData, 'vocab' | 'merges' | 'added'> {
  const model = (json as { model?: { vocab?: unknown } } | null)?.model;
  const vocab = model?.vocab;
  // A Map: "__proto__" and "constructor" are tokens like any other.
  const asMap = vocab !== null && typeof vocab === 'object' ? new Map(Object.entries(vocab)) : vocab;
  const parsed = tokenizerJson.safeParse({ ...(json as object), model: { ...model, vocab: asMap } });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue.path.join('.')}: ${issue.message}; is it the tokenizer of a CLIP text encoder?`);
  }
  const { vocab: ids, merges } = parsed.data.model;
  const added = parsed.data.added_tokens.filter(({ content }) => !ids.has(content));
  return {
    vocab: ids,
    merges: merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    added: new Map(added.map((token) => [token.content, token.id])),
  };
}
