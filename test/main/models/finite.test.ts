/**
 * Finite or failed: a NaN or an infinity in weights, adapters, configs, latents or losses fails the job, which names
 * the file or the step, and nothing that was computed from it is stored.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, numel, type Shape } from '../../../src/core/graph/value.ts';
import { frozenSource, paramsOf } from '../../../src/core/nn/params.ts';
import { unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import * as c from '../../../src/main/catalog/index.ts';
import { addModel } from '../../../src/main/engine/check-model.ts';
import { hashFile } from '../../../src/main/files/hash.ts';
import { openSafetensors } from '../../../src/main/files/safetensors.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';
import type { JobRequestInput } from '../../../src/shared/jobs/index.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';
import { classifierSpec, makeFolder, put } from '../support/pictures.ts';
import { run, runOk } from '../support/run.ts';
import { writeTinyDiffusion } from '../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-finite-'));
const healthy = join(folder, 'healthy');
const builtinEncoder = join(import.meta.dirname, '../../../resources/models/encoder');
let catalog: c.Catalog;
let models = 0;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(healthy);
  await makeFolder(join(folder, 'photos'), 4, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the model folder, changed. */
async function model(change: (folder: string) => void, from = healthy): Promise<string> {
  const path = join(folder, `model-${models++}`);
  cpSync(from, path, { recursive: true });
  change(path);
  return (await addModel(catalog, { path, name: path })).id;
}

/** Puts a value into a safetensors file of float32 numbers, behind the program's back. */
function poke(file: string, tensor: string, element: number, value: number): void {
  const stored = openSafetensors(file);
  const { offset } = stored.tensors.get(tensor)!;
  stored.close();
  const bytes = readFileSync(file);
  bytes.writeFloatLE(value, offset + 4 * element);
  writeFileSync(file, bytes);
}

/** A safetensors file as a trainer that does not look would write it. */
function writeRaw(file: string, tensors: Record<string, { shape: number[]; data: number[] }>): string {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const begin = at;
      at += 4 * data.length;
      return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const values = Float32Array.from(Object.values(tensors).flatMap(({ data }) => data));
  return put(file, Buffer.concat([size, json, Buffer.from(values.buffer)]));
}

const generation = (modelId: string, change: object = {}): JobRequestInput => ({
  kind: 'generate',
  params: { datasetId: 1, modelId, classes: ['red'], count: 2, steps: 4, batchSize: 2, seed: 9, ...change },
});

/** The job fails with such an error, and no image of it is in the catalog or on the disk. */
async function fails(request: JobRequestInput, error: RegExp): Promise<Job> {
  const job = await run(catalog, request);
  expect(job.state, JSON.stringify(job.result)).toBe('failed');
  expect(job.error).toMatch(error);
  expect(catalog.value('SELECT COUNT(*) FROM synthetic_samples')).toBe(0);
  const files = readdirSync(catalog.dir, { recursive: true }) as string[];
  expect(files.filter((name) => /^synthetic.*png/.test(name))).toEqual([]);
  return job;
}

