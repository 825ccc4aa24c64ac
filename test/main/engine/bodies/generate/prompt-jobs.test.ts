/**
 * Prompts of a generation: syntax that weighs, chunks, CLIP skip and LoRAs that prompts name; what is refused before
 * anything is made, and what the log says once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { outlineGeneration } from '../../../../../src/main/engine/bodies/generate/generation-outline.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { writeSafetensors } from '../../../../../src/main/files/safetensors.ts';
import { decodeRgb } from '../../../../../src/main/images/decode.ts';
import { openGenerationModel } from '../../../../../src/main/models/diffusion/generation-model.ts';
import { openGenerator } from '../../../../../src/main/models/diffusion/generator.ts';
import { writeLoraFile } from '../../../../../src/main/models/lora-file.ts';
import { type Provenance, provenance } from '../../../../../src/shared/domain/provenance.ts';
import { generateParams } from '../../../../../src/shared/jobs/generate.ts';
import type { JobRequestInput } from '../../../../../src/shared/jobs/index.ts';
import { loraLayer } from '../../../../core/nn/lora-layer.ts';
import { exportDiffusion } from '../../../support/exported-diffusion.ts';
import { makeFolder } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';
import { writeTinyDiffusion } from '../../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-prompt-jobs-'));
const soft = join(folder, 'soft.safetensors');
const sharp = join(folder, 'sharp.safetensors');
let catalog: c.Catalog;
let modelId: string;

const matrix = (...shape: number[]) => ({ shape, data: new Float32Array(shape[0] * shape[1]).fill(0.3) });

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'), { text: { num_hidden_layers: 2 } });
  modelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  await makeFolder(join(folder, 'photos'), 2, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const path = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_v';
  const unet = new Map([[path, loraLayer(matrix(2, 8), matrix(8, 2), 2)]]);
  for (const file of [soft, sharp])
    writeLoraFile(file, { layout: '', unet, text_encoder: new Map() }, 'kohya');
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

type Params = Extract<JobRequestInput, { kind: 'generate' }>['params'];
const paramsOf = (change: Partial<Params>) => ({
  datasetId: 1,
  modelId,
  classes: ['red'],
  count: 1,
  steps: 3,
  batchSize: 2,
  scheduler: 'ddim' as const,
  guidanceScale: 3,
  prompt: 'a cat',
  ...change,
});

interface Made {
  provenance: Provenance;
  pixels: string;
}

async function made(change: Partial<Params>): Promise<{ pictures: Made[]; warnings: string[] }> {
  const job = await run(catalog, { kind: 'generate', params: paramsOf(change) });
  expect(job.state, job.error ?? '').toBe('done');
  const rows = catalog.all<{ path: string; provenance: string; width: number }>(
    `SELECT i.path, i.width, s.provenance FROM synthetic_samples s JOIN images i ON i.id = s.image_id
     WHERE s.job_id = ? ORDER BY s.job_index`,
    job.id,
  );
  const pictures = await Promise.all(
    rows.map(async (row) => {
      const size = { width: row.width, height: row.width, fit: 'fill' } as const;
      const { pixels } = await decodeRgb(catalog.file(row.path), size);
      return {
        provenance: provenance.parse(JSON.parse(row.provenance)),
        pixels: Buffer.from(pixels).toString('base64'),
      };
    }),
  );
  const log = c.listLog(catalog, job.id).filter(({ level }) => level === 'warn');
  return { pictures, warnings: log.map(({ text }) => text) };
}
const pixelsOf = async (change: Partial<Params>) => (await made(change)).pictures[0].pixels;

async function refused(change: Partial<Params>): Promise<string> {
  const job = await run(catalog, { kind: 'generate', params: paramsOf(change) });
  expect(job.state).toBe('failed');
  return job.error!;
}

const long = 'a photo of a cat, a photo of a cup, a photo of a cat'; // beyond the 12 tokens of the tiny model

describe('syntax', () => {
  it('weights matter, each syntax in its way, and are in the provenance', async () => {
    const prompt = 'a (cat:1.8) [cup]';
    const syntaxes = ['plain', 'a1111', 'comfyui'] as const;
    const all = [];
    for (const promptSyntax of syntaxes) all.push((await made({ prompt, promptSyntax })).pictures[0]);
    expect(new Set(all.map((one) => one.pixels)).size).toBe(3);
    expect(all.map((one) => one.provenance.promptSyntax)).toEqual([undefined, 'a1111', 'comfyui']);
    expect(await pixelsOf({ prompt: '(a cat:1)', promptSyntax: 'a1111' })).toBe(
      await pixelsOf({ prompt: 'a cat' }),
    );
  });

  it('reads choices first, then the class, then itself', async () => {
    const { pictures } = await made({ prompt: '{([CLS]:1.2)|([CLS]:1.2)}', promptSyntax: 'a1111' });
    expect(pictures[0].provenance.prompt).toBe('(red:1.2)');
  });

  it('plain: other syntax is told once, with what it is', async () => {
    const { warnings } = await made({ prompt: 'a (cat:1.3) {x|y}', negativePrompt: '((bad))', count: 3 });
    expect(warnings.filter((text) => text.includes('reads this as text'))).toEqual([
      expect.stringMatching(/^\(cat:1\.3\), \(\(bad\)\): the prompt syntax Plain text/),
    ]);
  });

  it.each([
    [{ prompt: 'a [cat:cup:0.5]' }, 'prompt “a [cat:cup:0.5]”: [cat:cup:0.5] is prompt editing'],
    [{ negativePrompt: '<lora:soft:1>' }, 'the negative prompt names <lora:soft:1>'],
    [{ negativePrompt: 'a AND b' }, 'the negative prompt “a AND b”: AND composes'],
    [{ negativePrompt: '[a:b:.5]' }, 'the negative prompt “[a:b:.5]”: [a:b:.5] is prompt editing'],
    [{ firstPrompts: ['a AND b'] }, 'a prompt of the first steps “a AND b”: AND composes'],
    [{ firstPrompts: ['<lora:soft:1>'] }, 'a prompt of the first steps names <lora:soft:1>'],
  ])('%j is refused by the job and by its form', async (change, sentence) => {
    const params = { ...change, promptSyntax: 'a1111' } as const;
    expect(await refused(params)).toContain(sentence);
    const { problems } = outlineGeneration(catalog, generateParams.parse(paramsOf(params)));
    expect(problems.prompt).toContain(sentence);
  });
});

describe('long prompts', () => {
  it('are cut, and how much of how many is told once', async () => {
    const prompt = 'a photo of a very very very large [CLS] cup';
    const { warnings, pictures } = await made({ prompt, classes: ['red', 'blue'] });
    expect(warnings).toEqual([
      expect.stringMatching(/^31 tokens of 2 prompts cut: the text encoder reads 12 /),
    ]);
    const endless = await made({ prompt: 'cat '.repeat(4_000) });
    expect(endless.warnings).toEqual([expect.stringMatching(/: “(cat ){15}…”$/)]);
    expect(pictures[0].provenance.promptChunks).toBeUndefined();
  });

  it('are read whole in chunks: their end matters', async () => {
    const chunks = { longPrompts: 'chunks' } as const;
    const cut = await pixelsOf({ prompt: long });
    expect(await pixelsOf({ prompt: `${long} cup` })).toBe(cut);
    const whole = await made({ prompt: long, ...chunks });
    expect(whole.warnings).toEqual([]);
    expect(whole.pictures[0].provenance.promptChunks).toBeGreaterThan(1);
    expect(await pixelsOf({ prompt: `${long} cup`, ...chunks })).not.toBe(whole.pictures[0].pixels);
  });

  it('do not change the images of short ones beside them, and resume in the same groups', async () => {
    const chunks = { longPrompts: 'chunks', promptSource: 'list' } as const;
    const { pictures } = await made({ ...chunks, prompts: ['a cat', long], count: 6 });
    const short = pictures.findIndex((one) => one.provenance.promptChunks === undefined);
    expect(short).toBeGreaterThanOrEqual(0);
    expect(pictures.some((one) => one.provenance.promptChunks !== undefined)).toBe(true);
    const alone = await made({ ...chunks, prompts: ['a cat', 'a cat'], count: 6 });
    expect(pictures[short].pixels).toBe(alone.pictures[short].pixels);
  });

  it('a negative prompt of more chunks than the prompt counts too', async () => {
    const params = { prompt: 'a cat', longPrompts: 'chunks' } as const;
    const { pictures } = await made({ ...params, negativePrompt: long });
    expect(pictures[0].provenance.promptChunks).toBeGreaterThan(1);
    expect(pictures[0].pixels).not.toBe(await pixelsOf(params));
  });

  it('one generator makes both in one call, in order', async () => {
    const options = {
      batchSize: 2,
      scheduler: 'ddim',
      steps: 2,
      guidanceScale: 2,
      guidanceMode: 'null-token',
      difficultyGuidance: 1,
      longPrompts: 'chunks',
    } as const;
    const generator = await openGenerator(openGenerationModel(join(folder, 'tiny')), null, options, {
      provider: 'cpu',
      threads: 1,
    });
    const ask = (prompt: string, seed: number) => ({
      seed,
      prompt,
      negativePrompt: '',
      classIndex: 0,
      difficulty: 0,
    });
    const both = await generator.generate([ask(long, 1), ask('a cat', 2)]);
    expect(both).toEqual([
      ...(await generator.generate([ask(long, 1)])),
      ...(await generator.generate([ask('a cat', 2)])),
    ]);
    await generator.close();
  });
});

describe('CLIP skip', () => {
  it('changes the images and is in the provenance; 1 is the last layer', async () => {
    const [own, last, before] = await Promise.all([null, 1, 2].map((clipSkip) => made({ clipSkip })));
    expect(last.pictures[0].pixels).toBe(own.pictures[0].pixels);
    expect(before.pictures[0].pixels).not.toBe(own.pictures[0].pixels);
    expect(before.pictures[0].provenance.clipSkip).toBe(2);
    expect(own.pictures[0].provenance.clipSkip).toBeUndefined();
  });

  it('beyond the first layer fails by name', async () => {
    expect(await refused({ clipSkip: 3 })).toContain('CLIP skip 3: the text encoder has 2 layers');
  });
});

describe('LoRAs that prompts name', () => {
  const a1111 = { promptSyntax: 'a1111' } as const;

  it('a weight in the prompt counts more than the list, none takes the list', async () => {
    const listed = { ...a1111, loras: [{ path: soft, weight: 0.5 }] };
    const [byTag, byList, kept] = await Promise.all([
      made({ ...listed, prompt: 'a cat<lora:soft:0.8>' }),
      made({ ...a1111, loras: [{ path: soft, weight: 0.8 }] }),
      made({ ...listed, prompt: 'a cat<lora:soft>' }),
    ]);
    expect(byTag.pictures[0].pixels).toBe(byList.pictures[0].pixels);
    expect(Object.keys(byTag.pictures[0].provenance.models)).toContain('lora soft.safetensors x 0.8');
    expect(Object.keys(kept.pictures[0].provenance.models)).toContain('lora soft.safetensors x 0.5');
  });

  it('are found in the catalog by name; one that is not there lists what there is', async () => {
    c.addModelRow(catalog, { name: 'My sharp', kind: 'lora', path: sharp, hash: 'x', summary: '' });
    const { pictures } = await made({
      ...a1111,
      prompt: 'a cat <lora:My sharp:0.7> <lora:soft:0.1>',
      loras: [{ path: soft, weight: 1 }],
    });
    expect(Object.keys(pictures[0].provenance.models)).toEqual([
      'diffusion',
      'lora soft.safetensors x 0.1',
      'lora sharp.safetensors x 0.7',
    ]);
    const params = { ...a1111, prompt: 'a cat <lora:other:1>', loras: [{ path: soft, weight: 1 }] };
    const sentence = '<lora:other:1>: no LoRA of that name; there are soft, My sharp';
    expect(await refused(params)).toContain(sentence);
    const { problems } = outlineGeneration(catalog, generateParams.parse(paramsOf(params)));
    expect(problems.prompt).toContain(sentence);
    expect(await refused({ ...params, loras: [] })).toContain('; the only one is My sharp. Give its file');
  });

  it('may not differ within a job', async () => {
    const prompts = ['a cat <lora:soft:0.8>', 'a cat <lora:soft:0.4>'];
    const params = { ...a1111, promptSource: 'list', prompts, count: 8 } as const;
    expect(await refused({ ...params, loras: [{ path: soft, weight: 1 }] })).toMatch(
      /prompts of one job ask for different LoRAs \(<lora:soft:0\.\d>; <lora:soft:0\.\d>\)/,
    );
  });
});

it('a folder of exported graphs takes neither further chunks nor CLIP skip, and says so', async () => {
  exportDiffusion(join(folder, 'tiny'), join(folder, 'exported'), { rows: 2 });
  const exported = await addModel(catalog, { path: join(folder, 'exported'), name: 'exported' });
  const params = { modelId: exported.id, batchSize: 1 };
  expect(await pixelsOf({ ...params, clipSkip: 1, longPrompts: 'chunks' })).not.toBe('');
  expect(await refused({ ...params, clipSkip: 2 })).toContain('generate without CLIP skip');
  const before = catalog.value("SELECT COUNT(*) FROM images WHERE origin = 'synthetic'");
  const prompts = ['a cat', long];
  expect(
    await refused({ ...params, promptSource: 'list', prompts, count: 6, longPrompts: 'chunks' }),
  ).toMatch(/encoder_hidden_states is fixed to \[2,12,16\].*cut long prompts/);
  expect(catalog.value("SELECT COUNT(*) FROM images WHERE origin = 'synthetic'")).toBe(before);
});

it('an embedding that no prompt names is told once, by file and token', async () => {
  const embeddings = ['mug', 'jug'].map((name) => join(folder, `${name}.safetensors`));
  for (const [i, name] of ['mug', 'jug'].entries())
    writeSafetensors(embeddings[i], { [`<${name}>`]: matrix(2, 16) });
  const { warnings } = await made({ prompt: 'a <mug>', embeddings, count: 3 });
  expect(warnings).toEqual([expect.stringMatching(/^no prompt names <jug> \(jug\.safetensors\): /)]);
  expect((await made({ prompt: 'a <mug>', negativePrompt: '<jug>', embeddings })).warnings).toEqual([]);
});

it('the largest seed generates, and is the job’s', async () => {
  const seed = Number.MAX_SAFE_INTEGER;
  const [largest, next] = await Promise.all([made({ seed }), made({ seed: seed - 1 })]);
  expect(largest.pictures[0].pixels).not.toBe(next.pictures[0].pixels);
  expect(catalog.value("SELECT max(json_extract(params, '$.seed')) FROM jobs")).toBe(seed);
});
