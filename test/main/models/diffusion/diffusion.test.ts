/** Difficulty training and generation on a tiny random model: learning, exact resumption, seeds, guidance. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DifficultyEncoderConfig } from '../../../../src/core/nn/difficulty-encoder.ts';
import { randn, rngFromSeed } from '../../../../src/core/rng.ts';
import { restoreState } from '../../../../src/core/training/parameters.ts';
import {
  type DifficultyTrainer,
  type DifficultyTrainingOptions,
  openDifficultyTrainer,
} from '../../../../src/main/engine/bodies/train/difficulty-training.ts';
import {
  type AdapterConfig,
  readAdapter,
  writeAdapter,
} from '../../../../src/main/models/diffusion/adapter-file.ts';
import { openGenerationModel } from '../../../../src/main/models/diffusion/generation-model.ts';
import {
  type GeneratorOptions,
  openGenerator,
  type PictureRequest,
} from '../../../../src/main/models/diffusion/generator.ts';
import {
  type DiffusionModel,
  openDiffusionModel,
} from '../../../../src/main/models/diffusion/model-folder.ts';
import { latentShape, openTextEncoder } from '../../../../src/main/models/diffusion/sessions.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-diffusion-'));
let model: DiffusionModel;
let captions: Parameters<typeof openDifficultyTrainer>[3];
let latents: { mean: Float32Array; deviation: Float32Array };
const samples = Array.from({ length: 12 }, (_, i) => ({
  latent: i,
  classIndex: i % 2,
  difficulty: (i % 6) / 6,
}));

const encoder: DifficultyEncoderConfig = {
  classes: 2,
  width: 16,
  tokens: 2,
  hidden: 8,
  depth: 2,
  labelEncoding: 'one-hot',
  scoreFeatures: 'fourier',
  frequencies: 1,
  placement: 'append',
  tokenNorm: true,
};
const options: DifficultyTrainingOptions = {
  batchSize: 4,
  lora: { rank: 2, alpha: 2 },
  encoder,
  loraLearningRate: 5e-3,
  encoderLearningRate: 5e-3,
  minSnrGamma: null,
  conditionDropout: 0.2,
  textDropout: 0.1,
  balanced: true,
  seed: 3,
};
const open = (change: Partial<DifficultyTrainingOptions> = {}) =>
  openDifficultyTrainer(model, latents, samples, captions, { ...options, ...change }, cpu);
const values = (trainer: DifficultyTrainer) =>
  [...trainer.state.parameters].map(([name, p]) => [name, [...p.value], [...p.slots.m], [...p.slots.v]]);

beforeAll(async () => {
  writeTinyDiffusion(folder);
  model = openDiffusionModel(folder);
  const text = await openTextEncoder(model, cpu);
  captions = {
    ofClass: [(await text.encode('a photo of a cup')).states, (await text.encode('a photo of a cat')).states],
    empty: (await text.encode('')).states,
  };
  await text.close();
  const numbers = samples.length * latentShape(model).numbers;
  latents = { mean: randn(numbers, rngFromSeed(1)), deviation: new Float32Array(numbers).fill(0.1) };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('difficulty training', () => {
  it('brings the loss down', async () => {
    const trainer = await open({ batchSize: 12 });
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) losses.push(await trainer.step());
    await trainer.close();
    const mean = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length;
    expect(mean(losses.slice(-15))).toBeLessThan(0.97 * mean(losses.slice(0, 15)));
  });

  it.each([
    { encoder: { ...encoder, labelEncoding: 'embedding', placement: 'overwrite' } },
    { encoder: { ...encoder, depth: 1, scoreFeatures: 'raw' }, minSnrGamma: 5 },
    { encoder: { ...encoder, depth: 4, frequencies: 3 } },
    { balanced: false },
    { encoder: null },
  ] as Partial<DifficultyTrainingOptions>[])('runs with %j', async (change) => {
    const trainer = await open(change);
    expect(await trainer.step()).toBeGreaterThan(0);
    await trainer.close();
  });

  it('k accumulated batches make the step of one batch k times as large', async () => {
    const [whole, parts] = [await open({ batchSize: 4 }), await open({ batchSize: 2, accumulation: 2 })];
    for (let i = 0; i < 3; i++) expect(await parts.step()).toBeCloseTo(await whole.step(), 5);
    for (const [name, p] of whole.state.parameters) {
      const other = parts.state.parameters.get(name)!;
      // The first moment is linear in the gradients; the value is not where a gradient is all rounding.
      p.slots.m.forEach((m, i) => {
        expect(Math.abs(other.slots.m[i] - m), name).toBeLessThan(1e-5);
      });
    }
    expect(Math.max(...[...whole.state.parameters.values()].flatMap((p) => [...p.slots.m]))).toBeGreaterThan(
      1e-3,
    );
    for (const t of [whole, parts]) await t.close();
  });

  it('gradient checkpointing changes no step', async () => {
    const [plain, recomputing] = [await open(), await open({ gradientCheckpointing: true })];
    for (let i = 0; i < 3; i++) expect(await recomputing.step()).toBeCloseTo(await plain.step(), 6);
    for (const t of [plain, recomputing]) await t.close();
  });

  it.each([{}, { batchSize: 2, accumulation: 2, gradientCheckpointing: true, minSnrGamma: 1 }])(
    'stopped and resumed, ends with parameters bit-equal to an undisturbed run: %j',
    async (change) => {
      const whole = await open(change);
      for (let i = 0; i < 9; i++) await whole.step();
      const first = await open(change);
      for (let i = 0; i < 4; i++) await first.step();
      const second = await open(change);
      restoreState(second.state, first.state);
      second.restoreRng(first.rngState());
      for (let i = 0; i < 5; i++) await second.step();
      expect(values(second)).toEqual(values(whole));
      for (const t of [whole, first, second]) await t.close();
    },
  );
});

describe('generation', () => {
  const config: AdapterConfig = {
    format: 1,
    kind: 'difficulty',
    baseModelId: 'builtin:diffusion',
    baseModelHash: 'none',
    classes: ['cup', 'cat'],
    prompt: 'a photo of a [CLS]',
    scorer: { name: 's', modelHash: 'h' },
    lora: options.lora,
    encoder,
    steps: 1,
    finalLoss: 1,
  };
  const adapterFolder = join(folder, 'adapter');
  const base: GeneratorOptions = {
    batchSize: 3,
    scheduler: 'pndm',
    steps: 4,
    guidanceScale: 2,
    guidanceMode: 'null-token',
    difficultyGuidance: 1,
  };
  const request = (change: Partial<PictureRequest> = {}): PictureRequest => ({
    seed: 5,
    prompt: 'a photo of a cup',
    negativePrompt: '',
    classIndex: 0,
    difficulty: 0.5,
    ...change,
  });
  const generate = async (requests: PictureRequest[], change: Partial<GeneratorOptions> = {}) => {
    const { adapter } = readAdapter(adapterFolder);
    const generator = await openGenerator(openGenerationModel(folder), adapter, { ...base, ...change }, cpu);
    const pictures = await generator.generate(requests);
    await generator.close();
    return pictures.map((p) => [...p]);
  };

  beforeAll(async () => {
    const trainer = await open();
    for (let i = 0; i < 3; i++) await trainer.step();
    await writeAdapter(adapterFolder, config, { lora: options.lora, encoder, ...trainer.weights() });
    await trainer.close();
  });

  it('the same seed gives the same picture, whatever else is in the batch', async () => {
    const [alone] = await generate([request()]);
    const [, second] = await generate([request({ seed: 6, classIndex: 1 }), request(), request({ seed: 7 })]);
    expect(alone).toHaveLength(32 * 32 * 3);
    expect(second).toEqual(alone);
    expect((await generate([request({ seed: 6 })]))[0]).not.toEqual(alone);
  });

  it('difficulty, prompt, negative prompt and guidance all matter', async () => {
    const [plain] = await generate([request()]);
    for (const other of [
      request({ difficulty: 0.9 }),
      request({ prompt: 'a cat' }),
      request({ negativePrompt: 'cup' }),
    ]) {
      expect((await generate([other]))[0]).not.toEqual(plain);
    }
    expect((await generate([request()], { guidanceScale: 1 }))[0]).not.toEqual(plain);
    expect((await generate([request()], { guidanceMode: 'same-token' }))[0]).not.toEqual(plain);
    expect((await generate([request()], { scheduler: 'ddim' }))[0]).not.toEqual(plain);
  });

  it('an adapter of the time before depth and score features were settings reads as what it was', async () => {
    const old = join(folder, 'old-adapter');
    cpSync(adapterFolder, old, { recursive: true });
    const file = join(old, 'crux_adapter.json');
    const stored = JSON.parse(readFileSync(file, 'utf8'));
    for (const name of ['depth', 'scoreFeatures', 'frequencies']) delete stored.encoder[name];
    writeFileSync(file, JSON.stringify(stored));
    expect(readAdapter(old)).toEqual(readAdapter(adapterFolder));
    stored.encoder.frequencies = 0;
    writeFileSync(file, JSON.stringify(stored));
    expect(() => readAdapter(old)).toThrow(/crux_adapter\.json: encoder\.frequencies/);
  });

  it('an adapter folder that does not fit is refused with what is missing', async () => {
    expect(() => readAdapter(join(folder, 'nowhere'))).toThrow('crux_adapter.json is missing');
    const { adapter } = readAdapter(adapterFolder);
    adapter.encoder = { ...adapter.encoder, hidden: 9 };
    await expect(openGenerator(openGenerationModel(folder), adapter, base, cpu)).rejects.toThrow('mlp');
  });
});