describe('weights', () => {
  it.each([
    ['unet/diffusion_pytorch_model.safetensors', 'conv_in.weight', 17, Number.NaN],
    ['unet/diffusion_pytorch_model.safetensors', 'conv_out.bias', 0, Number.POSITIVE_INFINITY],
    ['vae/diffusion_pytorch_model.safetensors', 'decoder.conv_out.weight', 3, Number.NaN],
    // The row of a token that no prompt here has.
    ['text_encoder/model.safetensors', 'text_model.embeddings.token_embedding.weight', 5, Number.NaN],
  ])('of %s: %s at %i is %d', async (file, tensor, element, value) => {
    const place = new RegExp(
      `${file.replaceAll('.', '\\.')}: tensor ${tensor} holds ${value} at element ${element} of`,
    );
    let path = '';
    const added = model((copy) => {
      path = copy;
      poke(join(copy, file), tensor, element, value);
    });
    // Refused where it is added; a model of an earlier version is known already.
    await expect(added).rejects.toThrow(place);
    const row = { kind: 'diffusion', name: path, path, hash: 'of then', summary: '' } as const;
    await fails(generation(c.addModelRow(catalog, row)), place);
  });

  it('of a network whose ReLUs would turn NaN into numbers', async () => {
    const id = await model((path) => {
      const file = join(path, 'model.safetensors');
      const stored = openSafetensors(file);
      const [tensor] = [...stored.tensors.keys()].filter((name) => /conv.*weight$/.test(name));
      stored.close();
      poke(file, tensor, 2, Number.NaN);
    }, builtinEncoder);
    for (const kind of ['embed', 'score'] as const) {
      await fails({ kind, params: { datasetId: 1, modelId: id } }, /model\.safetensors: tensor .* holds NaN/);
    }
    expect(catalog.value('SELECT COUNT(*) FROM embeddings')).toBe(0);
    expect(c.listScorers(catalog, 1)).toEqual([]);
  });

  it('of an exported classifier: its output is named', async () => {
    // Refused where it is added; a model of an earlier version is known already.
    const image = input('image', [1, 3, 8, 8]);
    const features = f.reshape(f.mean(image, [2, 3]), [1, 3]);
    const huge = f.mul(f.mul(features, 3e38), 1e3);
    const path = put(join(folder, 'colours.onnx'), encodeGraph({ features, logits: huge }).bytes);
    const named = /colours\.onnx: output logits holds Infinity at element 0 of 3/;
    await expect(addModel(catalog, { path, name: 'colours', onnx: classifierSpec })).rejects.toThrow(named);
    const hash = await hashFile(path);
    const row = {
      kind: 'classifier',
      name: 'colours',
      path,
      hash,
      summary: '',
      spec: classifierSpec,
    } as const;
    const id = c.addModelRow(catalog, row);
    await fails({ kind: 'score', params: { datasetId: 1, method: 'classifier', modelId: id } }, named);
    expect(c.listScorers(catalog, 1)).toEqual([]);
  });
});

describe('configs', () => {
  it.each(['-0.5', '0', '1e999', '"NaN"'])('the scaling factor %s', async (factor) => {
    const id = await model((path) => {
      const file = join(path, 'vae/config.json');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/"scaling_factor":[^,}]+/, `"scaling_factor":${factor}`));
    }).catch((error: Error) => error);
    // Refused where it is added, or else where it is used.
    if (id instanceof Error) expect(id.message).toMatch(/scaling_factor/);
    else await fails(generation(id), /scaling_factor is .*expected|scaling_factor is .*wanted/);
  });
});

describe('adapters', () => {
  const layer = 'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
  const fill = (rows: number, columns: number, value = 0.5) => ({
    shape: [rows, columns],
    data: Array.from({ length: rows * columns }, () => value),
  });
  it.each<[string, Record<string, { shape: number[]; data: number[] }>, RegExp]>([
    [
      'a NaN in a matrix',
      { down: fill(2, 8), up: fill(8, 2, Number.NaN) },
      /lora\.up\.weight holds NaN at element 0/,
    ],
    [
      'an infinite alpha',
      { down: fill(2, 8), up: fill(8, 2), alpha: { shape: [1], data: [Number.POSITIVE_INFINITY] } },
      /alpha holds Infinity/,
    ],
    [
      'no alpha in its tensor',
      { down: fill(2, 8), up: fill(8, 2), alpha: { shape: [0], data: [] } },
      /alpha is undefined/,
    ],
    [
      'rank 0',
      { down: { shape: [0, 8], data: [] }, up: { shape: [8, 0], data: [] } },
      /rank 0, expected 1 to 4096/,
    ],
  ])('%s', async (what, parts, error) => {
    const nameOf = (part: string) => (part === 'alpha' ? `${layer}.alpha` : `${layer}.lora.${part}.weight`);
    const tensors = Object.fromEntries(Object.entries(parts).map(([part, t]) => [nameOf(part), t]));
    const path = writeRaw(join(folder, `${what.replaceAll(' ', '-')}.safetensors`), tensors);
    const id = await model(() => undefined);
    const job = await fails(generation(id, { loras: [{ path, weight: 1 }] }), error);
    expect(job.error).toContain(path);
  });

  it('a learned token', async () => {
    const data = Array.from({ length: 16 }, () => 0.1);
    data[4] = Number.NaN;
    const path = writeRaw(join(folder, 'token.safetensors'), { '<cat>': { shape: [16], data } });
    const id = await model(() => undefined);
    await fails(
      generation(id, { embeddings: [path], prompt: 'a <cat>' }),
      /token\.safetensors: tensor <cat> holds NaN at element 4/,
    );
  });
});

