/**
 * Generation jobs on a tiny random model: without an adapter, from real images, between two of them, with two-stage
 * prompts; what provenance says of them; and that neither batches nor neighbours change a picture.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { openSafetensors, writeSafetensors } from '../../../../../src/main/files/safetensors.ts';
import { decodeRgb } from '../../../../../src/main/images/decode.ts';
import { writeLoraFile } from '../../../../../src/main/models/lora-file.ts';
import { type Provenance, provenance } from '../../../../../src/shared/domain/provenance.ts';
import { generateParams } from '../../../../../src/shared/jobs/generate.ts';
import type { JobRequestInput } from '../../../../../src/shared/jobs/index.ts';
import { loraLayer } from '../../../../core/nn/lora-layer.ts';
import { declareThrowAway } from '../../../../shared/throw-away.ts';
import { makeFolder } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';
import { writeTinyDiffusion } from '../../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-generate-'));
let catalog: c.Catalog;
let modelId: string;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'));
  modelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  await makeFolder(join(folder, 'photos'), 4, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

type Params = Extract<JobRequestInput, { kind: 'generate' }>['params'];
const request = (change: Partial<Params>): JobRequestInput => ({
  kind: 'generate',
  params: {
    datasetId: 1,
    modelId,
    classes: ['red'],
    count: 3,
    steps: 4,
    batchSize: 2,
    scheduler: 'ddim',
    seed: 9,
    ...change,
  },
});

interface Made {
  provenance: Provenance;
  /** The whole PNG, provenance and all. */
  file: string;
  /** u8[s,s,3], as text. */
  pixels: string;
  classId: number;
}

async function madeBy(jobId: number): Promise<Made[]> {
  const rows = catalog.all<{ path: string; provenance: string; classId: number; width: number }>(
    `SELECT i.path, i.width, s.provenance, i.class_id AS classId
     FROM synthetic_samples s JOIN images i ON i.id = s.image_id WHERE s.job_id = ? ORDER BY s.job_index`,
    jobId,
  );
  return await Promise.all(
    rows.map(async (row) => {
      const file = catalog.file(row.path);
      const { pixels } = await decodeRgb(file, { width: row.width, height: row.width, fit: 'fill' });
      return {
        provenance: provenance.parse(JSON.parse(row.provenance)),
        file: readFileSync(file).toString('base64'),
        pixels: Buffer.from(pixels).toString('base64'),
        classId: row.classId,
      };
    }),
  );
}

async function made(change: Partial<Params> = {}): Promise<Made[]> {
  const job = await run(catalog, request(change));
  expect(job.state, job.error ?? '').toBe('done');
  return await madeBy(job.id);
}

declareThrowAway(generateParams);

const real = () => new Map(c.workImages(catalog, 1, 'real').map((image) => [image.id, image]));

it('the base model alone: no difficulty is claimed', async () => {
  const pictures = await made();
  expect(pictures).toHaveLength(3);
  expect(new Set(pictures.map((p) => p.pixels)).size).toBe(3);
  for (const p of pictures) {
    expect(p.provenance).toMatchObject({
      recipe: 'text-to-image',
      requestedDifficulty: null,
      prompt: 'a photo of a red',
    });
    expect(Object.keys(p.provenance.models)).toEqual(['diffusion']);
    expect(p.provenance.start).toBeUndefined();
  }
});

it.each([
  {},
  { eta: 0.7 },
  { scheduler: 'ddpm' },
  { init: 'image', strengths: [0.5] },
  { init: 'image', strengths: [0.25, 0.5, 0.75] },
  { init: 'interpolate', inversionSteps: 5 },
  { firstPrompts: ['a [CLS] cat', 'a cup'], firstShare: 0.5 },
] as Partial<Params>[])('with %j neither the batch nor its other pictures matter', async (change) => {
  const base = await made(change);
  expect((await made({ ...change, count: 2 })).map((p) => p.file)).toEqual(
    base.slice(0, 2).map((p) => p.file),
  );
  const others = await made({ ...change, classes: ['blue', 'red'] });
  expect(others.slice(3).map((p) => p.file)).toEqual(base.map((p) => p.file));
});

it('from a real image of the class: each once before any twice, with its share of the steps', async () => {
  const pictures = await made({ init: 'image', strengths: [0.5], count: 8 });
  const sources = pictures.map((p) => {
    const { start } = p.provenance;
    if (start?.kind !== 'image') throw new Error('no image is recorded');
    expect(start.strength).toBe(0.5);
    expect(start.source).toMatchObject({ hash: real().get(start.source.id)!.hash });
    expect(real().get(start.source.id)!.classId).toBe(p.classId);
    return start.source.id;
  });
  expect(new Set(sources.slice(0, 4)).size).toBe(4);
  expect(sources.slice(4)).toEqual(sources.slice(0, 4));
  // Less strength stays nearer to the image, so it matters; and so does the image.
  const [gentle] = await made({ init: 'image', strengths: [0.25], count: 1 });
  expect(gentle.pixels).not.toBe(pictures[0].pixels);
});

it('one of several strengths is drawn for each picture', async () => {
  const strengths = [0.25, 0.5, 1];
  const pictures = await made({ init: 'image', strengths, count: 12 });
  const drawn = pictures.map((p) => p.provenance.start?.kind === 'image' && p.provenance.start.strength);
  expect(new Set(drawn)).toEqual(new Set(strengths));
});

