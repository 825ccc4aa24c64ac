/**
 * Stable Diffusion folders in every form that libraries and caches leave them in give the same pictures as the plain
 * one: tokenizer.json alone, CLIP without its prefix, numbers that are no JSON, variants, links, added tokens.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSafetensors, writeSafetensors } from '../../../../src/main/files/safetensors.ts';
import { openGenerationModel } from '../../../../src/main/models/diffusion/generation-model.ts';
import { openGenerator } from '../../../../src/main/models/diffusion/generator.ts';
import { openDiffusionModel } from '../../../../src/main/models/diffusion/model-folder.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

let root: string;
let plain: string;
/** A copy of the plain folder, to be changed. */
let folder: string;
let wanted: Uint8Array;

async function picture(path: string, prompt = 'a photo of a cat'): Promise<Uint8Array> {
  const generator = await openGenerator(
    openGenerationModel(path),
    null,
    {
      batchSize: 1,
      scheduler: 'model',
      steps: 4,
      guidanceScale: 2,
      guidanceMode: 'null-token',
      difficultyGuidance: 1,
    },
    { provider: 'cpu', threads: 1 },
  );
  try {
    const [made] = await generator.generate([
      { seed: 5, prompt, negativePrompt: '', classIndex: 0, difficulty: 0.5 },
    ]);
    return made;
  } finally {
    await generator.close();
  }
}
const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'crux-today-'));
  plain = join(root, 'plain');
  writeTinyDiffusion(plain);
  wanted = await picture(plain);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 'form-'));
  cpSync(plain, folder, { recursive: true });
});

/** As transformers 5 saves it: one file in place of two. */
function tokenizerJsonAlone(pairs: boolean, added: { id: number; content: string }[] = []): void {
  const vocab = json('tokenizer/vocab.json');
  const merges = readFileSync(join(folder, 'tokenizer/merges.txt'), 'utf8').trim().split('\n').slice(1);
  for (const name of ['vocab.json', 'merges.txt']) unlinkSync(join(folder, 'tokenizer', name));
  const model = {
    type: 'BPE',
    end_of_word_suffix: '</w>',
    vocab,
    merges: pairs ? merges.map((merge) => merge.split(' ')) : merges,
  };
  write('tokenizer/tokenizer.json', JSON.stringify({ version: '1.0', added_tokens: added, model }));
}

/** Writes a part's weights again under other names. */
function rewrite(path: string, to: string, rename: (name: string) => string): void {
  const file = openSafetensors(join(folder, path));
  const tensors = Object.fromEntries(
    [...file.tensors].map(([name, { shape }]) => [rename(name), { shape, data: file.read(name) }]),
  );
  file.close();
  unlinkSync(join(folder, path));
  writeSafetensors(join(folder, to), tensors);
}

