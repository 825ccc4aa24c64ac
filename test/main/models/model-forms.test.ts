/** The forms in which people have checkpoints: whole, in shards, as variant, as one file; and what a check says of them. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScheduler, schedulerFor } from '../../../src/core/diffusion/create-scheduler.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { openCatalog, writeSettings } from '../../../src/main/catalog/index.ts';
import { addModel, checkModel } from '../../../src/main/engine/check-model.ts';
import { memoryWarning } from '../../../src/main/engine/job-memory.ts';
import {
  openSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from '../../../src/main/files/safetensors.ts';
import { memoryWords } from '../../../src/main/jobs/tell-memory.ts';
import { generationMemory, trainingMemory } from '../../../src/main/models/diffusion/memory-estimate.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import {
  latentShape,
  openImageDecoder,
  openNoisePredictor,
  openTextEncoder,
} from '../../../src/main/models/diffusion/sessions.ts';
import { readEmbeddingFile } from '../../../src/main/models/lora-file.ts';
import { type JobRequestInput, jobRequest } from '../../../src/shared/jobs/index.ts';
import { putTokenizer, writeSingleFile } from '../support/single-file-checkpoint.ts';
import { writeTinyDiffusion } from '../support/tiny-diffusion.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-forms-'));
const path = (...names: string[]) => join(folder, ...names);
const unetFile = 'diffusion_pytorch_model.safetensors';

/** A copy of the tiny model, to change. */
function copy(name: string): string {
  cpSync(path('model'), path(name), { recursive: true });
  return path(name);
}
function tensorsOf(file: string): Record<string, TensorToWrite> {
  const stored = openSafetensors(file);
  const all = Object.fromEntries(
    [...stored.tensors].map(([name, { shape }]) => [name, { shape, data: stored.read(name) }]),
  );
  stored.close();
  return all;
}

/** A file of F64 zeros, which is not written elsewhere. */
function writeDouble(file: string, shapes: Record<string, number[]>): void {
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const begin = end;
    end += 8 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: 'F64', shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header, Buffer.alloc(end)]));
}

async function outputsOf(given: string, size: number): Promise<number[][]> {
  const model = openDiffusionModel(given);
  const text = await openTextEncoder(model, cpu);
  const { states } = await text.encode('a photo of a cup');
  const noise = await openNoisePredictor(model, cpu, 1, model.textLength, null, size);
  const latents = randn(latentShape(model, size).numbers, rngFromSeed(1));
  const decoder = await openImageDecoder(model, cpu, size);
  const out = [states, await noise.predict(latents, 300, states), await decoder.decodePlanes(latents)];
  for (const part of [text, noise, decoder]) await part.close();
  return out.map((values) => [...values]);
}

