/** A diffusion model as exported ONNX graphs makes the pictures that its checkpoint makes, and says what it cannot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as f from '../../../../src/core/graph/functions.ts';
import { dataType, encodeModel } from '../../../../src/core/graph/onnx-proto.ts';
import { randn, rngFromSeed } from '../../../../src/core/rng.ts';
import * as c from '../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import {
  type GenerationModel,
  openGenerationModel,
} from '../../../../src/main/models/diffusion/generation-model.ts';
import { type GeneratorOptions, openGenerator } from '../../../../src/main/models/diffusion/generator.ts';
import { openDiffusionModel } from '../../../../src/main/models/diffusion/model-folder.ts';
import { memoryAdvice } from '../../../../src/main/runtime/out-of-memory.ts';
import { exportDiffusion } from '../../support/exported-diffusion.ts';
import { makeFolder } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-onnx-'));
const path = (name: string) => join(folder, name);
let checkpoint: GenerationModel;
let exported: GenerationModel;

beforeAll(() => {
  writeTinyDiffusion(path('checkpoint'));
  exportDiffusion(path('checkpoint'), path('exported'), { rows: 4 });
  checkpoint = openGenerationModel(path('checkpoint'));
  exported = openGenerationModel(path('exported'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const largest = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((m, value, k) => Math.max(m, Math.abs(value - b[k])), 0);
};

describe('an exported folder', () => {
  it('has the facts of its checkpoint', () => {
    for (const fact of ['size', 'textLength', 'textWidth'] as const) {
      expect(exported[fact]).toBe(checkpoint[fact]);
    }
    expect(exported.latentShape(32)).toEqual(checkpoint.latentShape(32));
  });

  it.each(['i64', 'f32'] as const)('every part computes the same numbers (timestep %s)', async (timestep) => {
    if (timestep === 'f32') exportDiffusion(path('checkpoint'), path('f32'), { rows: 4, timestep });
    const model = openGenerationModel(path(timestep === 'f32' ? 'f32' : 'exported'));
    const request = { rows: 4, tokens: model.textLength, size: 32, adapter: null };
    const sample = randn(4 * model.latentShape(32).numbers, rngFromSeed(1));
    const image = randn(3 * 32 * 32, rngFromSeed(2)).map(Math.tanh);
    const context = randn(4 * model.textLength * model.textWidth, rngFromSeed(3));
    const outputs = async (m: GenerationModel) => {
      const text = await m.openText(cpu);
      const noise = await m.openNoise(cpu, request);
      const encoder = await m.openEncoder(cpu, 32);
      const decoder = await m.openDecoder(cpu, 32);
      const results = [
        (await text.encode('a photo of a cat')).states,
        await noise.predict(sample, 501, context),
        (await encoder.encode(image)).mean,
        Float32Array.from(await decoder.decode(sample.subarray(0, m.latentShape(32).numbers))),
      ];
      for (const part of [text, noise, encoder, decoder]) await part.close();
      return results;
    };
    const [ours, theirs] = [await outputs(checkpoint), await outputs(model)];
    for (const [i, want] of ours.entries()) expect(largest(theirs[i], want)).toBeLessThanOrEqual(1e-5);
  });

  it('makes the same pictures', async () => {
    const options: GeneratorOptions = {
      batchSize: 2,
      scheduler: 'pndm',
      steps: 4,
      guidanceScale: 2,
      guidanceMode: 'null-token',
      difficultyGuidance: 1,
    };
    const requests = [3, 4].map((seed) => ({
      seed,
      prompt: 'a photo of a cat',
      negativePrompt: '',
      classIndex: 0,
      difficulty: 0.5,
    }));
    const pictures: Uint8Array[][] = [];
    for (const model of [checkpoint, exported]) {
      const generator = await openGenerator(model, null, options, cpu);
      pictures.push(await generator.generate(requests));
      await generator.close();
    }
    // 1e-5 of -1..1 is far below one step of 255; a value next to a rounding border may still fall the other way.
    for (const [i, picture] of pictures[0].entries()) {
      const difference = picture.map((value, k) => Math.abs(value - pictures[1][i][k]));
      expect(Math.max(...difference)).toBeLessThanOrEqual(1);
      expect(difference.filter((d) => d > 0).length).toBeLessThan(5);
    }
  });

  it('says which axis is fixed to what', async () => {
    const openNoise = (rows: number, tokens = exported.textLength) =>
      exported.openNoise(cpu, { rows, tokens, size: 32, adapter: null });
    await expect(openNoise(2)).rejects.toThrow(/unet.*sample is fixed to \[4,4,8,8\], expected \[2,4,8,8\]/);
    await expect(openNoise(4, 13)).rejects.toThrow(/encoder_hidden_states is fixed to \[4,12,16\]/);
    await expect(exported.openDecoder(cpu, 64)).rejects.toThrow(/latent_sample is fixed to \[1,4,8,8\]/);
  });

  it('with free axes takes any batch, size and token count, and a timestep without axes', async () => {
    const float = (name: string, ...dims: string[]) => ({ name, dims, dataType: dataType.f32 });
    // sample + timestep + mean(states): enough to see that everything arrives.
    const bytes = encodeModel({
      opset: 18,
      nodes: [
        { op: 'Cast', inputs: ['timestep'], output: 't', attributes: { to: { int: dataType.f32 } } },
        {
          op: 'ReduceMean',
          inputs: ['encoder_hidden_states'],
          output: 'm',
          attributes: { keepdims: { int: 0 } },
        },
        { op: 'Add', inputs: ['t', 'm'], output: 'tm', attributes: {} },
        { op: 'Add', inputs: ['sample', 'tm'], output: 'out_sample', attributes: {} },
      ],
      initializers: [],
      inputs: [
        float('sample', 'n', 'c', 'h', 'w'),
        { name: 'timestep', dims: [], dataType: dataType.i64 },
        float('encoder_hidden_states', 'n', 'tokens', 'width'),
      ],
      outputs: [float('out_sample', 'n', 'c', 'h', 'w')],
    });
    exportDiffusion(path('checkpoint'), path('free'), { rows: 1 });
    writeFileSync(path('free/unet/model.onnx'), bytes);
    const model = openGenerationModel(path('free'));
    const noise = await model.openNoise(cpu, { rows: 3, tokens: 13, size: 48, adapter: null });
    const sample = new Float32Array(3 * model.latentShape(48).numbers).fill(0.5);
    const out = await noise.predict(sample, 7, new Float32Array(3 * 13 * 16).fill(0.25));
    await noise.close();
    expect(largest(out, sample.fill(7.75))).toBe(0);
  });

  it('is added to a catalog as what it is', async () => {
    const catalog = c.openCatalog(path('adding'));
    try {
      const model = await addModel(catalog, { path: path('exported'), name: 'exported' });
      expect(model).toMatchObject({ kind: 'diffusion', usable: true, hash: await exported.hash() });
      expect(model.summary).toContain('ORTStableDiffusionPipeline): generates, cannot be trained');
    } finally {
      catalog.close();
    }
  });

  it('cannot be trained, and says why', () => {
    expect(() => openDiffusionModel(path('exported'))).toThrow('no weights to train');
  });

  it('takes no adapter', async () => {
    const adapter = {} as never;
    await expect(
      exported.openNoise(cpu, { rows: 4, tokens: exported.textLength, size: 32, adapter }),
    ).rejects.toThrow('which take no LoRA');
  });

  it('names a part that is missing', () => {
    rmSync(path('f32/vae_decoder/model.onnx'));
    expect(() => openGenerationModel(path('f32'))).toThrow(/vae_decoder.model\.onnx is missing/);
  });
});

describe('out of memory', () => {
  it('a graph that asks for more than there is ends its job with advice; the next job runs', async () => {
    exportDiffusion(path('checkpoint'), path('greedy'), {
      rows: 2,
      // 2^46 floats: more than the address space of a process, so the request fails at once, whatever the system allows.
      decoder: (latents) =>
        f.mean(f.expand(f.slice(f.reshape(latents, [256, 1]), 0, 0, 1), [2 ** 23, 2 ** 23]), [0, 1]),
    });
    const catalog = c.openCatalog(path('catalog'));
    try {
      await makeFolder(path('photos'), 2, 24);
      await runOk(catalog, { kind: 'import', params: { source: path('photos'), name: 'photos' } });
      const idOf = (name: string) =>
        c.addModelRow(catalog, { name, kind: 'diffusion', path: path(name), hash: name, summary: '' });
      const request = (name: string) => ({
        kind: 'generate' as const,
        params: {
          datasetId: 1,
          modelId: idOf(name),
          count: 1,
          steps: 2,
          batchSize: name === 'greedy' ? 1 : 2,
        },
      });
      const failed = await run(catalog, request('greedy'));
      expect(failed.state).toBe('failed');
      expect(failed.error).toMatch(
        /^not enough memory on cpu \(281475 GB were asked for at once\); try smaller pictures/,
      );
      expect(failed.error).toContain('Memory: Low');
      expect((await run(catalog, request('exported'))).state).toBe('done');
    } finally {
      catalog.close();
    }
  });

  it.each([
    'Failed to allocate memory for requested buffer of size 4294967296',
    'std::bad_alloc',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=x',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
    'Exception(1) tid(4) 8007000E Not enough memory resources are available to complete this operation.',
    'Array buffer allocation failed',
  ])('knows "%s"', (message) => {
    const runtime = { provider: 'cuda', threads: 0, lowMemory: true } as const;
    const advice = memoryAdvice(new Error(message), runtime, { batchSize: 8 });
    expect(advice).toMatch(
      /^not enough memory on cuda.*; try a smaller batch than 8 or the CPU as the device$/,
    );
  });

  it('leaves other failures alone', () => {
    const other = new Error('the memory of an elephant');
    expect(memoryAdvice(other, cpu, {})).toBeNull();
  });
});
