/** LoRA and learned tokens on a tiny model, and the adapter files that people have. */
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../../../../src/core/nn/adapters/lora-adapter.ts';
import { writeLearnedToken } from '../../../../src/core/nn/adapters/textual-inversion.ts';
import type { DifficultyEncoderConfig } from '../../../../src/core/nn/difficulty-encoder.ts';
import { randn, rngFromSeed } from '../../../../src/core/rng.ts';
import { openDifficultyTrainer } from '../../../../src/main/engine/bodies/train/difficulty-training.ts';
import { writeSafetensors } from '../../../../src/main/files/safetensors.ts';
import { readAdapter, writeAdapter } from '../../../../src/main/models/diffusion/adapter-file.ts';
import {
  type DiffusionModel,
  type ModelAdditions,
  noAdditions,
  openDiffusionModel,
} from '../../../../src/main/models/diffusion/model-folder.ts';
import {
  type DifficultyAdapter,
  latentShape,
  openNoisePredictor,
  openTextEncoder,
} from '../../../../src/main/models/diffusion/sessions.ts';
import { readEmbeddingFile, readLoraFile, writeLoraFile } from '../../../../src/main/models/lora-file.ts';
import { loraLayer } from '../../../core/nn/lora-layer.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-adapters-'));
const path = (name: string) => join(folder, name);
let base: DiffusionModel;

const with_ = (additions: Partial<ModelAdditions>): DiffusionModel => ({
  ...base,
  additions: { ...noAdditions, ...additions },
});
const seeded = (...shape: number[]) => ({
  shape,
  data: randn(
    shape.reduce((a, b) => a * b, 1),
    rngFromSeed(shape.join().length),
  ),
});

async function noiseOf(model: DiffusionModel, adapter: DifficultyAdapter | null = null): Promise<number[]> {
  const tokens = model.textLength;
  const predictor = await openNoisePredictor(model, cpu, 1, tokens, adapter);
  const width = model.unet.config.cross_attention_dim;
  const sample = randn(latentShape(model).numbers, rngFromSeed(1));
  const out = await predictor.predict(sample, 500, randn(tokens * width, rngFromSeed(2)));
  await predictor.close();
  return [...out];
}
async function statesOf(model: DiffusionModel, prompt: string): Promise<number[]> {
  const text = await openTextEncoder(model, cpu);
  const { states } = await text.encode(prompt);
  await text.close();
  return [...states];
}
const furthest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i])));