beforeAll(() => writeTinyDiffusion(path('model')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('shards', () => {
  const shard = (at: string) => {
    const file = join(at, 'unet', unetFile);
    const all = Object.entries(tensorsOf(file));
    const names = ['a', 'b'].map((part) => `diffusion_pytorch_model-${part}.safetensors`);
    const weight_map: Record<string, string> = {};
    names.forEach((name, i) => {
      const own = all.filter((_, k) => k % 2 === i);
      writeSafetensors(join(at, 'unet', name), Object.fromEntries(own));
      for (const [tensor] of own) weight_map[tensor] = name;
    });
    rmSync(file);
    const index = join(at, 'unet', `${unetFile}.index.json`);
    writeFileSync(index, JSON.stringify({ weight_map }));
    return { index, weight_map };
  };

  it('give what the whole file gives, read where they are', async () => {
    const at = copy('sharded');
    shard(at);
    const before = readdirSync(at, { recursive: true }).map(String).sort();
    expect(await outputsOf(at, 32)).toEqual(await outputsOf(path('model'), 32));
    expect(readdirSync(at, { recursive: true }).map(String).sort()).toEqual(before);
    expect(openDiffusionModel(at).unet.table.size).toBe(openDiffusionModel(path('model')).unet.table.size);
  });

  it.each(['../model/unet/x.safetensors', '/etc/x.safetensors', 'C:x.safetensors', '..\\x.safetensors'])(
    'an index that points to %s is refused',
    (trick) => {
      const at = copy(`tricked-${trick.length}`);
      const { index, weight_map } = shard(at);
      weight_map[Object.keys(weight_map)[0]] = trick;
      writeFileSync(index, JSON.stringify({ weight_map }));
      expect(() => openDiffusionModel(at)).toThrow(
        'wanted the plain name of a .safetensors file beside the index',
      );
    },
  );
});

it('the half-precision variant is read by its name', async () => {
  const at = copy('variant');
  const file = join(at, 'unet', unetFile);
  const half = Object.fromEntries(
    Object.entries(tensorsOf(file)).map(([n, t]) => [n, { ...t, dtype: 'F16' as const }]),
  );
  rmSync(file);
  writeSafetensors(join(at, 'unet', 'diffusion_pytorch_model.fp16.safetensors'), half);
  const [, noise] = await outputsOf(at, 32);
  const [, full] = await outputsOf(path('model'), 32);
  const furthest = Math.max(...noise.map((v, i) => Math.abs(v - full[i])));
  expect(furthest).toBeGreaterThan(0);
  expect(furthest).toBeLessThan(0.02);
});

it('a part that is there as a pickle only is refused with the reason', () => {
  const at = copy('pickled');
  renameSync(join(at, 'unet', unetFile), join(at, 'unet', 'diffusion_pytorch_model.bin'));
  expect(() => openDiffusionModel(at)).toThrow(/a Python pickle.*can run any program/);
});

describe('a single file', () => {
  let written: ReturnType<typeof writeSingleFile>;
  beforeAll(() => {
    written = writeSingleFile(path('single'));
  });

  it('says which files of the tokenizer it wants, and where', () => {
    expect(() => openDiffusionModel(written.file)).toThrow(
      `put tokenizer.json, or vocab.json and merges.txt, of CLIP ViT-L/14 (the tokenizer folder of any Stable Diffusion 1.x model) into ${path('single', 'tokenizer')}`,
    );
  });

  it('is of velocity, or of zero terminal SNR, where a tensor that holds nothing says so', () => {
    putTokenizer(written.tokenizer, path('single'));
    const file = path('single', 'marked.safetensors');
    const mark = { shape: [0], data: new Float32Array(0) };
    const tensors = tensorsOf(written.file);
    writeSafetensors(file, { ...tensors, v_pred: mark });
    expect(openDiffusionModel(file).scheduler.prediction_type).toBe('v_prediction');
    writeSafetensors(file, { ...tensors, v_pred: mark, ztsnr: mark });
    const { scheduler } = openDiffusionModel(file);
    expect(scheduler).toMatchObject({ prediction_type: 'v_prediction', rescale_betas_zero_snr: true });
    expect(createScheduler(schedulerFor('model', scheduler), scheduler, 20).timesteps[0]).toBe(999);
    expect(openDiffusionModel(written.file).scheduler.prediction_type).toBeUndefined();
  });

  it('gives what its Diffusers folder gives, read in place', async () => {
    putTokenizer(written.tokenizer, path('single'));
    const { mtimeMs } = statSync(written.file);
    expect(await outputsOf(written.file, 64)).toEqual(await outputsOf(written.diffusers, 64));
    expect(statSync(written.file).mtimeMs).toBe(mtimeMs);
    const found = await checkModel(written.file);
    expect(found).toMatchObject({ kind: 'diffusion', usable: true, problems: [] });
    expect(found.diffusion!.parts.map(({ surplus }) => surplus)).toEqual([[], [], []]);
    const catalog = openCatalog(path('with-single'));
    const model = await addModel(catalog, { path: written.file, name: 'single' });
    catalog.close();
    expect(model).toMatchObject({ kind: 'diffusion', usable: true });
    expect(model.hash).toBe(await openDiffusionModel(written.file).hash());
  });
});

describe('a single file of Stable Diffusion 2.x', () => {
  let written: ReturnType<typeof writeSingleFile>;
  beforeAll(() => {
    written = writeSingleFile(path('two'), 2);
    putTokenizer(written.tokenizer, path('two'));
  });
  const schedulerOf = (file: string) => openDiffusionModel(file).scheduler;

  it('gives what its Diffusers folder gives, whatever model the tokenizer beside it is of', async () => {
    writeFileSync(join(written.diffusers, 'tokenizer/tokenizer_config.json'), '{"pad_token": "!"}');
    expect(await outputsOf(written.file, 64)).toEqual(await outputsOf(written.diffusers, 64));
    const found = await checkModel(written.file);
    expect(found).toMatchObject({ kind: 'diffusion', usable: true, problems: [] });
    expect(found.diffusion!.parts.map(({ surplus }) => surplus)).toEqual([[], [], []]);
  });

  it('predicts what the file, or a file beside it, says; where neither does, velocity, and that is said', async () => {
    expect(schedulerOf(written.file)).toMatchObject({
      _class_name: 'DDIMScheduler',
      prediction_type: 'v_prediction',
    });
    const { summary } = await checkModel(written.file);
    expect(summary).toContain(
      'predicts velocity, F32; taken to predict velocity, as the file does not say; if images come out as noise, write {"prediction_type": "epsilon"} into model.scheduler_config.json beside it',
    );

    const said = path('two', 'said.safetensors');
    writeSafetensors(said, tensorsOf(written.file), { 'modelspec.prediction_type': 'epsilon' });
    expect(schedulerOf(said).prediction_type).toBeUndefined();
    expect((await checkModel(said)).summary).not.toContain('taken to predict');
    for (const [architecture, predicts] of [
      ['stable-diffusion-v2-512', undefined],
      ['stable-diffusion-v2-768-v', 'v_prediction'],
    ] as const) {
      writeSafetensors(said, tensorsOf(written.file), { 'modelspec.architecture': architecture });
      expect(schedulerOf(said).prediction_type).toBe(predicts);
    }
    writeSafetensors(said, tensorsOf(written.file), { 'modelspec.prediction_type': 'epsilon' });
    expect(openDiffusionModel(said).unet.config.sample_size).toBe(64);

    const beside = path('two', 'model.yaml');
    writeFileSync(beside, 'model:\n  params:\n    linear_start: 0.00085\n');
    expect(schedulerOf(written.file).prediction_type).toBeUndefined();
    writeFileSync(beside, 'model:\n  params:\n    parameterization: "v"\n');
    expect(schedulerOf(written.file).prediction_type).toBe('v_prediction');
    expect(openDiffusionModel(written.file).unet.config.sample_size).toBe(96);

    const chosen = { _class_name: 'EulerDiscreteScheduler', prediction_type: 'epsilon' };
    writeFileSync(path('two', 'model.scheduler_config.json'), JSON.stringify(chosen));
    expect(schedulerOf(written.file)).toMatchObject({ ...chosen, beta_schedule: 'scaled_linear' });
    writeFileSync(path('two', 'model.scheduler_config.json'), '{"beta_start": "x"}');
    expect(() => openDiffusionModel(written.file)).toThrow(
      'model.scheduler_config.json: scheduler config: beta_start is "x"',
    );
  });

  it('with another number of blocks is refused', () => {
    const fewer = Object.fromEntries(
      Object.entries(tensorsOf(written.file)).filter(([name]) => !/resblocks\.(1\d|2\d)\./.test(name)),
    );
    const file = path('two', 'fewer.safetensors');
    writeSafetensors(file, fewer);
    expect(() => openDiffusionModel(file)).toThrow(
      'its OpenCLIP text encoder has 10 blocks, expected the first 23',
    );
  });
});

describe('one part of a model, as a file', () => {
  it.each([
    ['unet/diffusion_pytorch_model', 'U-Net'],
    ['vae/diffusion_pytorch_model', 'autoencoder'],
    ['text_encoder/model', 'text encoder'],
  ])('%s is no embedding', async (file, part) => {
    const given = path('model', `${file}.safetensors`);
    const { usable, problems } = await checkModel(given);
    expect({ usable, problems }).toEqual({
      usable: false,
      problems: [`${given} is the ${part} of a model alone; choose its folder, ${path('model')}`],
    });
    expect(() => readEmbeddingFile(given)).toThrow("of a network's layer, not a learned token");
  });
});

describe('a check', () => {
  it('of a whole model says what it can do and what memory it takes', async () => {
    const { usable, diffusion } = await checkModel(path('model'));
    expect(usable).toBe(true);
    expect(diffusion!.abilities).toContain('train LoRA');
    expect(diffusion!.memory!.map(({ size, batch }) => [size, batch])).toEqual([
      [16, 1],
      [16, 4],
      [32, 1],
      [32, 4],
    ]);
  });

  it('names what is missing, what does not fit and what is of no use', async () => {
    const at = copy('broken');
    const file = join(at, 'unet', unetFile);
    const { 'conv_in.bias': gone, 'conv_out.bias': bias, ...rest } = tensorsOf(file);
    const other = { shape: [3], data: bias.data.slice(0, 3) };
    writeSafetensors(file, { ...rest, 'conv_out.bias': other, 'ema.decay': gone });
    const { usable, problems, diffusion } = await checkModel(at);
    expect(usable).toBe(false);
    expect(problems).toEqual([
      `${file}: 1 parameters of the U-Net are missing: conv_in.bias`,
      `${file}: 1 do not fit the U-Net's config: conv_out.bias [3], expected [4]`,
    ]);
    expect(diffusion!.parts[0].surplus).toEqual(['ema.decay']);
    expect(diffusion!.abilities).toEqual([]);
  });

  const putScheduler = (at: string, fields: object) =>
    writeFileSync(join(at, 'scheduler/scheduler_config.json'), JSON.stringify(fields));

  it.each(['FlowMatchEulerDiscreteScheduler', 'EDMEulerScheduler'])(
    'says to choose a scheduler: %s',
    async (name) => {
      const at = copy(name);
      putScheduler(at, { _class_name: name });
      const { usable, summary } = await checkModel(at);
      expect(usable).toBe(true);
      expect(summary).toContain(
        `; the model's scheduler config is of ${name}, which Crux does not have; choose one with --scheduler: `,
      );
      expect((await checkModel(path('model'))).summary).not.toContain('--scheduler');
    },
  );

  it('refuses a scheduler config that no scheduler here fulfils', async () => {
    const at = copy('flow');
    putScheduler(at, { _class_name: 'EulerDiscreteScheduler', use_flow_sigmas: true });
    const { usable, problems } = await checkModel(at);
    expect(usable).toBe(false);
    expect(problems[0]).toContain('the scheduler config sets use_flow_sigmas');
  });

  it('reads no values; adding a model does, and refuses one with NaN where a job would', async () => {
    const at = copy('nan');
    const file = join(at, 'vae', unetFile);
    /** Puts NaN over the second element; such a file is not written. */
    const spoil = (name: string) => {
      const { tensors, close } = openSafetensors(file);
      close();
      const bytes = readFileSync(file);
      bytes.writeFloatLE(Number.NaN, tensors.get(name)!.offset + 4);
      writeFileSync(file, bytes);
    };
    const whole = tensorsOf(file);
    spoil('decoder.conv_in.weight');
    expect((await checkModel(at)).usable).toBe(true);
    const catalog = openCatalog(path('with-nan'));
    const added = addModel(catalog, { path: at, name: 'nan' });
    await expect(added).rejects.toThrow(`${file}: tensor decoder.conv_in.weight holds NaN at element 1`);
    // No job reads what the network has no use for.
    writeSafetensors(file, { ...whole, spare: { shape: [2], data: new Float32Array(2) } });
    spoil('spare');
    expect(await addModel(catalog, { path: at, name: 'spare' })).toMatchObject({ usable: true });
    catalog.close();
  });

  it('names the fields of a config that are not known, and stays usable', async () => {
    const at = copy('fields');
    for (const part of ['unet', 'vae', 'text_encoder']) {
      const file = join(at, part, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...config, _note: 1, [`${part}_twist`]: 2 }));
    }
    const { usable, diffusion } = await checkModel(at);
    expect(usable).toBe(true);
    expect(diffusion!.parts.map(({ unknownFields }) => unknownFields)).toEqual([
      ['unet_twist'],
      ['vae_twist'],
      ['text_encoder_twist'],
    ]);
    const plain = await checkModel(path('model'));
    expect(plain.diffusion!.parts.flatMap(({ unknownFields }) => unknownFields)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('names a broken link to weights, and where it leads', async () => {
    const at = copy('dangling');
    const file = join(at, 'unet', unetFile);
    rmSync(file);
    symlinkSync(join(at, 'gone.safetensors'), file);
    expect((await checkModel(at)).problems).toEqual([
      `${file}: a broken link to ${join(at, 'gone.safetensors')}; put that file back, or copy or download it again`,
    ]);
  });

  it('names weights of 64 bits, but not a table of them beside the weights', async () => {
    const at = copy('double');
    const file = join(at, 'unet', unetFile);
    writeDouble(file, { 'conv_in.weight': [2, 2] });
    expect((await checkModel(at)).problems).toEqual([
      `${file}: weights are F64 (conv_in.weight); Crux reads F32, F16, BF16 and 8-bit floats; save them in F32`,
    ]);
    writeDouble(file, { alphas_cumprod: [4] });
    expect((await checkModel(at)).problems[0]).toContain('parameters of the U-Net are missing');
  });

  it('names the parts of a folder that are not used', async () => {
    const at = copy('with-more');
    const index = {
      _class_name: 'StableDiffusionControlNetPipeline',
      unet: ['diffusers', 'UNet2DConditionModel'],
    };
    const more = { controlnet: ['diffusers', 'ControlNetModel'], safety_checker: [null, null] };
    writeFileSync(join(at, 'model_index.json'), JSON.stringify({ ...index, ...more }));
    const { usable, summary } = await checkModel(at);
    expect([usable, summary]).toEqual([true, expect.stringMatching(/; not used: controlnet$/)]);
  });

  it.each([
    ['FluxPipeline', 'a FLUX.1 model'],
    ['StableDiffusion3Pipeline', 'a Stable Diffusion 3 model'],
    ['StableDiffusionXLPipeline', 'a Stable Diffusion XL model'],
    ['AuraFlowPipeline', 'an AuraFlow model'],
    ['NeverSeenPipeline', 'a NeverSeen model'],
  ])('of a %s says that it is %s, and what Crux opens', async (_class_name, is) => {
    const at = path(`foreign-${_class_name}`);
    mkdirSync(at);
    writeFileSync(join(at, 'model_index.json'), JSON.stringify({ _class_name }));
    const { usable, problems } = await checkModel(at);
    expect(usable).toBe(false);
    expect(problems).toEqual([
      `${at} is ${is}; Crux opens Stable Diffusion 1.x and 2.x, SD-Turbo and LCM among them (model_index.json names ${_class_name})`,
    ]);
  });

  it.each([
    ['double_blocks.0.img_attn.qkv.weight', 'a FLUX.1 model'],
    ['model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight', 'a Stable Diffusion 3 model'],
    ['model.diffusion_model.blocks.0.cross_attn.norm_k.weight', 'a Wan model'],
    ['transformer_blocks.3.img_mod.1.weight', 'a Qwen-Image model'],
  ])('of a file with %s says that it is %s', async (name, is) => {
    const file = path('foreign.safetensors');
    writeSafetensors(file, { [name]: { shape: [2], data: new Float32Array(2) } });
    const { usable, problems } = await checkModel(file);
    expect([usable, problems]).toEqual([false, [expect.stringContaining(`is ${is}; Crux opens`)]]);
  });

  it('of a Stable Diffusion folder that lost its parts says what is missing', async () => {
    const at = path('lost');
    mkdirSync(at);
    writeFileSync(join(at, 'model_index.json'), '{"_class_name": "StableDiffusionPipeline"}');
    expect((await checkModel(at)).problems).toEqual([expect.stringContaining('config.json is missing')]);
  });

  it('of a GGUF file says what it is', async () => {
    writeFileSync(path('flux.gguf'), 'GGUF');
    expect((await checkModel(path('flux.gguf'))).problems[0]).toContain(
      'flux.gguf: a GGUF file, of quantised weights',
    );
  });

  it('tells an inpainting model from one that can be used', async () => {
    const at = copy('inpainting');
    const config = join(at, 'unet', 'config.json');
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), in_channels: 9 }));
    const file = join(at, 'unet', unetFile);
    const shape = [8, 9, 3, 3];
    writeSafetensors(file, {
      ...tensorsOf(file),
      'conv_in.weight': { shape, data: new Float32Array(8 * 81) },
    });
    const { problems } = await checkModel(at);
    expect(problems).toEqual([expect.stringContaining('its U-Net takes 9 channels (as for inpainting)')]);
  });
});