describe('numbers that grow too large on the way', () => {
  it('generation names the step and the network', async () => {
    const file = 'unet/diffusion_pytorch_model.safetensors';
    const id = await model((path) => poke(join(path, file), 'conv_out.bias', 0, 3e38));
    await fails(generation(id), /step 1 of 5 \(pndm, t = \d+\).*(holds (NaN|-?Infinity))/);
  });

  it('the decoder names itself, and no black image is made', async () => {
    const file = 'vae/diffusion_pytorch_model.safetensors';
    const id = await model((path) => {
      poke(join(path, file), 'decoder.conv_in.bias', 0, 3e38);
      poke(join(path, file), 'decoder.conv_in.bias', 1, -3e38);
    });
    await fails(generation(id), /vae\/diffusion_pytorch_model\.safetensors: output image holds/);
  });

  it('half precision says that it ends at 65,504', async () => {
    const path = join(folder, 'large');
    cpSync(healthy, path, { recursive: true });
    poke(join(path, 'unet/diffusion_pytorch_model.safetensors'), 'conv_in.bias', 0, 7e4);
    const { unet } = openDiffusionModel(path);
    const shapes: Record<string, Shape> = { sample: [1, 4, 8, 8], timesteps: [1], context: [1, 6, 16] };
    const noise = unet2dCondition(paramsOf(frozenSource(unet.table)), unet.config, {
      sample: input('sample', shapes.sample),
      timesteps: input('timesteps', shapes.timesteps),
      encoderHiddenStates: input('context', shapes.context),
    });
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([name, dims]) => [
        name,
        { dims, data: new Float32Array(numel(dims)).fill(1) },
      ]),
    );
    const predict = async (precision: 'f16' | 'f32') => {
      const session = await openGraph({ noise }, { provider: 'cpu', threads: 1 }, unet, { precision });
      return await session.run(feeds).finally(() => session.close());
    };
    await expect(predict('f32')).resolves.toHaveProperty('noise');
    await expect(predict('f16')).rejects.toThrow(
      /unet\/.*, in half precision: output noise holds .*65,504: turn it off in the settings/,
    );
  });

  it('training names the step, and leaves no model', async () => {
    await runOk(catalog, {
      kind: 'score',
      params: { datasetId: 1, method: 'out-of-fold', modelId: 'builtin:encoder' },
    });
    const id = await model((path) =>
      poke(join(path, 'unet/diffusion_pytorch_model.safetensors'), 'conv_out.bias', 0, 1e25),
    );
    const before = c.listModelRows(catalog).length;
    await fails(
      {
        kind: 'train',
        params: { datasetId: 1, baseModelId: id, steps: 3, batchSize: 2, seed: 5, previewEvery: 0 },
      },
      /training diverged at step 1: .*Lower the learning rate/,
    );
    expect(c.listModelRows(catalog)).toHaveLength(before);
  });
});

it('stored features of an earlier version that are not finite are removed, and recomputed', async () => {
  await runOk(catalog, { kind: 'embed', params: { datasetId: 1 } });
  const row = catalog.get<{ image_id: number; vector: Uint8Array }>(
    'SELECT image_id, vector FROM embeddings LIMIT 1',
  )!;
  const vector = Buffer.from(row.vector);
  vector.writeFloatLE(Number.NaN, 8);
  catalog.run('UPDATE embeddings SET vector = ? WHERE image_id = ?', vector, row.image_id);
  const map: JobRequestInput = { kind: 'project', params: { datasetId: 1, method: 'pca' } };
  expect((await run(catalog, map)).error).toMatch(/features of 1 images .* not finite .*run the job again/);
  await runOk(catalog, map);
});
