/**
 * What prompts of each syntax condition a model with, in chunks and weighted, against the two programs' arithmetic; and
 * CLIP skip against diffusers (test/fixtures/prompts/make.py).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clipTextConfig } from '../../../../src/core/nn/clip-text.ts';
import { openSafetensors } from '../../../../src/main/files/safetensors.ts';
import type { DiffusionModel } from '../../../../src/main/models/diffusion/model-folder.ts';
import { openPromptReader } from '../../../../src/main/models/diffusion/prompt-reader.ts';
import { openTextEncoder } from '../../../../src/main/models/diffusion/sessions.ts';
import type { TextEncoder } from '../../../../src/main/models/diffusion/text-encoder.ts';
import { openClipTokenizer } from '../../../../src/main/models/diffusion/tokenizer-folder.ts';
import { openPart, underPrefix } from '../../../../src/main/models/stored-part.ts';
import type { PromptSyntaxName } from '../../../../src/shared/prompting.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = join(import.meta.dirname, '../../../fixtures/prompts');
const expected = openSafetensors(join(folder, 'expected.safetensors'));
const { cases } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as {
  cases: { syntax: PromptSyntaxName; prompt: string }[];
};

const tokenizer = openClipTokenizer(join(folder, 'tokenizer'));
const part = openPart(join(folder, 'text_encoder'), 'text encoder', 'model', clipTextConfig);
/** A model as far as its text encoder goes. */
const model = {
  text: underPrefix(part, 'text_model.'),
  tokenizer,
  textLength: 77,
  textWidth: part.config.hidden_size,
  additions: { loras: [], tokens: [] },
} as unknown as DiffusionModel & { textWidth: number };

let text: TextEncoder;
beforeAll(async () => {
  text = await openTextEncoder(model, cpu);
});
afterAll(async () => {
  await text.close();
});

const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

it.each(cases.map((one, i) => ({ ...one, i })))('$syntax: $prompt', async ({ syntax, prompt, i }) => {
  const reader = openPromptReader(model, { promptSyntax: syntax, longPrompts: 'chunks' });
  const [tokens, width] = expected.tensors.get(`case.${i}`)!.shape;
  const chunks = reader.read(prompt).chunks.length;
  expect([chunks * 77, 8]).toEqual([tokens, width]);
  const states = await reader.states(text, prompt, chunks);
  expect(furthest(states, expected.read(`case.${i}`))).toBeLessThan(1e-5);
});

it('fills a shorter prompt up with chunks that hold no text', async () => {
  const reader = openPromptReader(model, { promptSyntax: 'plain', longPrompts: 'chunks' });
  const two = await reader.states(text, 'a cat', 2);
  expect(two.slice(0, 77 * 8)).toEqual(await reader.states(text, 'a cat', 1));
  expect(two.slice(77 * 8)).toEqual((await text.encode('')).states);
});

it('a cut prompt is the first chunk alone, and says how many tokens were cut', async () => {
  const long = 'red cat '.repeat(50);
  const cut = openPromptReader(model, { promptSyntax: 'plain', longPrompts: 'truncate' });
  expect(cut.read(long).cut).toBe(25);
  expect(await cut.states(text, long, 1)).toEqual((await text.encode(long)).states);
});

it.each([1, 2, 3])('CLIP skip %d is the layer that diffusers takes', async (skip) => {
  const encoder = await openTextEncoder(model, cpu, skip);
  const { states } = await encoder.encode('a photo of a red cat');
  await encoder.close();
  expect(furthest(states, expected.read(`skip.${skip}`))).toBeLessThan(1e-5);
  if (skip > 1) expect(furthest(states, expected.read('skip.1'))).toBeGreaterThan(0.01);
});

it('CLIP skip beyond the first layer says how many there are', async () => {
  await expect(openTextEncoder(model, cpu, 4)).rejects.toThrow(
    'CLIP skip 4: the text encoder has 3 layers; expected 1 (the last) to 3',
  );
});