describe('memory', () => {
  const load = { batch: 1, size: 32, branches: 2, lowMemory: false };
  it('grows with batch, size and training, and shrinks with low memory and checkpointing', () => {
    const model = openDiffusionModel(path('model'));
    const plain = generationMemory(model, load);
    expect(generationMemory(model, { ...load, batch: 4 })).toBeGreaterThan(plain);
    expect(generationMemory(model, { ...load, size: 64 })).toBeGreaterThan(plain);
    expect(generationMemory(model, { ...load, lowMemory: true })).toBeLessThan(plain);
    const step = { batch: 8, size: 32, rank: 4, checkpointing: false, lowMemory: false };
    expect(trainingMemory(model, step)).toBeGreaterThan(plain);
    expect(trainingMemory(model, { ...step, checkpointing: true })).toBeLessThan(trainingMemory(model, step));
  });

  it('is said before a job starts; what can never fit is refused', () => {
    const say = (bytes: number) => memoryWords(bytes, ['a smaller batch', 'luck'], { free: 4e9, total: 8e9 });
    expect(say(3e8)).toBeNull();
    expect(say(3e9)).toEqual({ level: 'info', text: 'this takes about 3.0 GB of memory; 4.0 GB are free' });
    expect(say(6e9)).toEqual({
      level: 'warn',
      text: 'this takes about 6.0 GB of memory, and 4.0 GB are free: it may become slow or end; close other programs, or try a smaller batch or luck',
    });
    expect(() => say(13e9)).toThrow(
      'this takes about 13 GB of memory, and this computer has 8.0 GB; try a smaller batch or luck',
    );
  });

  it('is said by a form from the parameters alone', async () => {
    const catalog = openCatalog(path('catalog'));
    try {
      const { id } = await addModel(catalog, { path: path('model'), name: 'tiny' });
      const warn = (request: JobRequestInput, total = 8e9) =>
        memoryWarning(catalog, jobRequest.parse(request), { free: 1e6, total });
      const generate = { kind: 'generate', params: { datasetId: 1, modelId: id } } as const;
      expect(warn(generate)).toMatch(/^On the CPU, this takes about 0\.2 GB of memory, and 0\.0 GB are free/);
      expect(warn(generate, 1e7)).toContain('this computer has 0.0 GB; try a smaller batch than 8');
      const train = { kind: 'train', params: { datasetId: 1, baseModelId: id } } as const;
      expect(warn(train)).toContain('gradient checkpointing');
      for (const kind of ['generate', 'control', 'hard-factors'] as const)
        expect(warn({ kind, params: { datasetId: 1 } })).toBeNull(); // no difficulty model yet
      writeSettings(catalog, { device: 'cuda' });
      expect(warn(generate)).toBeNull();
    } finally {
      catalog.close();
    }
  });
});