it('between two real images of the class, at a recorded place on the circle', async () => {
  const pictures = await made({ init: 'interpolate', inversionSteps: 5, count: 6 });
  const lambdas = pictures.map((p) => {
    const { start } = p.provenance;
    if (start?.kind !== 'interpolate') throw new Error('no pair is recorded');
    expect(start.source.id).not.toBe(start.partner.id);
    for (const image of [start.source, start.partner]) {
      expect(real().get(image.id)).toMatchObject({ hash: image.hash, classId: p.classId });
    }
    expect(start.lambda).toBeGreaterThanOrEqual(0);
    expect(start.inversionSteps).toBe(5);
    return start.lambda;
  });
  expect(new Set(lambdas).size).toBe(6);
});

it('two-stage prompts: the drawn one is recorded and matters while its share lasts', async () => {
  const plain = await made();
  const first = { firstPrompts: ['a cat', 'a cup'], firstShare: 0.5 };
  const staged = await made({ ...first, count: 8 });
  expect(new Set(staged.map((p) => p.provenance.firstStage?.prompt))).toEqual(new Set(['a cat', 'a cup']));
  expect(staged[0].provenance).toMatchObject({ prompt: 'a photo of a red', firstStage: { share: 0.5 } });
  expect(staged[0].pixels).not.toBe(plain[0].pixels);
  const [never] = await made({ ...first, firstShare: 0, count: 1 });
  expect(never.pixels).toBe(plain[0].pixels);
});

it.each([
  [{ size: 33 }, 'multiples of 4'],
  [{ init: 'image', strengths: [0.1] }, 'leaves none to run'],
  [{ modelId: null }, 'no difficulty model is trained'],
] as [Partial<Params>, string][])('%j is refused with a sentence', async (change, sentence) => {
  const job = await run(catalog, request(change));
  expect(job.state).toBe('failed');
  expect(job.error).toContain(sentence);
});

it("a person's own LoRA and learned token change the pictures and are in their provenance", async () => {
  const matrix = (...shape: number[]) => ({ shape, data: new Float32Array(shape[0] * shape[1]).fill(0.3) });
  const lora = join(folder, 'mine.safetensors');
  const path = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_v';
  const unet = new Map([[path, loraLayer(matrix(2, 8), matrix(8, 2), 2)]]);
  writeLoraFile(lora, { layout: '', unet, text_encoder: new Map() }, 'kohya');
  const token = join(folder, 'mug.safetensors');
  writeSafetensors(token, { '<mug>': matrix(2, 16) });

  const [plain] = await made({ count: 1 });
  const [changed] = await made({ count: 1, loras: [{ path: lora, weight: 0.8 }] });
  const [off] = await made({ count: 1, loras: [{ path: lora, weight: 0 }] });
  expect(changed.pixels).not.toBe(plain.pixels);
  expect(off.pixels).toBe(plain.pixels);
  expect(changed.provenance.models).toEqual({
    ...plain.provenance.models,
    'lora mine.safetensors x 0.8': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const prompt = 'a photo of a <mug>';
  const [unknown] = await made({ count: 1, prompt });
  const [learned] = await made({ count: 1, prompt, embeddings: [token] });
  expect(learned.pixels).not.toBe(unknown.pixels);
  expect(Object.keys(learned.provenance.models)).toEqual(['diffusion', 'embedding mug.safetensors']);

  const gone = await run(
    catalog,
    request({ loras: [{ path: join(folder, 'gone.safetensors'), weight: 1 }] }),
  );
  expect(gone.error).toContain('there is no adapter at');
});

it('makes pictures of another size than the model was trained on', async () => {
  const [picture] = await made({ size: 48, count: 1 });
  const [row] = catalog.all<{ width: number; height: number }>(
    'SELECT width, height FROM images WHERE id = (SELECT max(image_id) FROM synthetic_samples)',
  );
  expect(row).toEqual({ width: 48, height: 48 });
  expect(Buffer.from(picture.pixels, 'base64')).toHaveLength(3 * 48 * 48);
});

it('a black image is no result: the job fails and says what gave none', async () => {
  const black = join(folder, 'black');
  writeTinyDiffusion(black);
  const weights = join(black, 'vae/diffusion_pytorch_model.safetensors');
  const stored = openSafetensors(weights);
  const tensors = Object.fromEntries(
    [...stored.tensors].map(([name, { shape }]) => [name, { shape: [...shape], data: stored.read(name) }]),
  );
  stored.close();
  tensors['decoder.conv_out.bias'].data.fill(-60_000); // finite, and below any brightness
  writeSafetensors(weights, tensors);
  const model = await addModel(catalog, { path: black, name: 'black' });
  const before = catalog.value("SELECT COUNT(*) FROM images WHERE origin = 'synthetic'");
  const job = await run(catalog, request({ modelId: model.id }));
  expect(job.state).toBe('failed');
  expect(job.error).toMatch(/came out black: the model's autoencoder/);
  expect(catalog.value("SELECT COUNT(*) FROM images WHERE origin = 'synthetic'")).toBe(before);
});

it('records a parameter that is declared as recorded, where it is not as usual', async () => {
  const [asUsual] = await made({ count: 1 });
  expect(asUsual.provenance).not.toHaveProperty('settings');
  const [picture] = await made({ count: 1, throwAway: 4 } as Partial<Params>);
  expect(picture.provenance.settings).toEqual({ throwAway: 4 });
  expect(picture.pixels).toBe(asUsual.pixels);
});