beforeAll(async () => {
  writeTinyDiffusion(path('model'));
  base = openDiffusionModel(path('model'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what Crux trains', () => {
  let trained: DifficultyAdapter;
  beforeAll(async () => {
    const { numbers } = latentShape(base);
    const samples = [0, 1].map((i) => ({ latent: i, classIndex: i, difficulty: i }));
    const states = randn(base.textLength * 16, rngFromSeed(7));
    const latents = { mean: randn(2 * numbers, rngFromSeed(1)), deviation: new Float32Array(2 * numbers) };
    const lora = { rank: 2, alpha: 3 };
    const encoder: DifficultyEncoderConfig = {
      classes: 2,
      width: 16,
      tokens: 1,
      hidden: 8,
      depth: 2,
      labelEncoding: 'one-hot',
      scoreFeatures: 'fourier',
      frequencies: 1,
      placement: 'overwrite',
      tokenNorm: true,
    };
    const trainer = await openDifficultyTrainer(
      base,
      latents,
      samples,
      { ofClass: [states, states], empty: states },
      {
        batchSize: 2,
        lora,
        encoder,
        loraLearningRate: 0.05,
        encoderLearningRate: 0.01,
        minSnrGamma: null,
        conditionDropout: 0,
        textDropout: 0,
        balanced: false,
        seed: 3,
      },
      cpu,
    );
    for (let i = 0; i < 5; i++) await trainer.step();
    trained = { lora, encoder, ...trainer.weights() };
    await trainer.close();
    await writeAdapter(
      path('trained'),
      {
        format: 1,
        kind: 'difficulty',
        baseModelId: 'builtin:diffusion',
        baseModelHash: 'none',
        classes: ['cup', 'cat'],
        prompt: 'a photo of a [CLS]',
        scorer: { name: 's', modelHash: 'h' },
        lora: trained.lora,
        encoder: trained.encoder,
        steps: 5,
        finalLoss: 1,
      },
      trained,
    );
  });

  it.each(['diffusers', 'kohya'] as const)(
    'gives the same noise when read back from the %s layout',
    async (layout) => {
      const [inside, plain] = [await noiseOf(base, trained), await noiseOf(base)];
      expect(furthest(inside, plain)).toBeGreaterThan(1e-2);
      const read = readLoraFile(path('trained'));
      expect([...read.unet.values()].every((pair) => pair.alpha === 3)).toBe(true);
      const file = path(`${layout}.safetensors`);
      writeLoraFile(file, read, layout);
      const again = readLoraFile(file);
      expect(again.unet).toEqual(read.unet);
      const loras = [{ name: 'trained', adapter: again, weight: 1 }];
      expect(furthest(await noiseOf(with_({ loras })), inside)).toBeLessThan(1e-5);
      expect(readAdapter(path('trained')).adapter.loraWeights.size).toBe(2 * read.unet.size);
    },
  );

  it('adds to other adapters by their weights', async () => {
    const adapter = readLoraFile(path('trained'));
    const halves = [0.25, 0.75].map((weight) => ({ name: 'trained', adapter, weight }));
    expect(furthest(await noiseOf(with_({ loras: halves })), await noiseOf(base, trained))).toBeLessThan(
      1e-5,
    );
    const undone = [{ name: 'trained', adapter, weight: -1 }];
    expect(furthest(await noiseOf(with_({ loras: undone }), trained), await noiseOf(base))).toBeLessThan(
      1e-5,
    );
  });
});

describe('adapters of others', () => {
  const pair = (down: number[], up: number[]) => loraLayer(seeded(...down), seeded(...up), 1);
  const adapter = (parts: Partial<Pick<LoraAdapter, 'unet' | 'text_encoder'>>): ModelAdditions['loras'] => [
    { name: 'other', adapter: { layout: '', unet: new Map(), text_encoder: new Map(), ...parts }, weight: 1 },
  ];

  it('adapt convolutions and the text encoder', async () => {
    const unet = new Map([
      ['down_blocks.0.resnets.0.conv1', pair([2, 8, 3, 3], [8, 2, 1, 1])],
      ['down_blocks.0.attentions.0.proj_in', pair([2, 8], [8, 2])],
      ['down_blocks.0.downsamplers.0.conv', pair([2, 8, 3, 3], [8, 2, 1, 1])],
    ]);
    expect(furthest(await noiseOf(with_({ loras: adapter({ unet }) })), await noiseOf(base))).toBeGreaterThan(
      1e-2,
    );
    const text_encoder = new Map([['text_model.encoder.layers.0.mlp.fc1', pair([1, 16], [32, 1])]]);
    const states = await statesOf(with_({ loras: adapter({ text_encoder }) }), 'a cup');
    expect(furthest(states, await statesOf(base, 'a cup'))).toBeGreaterThan(1e-2);
  });

  it('that another model has been the base of are refused by the names of their layers', async () => {
    const unet = new Map([['down_blocks.7.resnets.0.conv1', pair([2, 8, 3, 3], [8, 2, 1, 1])]]);
    await expect(noiseOf(with_({ loras: adapter({ unet }) }))).rejects.toThrow(
      'other: unet.down_blocks.7.resnets.0.conv1: the U-Net has no such layer',
    );
    const text_encoder = new Map([['text_model.encoder.layers.0.mlp.fc1', pair([1, 17], [32, 1])]]);
    await expect(statesOf(with_({ loras: adapter({ text_encoder }) }), 'a')).rejects.toThrow(
      'layer takes [1,16]',
    );
  });
});

it('an adapter that no graph can hold is refused before it is read', () => {
  const file = path('whole-model.safetensors');
  const numbers = 2 ** 29;
  const entry = { dtype: 'F8_E4M3', shape: [1, numbers], data_offsets: [0, numbers] };
  const header = Buffer.from(JSON.stringify({ 'lora_unet_conv_in.diff': entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header]));
  truncateSync(file, 8 + header.length + numbers); // a hole
  expect(() => readLoraFile(file)).toThrow(
    'its tensors take 2.1 GB as 32-bit numbers, and at most 2.1 GB go into',
  );
  rmSync(file);
});

describe('learned tokens', () => {
  it('stand for their vectors in a prompt', async () => {
    const cat = { token: '<cat>', vectors: seeded(2, 16) };
    writeSafetensors(path('cat.safetensors'), Object.fromEntries(writeLearnedToken(cat)));
    writeSafetensors(path('my cat.safetensors'), { emb_params: cat.vectors });
    const tokens = readEmbeddingFile(path('cat.safetensors'));
    expect(tokens).toEqual([cat]);
    expect(readEmbeddingFile(path('my cat.safetensors'))).toEqual([{ ...cat, token: '<my-cat>' }]);
    const learned = await statesOf(with_({ tokens }), 'a photo of <cat>');
    expect(furthest(learned, await statesOf(with_({ tokens }), 'a photo of'))).toBeGreaterThan(1e-2);
    expect(await statesOf(with_({ tokens }), 'a photo of')).toEqual(await statesOf(base, 'a photo of'));

    // A learned token with a vocabulary word's own vector is that word.
    const weights = 'text_model.embeddings.token_embedding.weight';
    const { openSafetensors } = await import('../../../../src/main/files/safetensors.ts');
    const stored = openSafetensors(base.text.file);
    const id = base.tokenizer.encode('cup', { maxLength: 12 }).ids[1];
    const vector = stored.read(weights).slice(id * 16, id * 16 + 16);
    stored.close();
    const same = [{ token: 'Sks', vectors: { shape: [1, 16], data: vector } }];
    expect(await statesOf(with_({ tokens: same }), 'a Sks')).toEqual(await statesOf(base, 'a cup'));
  });

  it('of another width, or twice, are refused', async () => {
    const wide = [{ token: '<a>', vectors: seeded(1, 24) }];
    await expect(statesOf(with_({ tokens: wide }), 'a')).rejects.toThrow(
      'vectors of 24 numbers, the text encoder has 16',
    );
    const one = { token: '<a>', vectors: seeded(1, 16) };
    await expect(statesOf(with_({ tokens: [one, one] }), 'a')).rejects.toThrow('token <a> is there twice');
  });
});

const shared = join(import.meta.dirname, '../../../../../shared');
const files = join(shared, 'data/models/lora');
if (!existsSync(files)) console.log(`skipped: adapter files of shared/data are not at ${files}`);

describe.skipIf(!existsSync(files))('adapter files of shared/data', () => {
  it.each([
    ['diffusers_sd15_rank4', 'attention processors', 128, 0, 4],
    ['cloneofsimo_rank4_f16', 'numbered', 144, 48, 4],
    ['cloneofsimo_rank1_with_embeds', 'numbered', 144, 48, 1],
  ])('%s is read', (name, layout, unet, text, rank) => {
    const read = readLoraFile(join(files, `${name}.safetensors`));
    expect([read.layout, read.unet.size, read.text_encoder.size]).toEqual([layout, unet, text]);
    for (const pair of [...read.unet.values(), ...read.text_encoder.values()]) {
      expect([pair.rank, pair.alpha]).toEqual([rank, rank]);
    }
    const q = read.unet.get('up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_k')!;
    expect([q.tensors.down?.shape, q.tensors.up?.shape]).toEqual([
      [rank, 768],
      [320, rank],
    ]);
  });

  it('their learned tokens are read', () => {
    const found = (name: string) =>
      readEmbeddingFile(join(files, `${name}.safetensors`)).map(({ token, vectors }) => [
        token,
        vectors.shape,
      ]);
    expect(found('textual_inversion_emb_params')).toEqual([['<textual_inversion_emb_params>', [5, 768]]]);
    expect(found('cloneofsimo_rank1_with_embeds')).toEqual([
      ['<s1>', [1, 768]],
      ['<s2>', [1, 768]],
    ]);
    expect(() => readEmbeddingFile(join(files, 'diffusers_sd15_rank4.safetensors'))).toThrow(
      'no learned tokens',
    );
  });

  it('the pickle is refused in a sentence that says why and what to use', () => {
    expect(() => readLoraFile(join(files, 'diffusers_sd15_rank4.bin'))).toThrow(
      /a Python pickle.*which can run any program when it is opened .* use the \.safetensors file/,
    );
  });
});