describe('the same pictures from a folder with', () => {
  it.each([true, false])('tokenizer.json alone (merges as pairs: %s)', async (pairs) => {
    tokenizerJsonAlone(pairs);
    expect(await picture(folder)).toEqual(wanted);
  });

  it('text weights without text_model.', async () => {
    const file = 'text_encoder/model.safetensors';
    rewrite(file, file, (name) => name.replace(/^text_model\./, ''));
    expect(openDiffusionModel(folder).text.table.has('text_model.final_layer_norm.weight')).toBe(true);
    expect(await picture(folder)).toEqual(wanted);
  });

  it('numbers in its scheduler config that are no JSON', async () => {
    const config = json('scheduler/scheduler_config.json');
    const text = JSON.stringify({ ...config, note: 'NaN and "Infinity" in a text' });
    write('scheduler/scheduler_config.json', text.replace(/\}$/, ', "lambda_min_clipped": -Infinity}'));
    const { scheduler } = openDiffusionModel(folder);
    expect(scheduler.lambda_min_clipped).toBe(Number.NEGATIVE_INFINITY);
    expect(scheduler).toMatchObject({ note: 'NaN and "Infinity" in a text' });
    expect(await picture(folder)).toEqual(wanted);
  });

  it.each(['fp32', 'non_ema', 'a-name-of-its-own'])('weights of the variant %s', async (variant) => {
    for (const [part, stem] of [
      ['unet', 'diffusion_pytorch_model'],
      ['vae', 'diffusion_pytorch_model'],
      ['text_encoder', 'model'],
    ])
      renameSync(
        join(folder, part, `${stem}.safetensors`),
        join(folder, part, `${stem}.${variant}.safetensors`),
      );
    expect(await picture(folder)).toEqual(wanted);
  });

  it('the full weights beside variants', async () => {
    for (const variant of ['non_ema', 'fp16', 'aaa'])
      write(`unet/diffusion_pytorch_model.${variant}.safetensors`, 'not looked at');
    expect(await picture(folder)).toEqual(wanted);
    renameSync(
      join(folder, 'unet/diffusion_pytorch_model.safetensors'),
      join(folder, 'unet/diffusion_pytorch_model.bf16.safetensors'),
    );
    // Half precision goes before other names, and fp16 before bf16.
    expect(() => openDiffusionModel(folder)).toThrow(/diffusion_pytorch_model\.fp16\.safetensors/);
  });

  it.skipIf(process.platform === 'win32')('its files as links into a cache', async () => {
    const blobs = join(folder, 'blobs');
    const snapshot = join(folder, 'snapshots', 'main');
    mkdirSync(blobs);
    mkdirSync(snapshot, { recursive: true });
    for (const part of ['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler', 'model_index.json']) {
      renameSync(join(folder, part), join(snapshot, part));
    }
    let blob = 0;
    for (const entry of readdirSync(snapshot, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const to = join(blobs, `blob-${blob++}`);
      renameSync(file, to);
      symlinkSync(to, file);
    }
    expect(await picture(snapshot)).toEqual(wanted);
  });
});

it('finds a token that was added to the tokenizer, where the text encoder has its embedding', async () => {
  const { vocab_size } = json('text_encoder/config.json');
  tokenizerJsonAlone(true, [{ id: vocab_size, content: '<mine>' }]);
  expect(() => openDiffusionModel(folder)).toThrow(
    new RegExp(`tokenizer: it has a token of id ${vocab_size}, but the text encoder has only ${vocab_size}`),
  );
  const file = openSafetensors(join(folder, 'text_encoder/model.safetensors'));
  const tensors = Object.fromEntries(
    [...file.tensors].map(([name, { shape }]) => [name, { shape: [...shape], data: file.read(name) }]),
  );
  file.close();
  const table = tensors['text_model.embeddings.token_embedding.weight'];
  const grown = new Float32Array(table.data.length + 16).fill(0.3);
  grown.set(table.data);
  tensors['text_model.embeddings.token_embedding.weight'] = { shape: [vocab_size + 1, 16], data: grown };
  writeSafetensors(join(folder, 'text_encoder/model.safetensors'), tensors);
  write(
    'text_encoder/config.json',
    JSON.stringify({ ...json('text_encoder/config.json'), vocab_size: vocab_size + 1 }),
  );
  const { tokenizer } = openDiffusionModel(folder);
  expect([...tokenizer.encode('a <mine> cat').ids]).toContain(vocab_size);
  expect(await picture(folder)).toEqual(wanted);
  expect(await picture(folder, 'a photo of <mine>')).not.toEqual(await picture(folder, 'a photo of a'));
});

it('refuses a tokenizer.json of another kind by the field that says so', () => {
  tokenizerJsonAlone(true);
  const whole = json('tokenizer/tokenizer.json');
  write(
    'tokenizer/tokenizer.json',
    JSON.stringify({ ...whole, model: { ...whole.model, type: 'WordPiece' } }),
  );
  expect(() => openDiffusionModel(folder)).toThrow(/tokenizer\.json: model\.type: .*CLIP text encoder/);
  write(
    'tokenizer/tokenizer.json',
    JSON.stringify({ ...whole, model: { ...whole.model, end_of_word_suffix: null } }),
  );
  expect(() => openDiffusionModel(folder)).toThrow(
    /tokenizer\.json: model\.end_of_word_suffix: expected CLIP/,
  );
});
