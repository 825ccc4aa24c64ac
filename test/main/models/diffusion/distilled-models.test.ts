/**
 * Models distilled to a few steps, as whole generations: LCM is told its guidance scale and SD-Turbo has none, so that
 * neither runs a second branch. What their networks compute is in test/fixtures/golden.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkModel } from '../../../../src/main/engine/check-model.ts';
import { openSafetensors, writeSafetensors } from '../../../../src/main/files/safetensors.ts';
import { openGenerationModel } from '../../../../src/main/models/diffusion/generation-model.ts';
import { type GeneratorOptions, openGenerator } from '../../../../src/main/models/diffusion/generator.ts';
import { generationLoad } from '../../../../src/main/models/diffusion/memory-estimate.ts';
import { openDiffusionModel } from '../../../../src/main/models/diffusion/model-folder.ts';
import { exportDiffusion } from '../../support/exported-diffusion.ts';
import { putTokenizer, writeSingleFile } from '../../support/single-file-checkpoint.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const models = join(import.meta.dirname, '../../../fixtures/golden');
const folder = mkdtempSync(join(tmpdir(), 'crux-distilled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pictures of one seed, how many rows the network ran for each, and whether an image could be inverted. */
async function generated(path: string, guidanceScale: number, more: Partial<GeneratorOptions> = {}) {
  const options: GeneratorOptions = {
    batchSize: 2,
    scheduler: 'model',
    steps: 2,
    guidanceScale,
    guidanceMode: 'separate',
    difficultyGuidance: 1,
    ...more,
  };
  const generator = await openGenerator(openGenerationModel(path), null, options, cpu);
  try {
    const request = { seed: 1, prompt: 'a photo of a cat', negativePrompt: '', classIndex: 0, difficulty: 0 };
    const pictures = await generator.generate([request, { ...request, seed: 2 }]);
    const latents = new Float32Array(openGenerationModel(path).latentShape(generator.size).numbers).fill(0.1);
    const inverted = await generator
      .invert([{ latents, prompt: '', classIndex: 0 }], 2)
      .catch((error: Error) => error.message);
    return { pictures, rows: generator.rows, scheduler: generator.scheduler, inverted };
  } finally {
    await generator.close();
  }
}

describe('LCM', () => {
  const lcm = join(models, 'lcm');

  it('runs once a step at any scale, which its pictures follow', async () => {
    const strong = await generated(lcm, 8.5);
    const weak = await generated(lcm, 2);
    expect([strong.rows, strong.scheduler]).toEqual([2, 'lcm']);
    expect(weak.pictures).not.toEqual(strong.pictures);
    const load = {
      guidanceScale: 8.5,
      guidanceMode: 'separate',
      difficultyGuidance: 1,
      batchSize: 2,
    } as const;
    const memory = (path: string, guidanceScale: number) =>
      openGenerationModel(path).memory(generationLoad({ ...load, guidanceScale }, 16))!;
    expect(memory(lcm, 8.5)).toBe(memory(lcm, 1));
    expect(memory(join(models, 'sd-turbo'), 8.5)).toBeGreaterThan(memory(join(models, 'sd-turbo'), 1));
  });

  it('cannot be inverted, and the check says so', async () => {
    expect((await generated(lcm, 2)).inverted).toContain(
      'distilled to a few steps (LCM) and cannot be inverted',
    );
    const { usable, summary, diffusion } = await checkModel(lcm);
    expect(usable).toBe(true);
    expect(summary).toContain('takes the guidance scale as an input (LCM: 2 to 8 steps, guidance about 8)');
    expect(diffusion!.parts.map(({ surplus }) => surplus)).toEqual([[], [], []]);
    expect(diffusion!.abilities).toEqual(['generate', 'start from images', 'train LoRA', 'train difficulty']);
  });

  it('exported to ONNX is told the scale as well', async () => {
    const exported = join(folder, 'exported');
    exportDiffusion(lcm, exported, { rows: 2 });
    const { pictures } = await generated(exported, 8.5);
    expect(pictures).toEqual((await generated(lcm, 8.5)).pictures);
  });

  it('as one file has the same input', () => {
    const at = join(folder, 'single');
    const { file, tokenizer } = writeSingleFile(at);
    putTokenizer(tokenizer, at);
    const stored = openSafetensors(file);
    const tensors = Object.fromEntries(
      [...stored.tensors].map(([name, { shape }]) => [name, { shape, data: stored.read(name) }]),
    );
    stored.close();
    const projection = { shape: [32, 256], data: new Float32Array(32 * 256) };
    writeSafetensors(file, { ...tensors, 'model.diffusion_model.time_embed.cond_proj.weight': projection });
    expect(openDiffusionModel(file).unet.config.time_cond_proj_dim).toBe(256);
  });
});

it('SD-Turbo without guidance runs once a step, in one step too', async () => {
  const { rows, scheduler, pictures } = await generated(join(models, 'sd-turbo'), 1, { steps: 1 });
  expect([rows, scheduler, pictures.length]).toEqual([2, 'euler', 2]);
  expect((await generated(join(models, 'sd-turbo'), 2)).rows).toBe(4);
});
