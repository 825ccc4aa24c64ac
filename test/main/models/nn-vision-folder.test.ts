/**
 * Image networks as timm and transformers save them. The same code gave timm 1.0's features and logits for resnet18,
 * resnet50, vit_tiny and vit_small at 224 pixels, and those of transformers 5's CLIP, within 3e-6 of 3; here narrow
 * networks show that pictures are prepared as the config says, and that what computes otherwise is refused.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import { input, numel } from '../../../src/core/graph/value.ts';
import { type ClipVisionConfig, clipVision } from '../../../src/core/nn/clip-vision.ts';
import { type Params, paramsOf, recordParameters, trainableSource } from '../../../src/core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../../src/core/nn/resnet.ts';
import { type VitConfig, vit } from '../../../src/core/nn/vit.ts';
import * as c from '../../../src/main/catalog/index.ts';
import { addModel, checkModel } from '../../../src/main/engine/check-model.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { openEncoder } from '../../../src/main/models/open-encoder.ts';
import { openVisionFolder, readVisionFolder } from '../../../src/main/models/vision-folder.ts';
import { openSession } from '../../../src/main/runtime/runtime.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-vision-'));
const path = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Weights = Record<string, { shape: readonly number[]; data: Float32Array }>;

/** Sines, running variances and weights of norms around one. */
function weightsOf(build: (p: Params) => unknown): Weights {
  return Object.fromEntries(
    recordParameters(build).map(({ name, shape }, k) => {
      const positive = /running_var$|(bn\d|norm\d?|downsample\.1)\.weight$/.test(name) ? 1 : 0;
      const data = Float32Array.from(
        { length: numel(shape) },
        (_, i) => 0.2 * Math.sin(0.7 * i + k) + positive,
      );
      return [name, { shape, data }];
    }),
  );
}

async function write(name: string, config: unknown, weights: Weights) {
  mkdirSync(path(name), { recursive: true });
  writeFileSync(join(path(name), 'config.json'), JSON.stringify(config));
  await writeSafetensors(join(path(name), 'model.safetensors'), weights);
}

const resnetConfig: ResnetConfig = {
  in_channels: 3,
  stem: 'imagenet',
  block: 'basic',
  widths: [4, 8],
  depths: [2, 1],
  num_classes: 3,
};
const timm = {
  architecture: 'resnet18.a1_in1k',
  num_classes: 3,
  global_pool: 'avg',
  label_names: ['cat', 'cup', 'car'],
  pretrained_cfg: {
    input_size: [3, 32, 32],
    crop_pct: 0.8,
    crop_mode: 'center',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
};
const vitConfig: VitConfig = {
  image_size: 32,
  patch_size: 16,
  width: 64,
  depth: 1,
  heads: 1,
  mlp_width: 128,
  num_classes: 3,
};
const clipConfig: ClipVisionConfig = {
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
  image_size: 16,
  patch_size: 8,
  projection_dim: 5,
};

const pictureOf = (size: number) => input('image', [1, 3, size, size]);
const resnetWeights = weightsOf((p) => resnet(p, resnetConfig, pictureOf(32), false));
const vitWeights = weightsOf((p) => vit(p, vitConfig, pictureOf(32)));
const clipWeights = weightsOf((p) => clipVision(p, clipConfig, pictureOf(16)));

beforeAll(async () => {
  await write('resnet', timm, resnetWeights);
  await write('vit', { ...timm, architecture: 'vit_tiny_patch16_32', global_pool: 'token' }, vitWeights);
  const towers = { ...clipWeights, logit_scale: { shape: [1], data: Float32Array.of(2.6) } };
  await write('clip', { model_type: 'clip', projection_dim: 5, vision_config: clipConfig }, towers);
});

const noise = (n: number, side: number) =>
  Uint8Array.from({ length: n * side * side * 3 }, (_, i) => (i * i * 31 + i * 7) % 256);

/** The middle of each picture, normalised channel by channel: (x / 255 - mean) / std. */
function prepared(pixels: Uint8Array, n: number, side: number, size: number, mean: number[], std: number[]) {
  const out: number[] = [];
  const margin = (side - size) / 2;
  for (let i = 0; i < n; i++)
    for (let ch = 0; ch < 3; ch++)
      for (let y = margin; y < margin + size; y++)
        for (let x = margin; x < margin + size; x++)
          out.push((pixels[((i * side + y) * side + x) * 3 + ch] / 255 - mean[ch]) / std[ch]);
  return Float32Array.from(out);
}

async function expected(
  build: (p: Params, image: ReturnType<typeof input>) => ReturnType<typeof resnet>['features'],
  weights: Weights,
  dims: number[],
  data: Float32Array,
) {
  const value = build(paramsOf(trainableSource()), input('image', dims));
  const session = await openSession(encodeGraph({ value }).bytes, cpu);
  const feeds = Object.fromEntries(
    Object.entries(weights).map(([name, w]) => [name, { dims: w.shape, data: w.data }]),
  );
  const used = Object.fromEntries(
    session.inputNames.filter((name) => name in feeds).map((name) => [name, feeds[name]]),
  );
  const out = await session.run({ ...used, image: { dims, data } });
  await session.close();
  return out.value.data as Float32Array;
}

function near(got: Float32Array | null, wanted: Float32Array) {
  expect(got).toHaveLength(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  wanted.forEach((v, i) => {
    expect(Math.abs(got![i] - v)).toBeLessThan(1e-5 * scale);
  });
}

describe('a network of a folder', () => {
  it('sees the middle of a picture that is larger by the crop share, normalised as the config says', async () => {
    const encoder = await openVisionFolder(path('resnet'), 'resnet', cpu);
    expect(encoder).toMatchObject({ dim: 8, labels: timm.label_names });
    expect(encoder.preprocessing).toMatchObject({
      width: 32,
      height: 32,
      resize: { to: 'shortest', edge: 40 },
      kernel: 'bicubic',
      arithmetic: 'pillow',
    });
    const pixels = noise(2, 32);
    const { mean, std } = timm.pretrained_cfg;
    const data = prepared(pixels, 2, 32, 32, mean, std);
    const out = await encoder.run(pixels, 2);
    const by = (what: 'features' | 'logits') =>
      expected((p, x) => resnet(p, resnetConfig, x, false)[what], resnetWeights, [2, 3, 32, 32], data);
    near(out.features, await by('features'));
    near(out.logits, await by('logits'));
    await expect(encoder.run(pixels, 3)).rejects.toThrow('resnet: 6144 bytes for 3 images, expected 9216');
    await encoder.close();
  });

  it('may be a ViT', async () => {
    const encoder = await openVisionFolder(path('vit'), 'vit', cpu);
    const pixels = noise(1, 32);
    const { mean, std } = timm.pretrained_cfg;
    const data = prepared(pixels, 1, 32, 32, mean, std);
    near(
      (await encoder.run(pixels, 1)).logits,
      await expected((p, x) => vit(p, vitConfig, x).logits!, vitWeights, [1, 3, 32, 32], data),
    );
    await encoder.close();
  });

  it("may be CLIP's image tower beside its text tower, whose embeddings are features", async () => {
    const clip = await openVisionFolder(path('clip'), 'clip', cpu);
    expect(clip).toMatchObject({ dim: 5, labels: null, preprocessing: { width: 16, height: 16 } });
    const pixels = noise(1, 16);
    const [mean, std] = [
      [0.48145466, 0.4578275, 0.40821073],
      [0.26862954, 0.26130258, 0.27577711],
    ];
    const wantedWith = (m: number[], s: number[]) =>
      expected(
        (p, x) => clipVision(p, clipConfig, x).embedding,
        clipWeights,
        [1, 3, 16, 16],
        prepared(pixels, 1, 16, 16, m, s),
      );
    const out = await clip.run(pixels, 1);
    expect(out.logits).toBeNull();
    near(out.features, await wantedWith(mean, std));
    await clip.close();

    const own = { size: 16, crop_size: 16, image_mean: [0.4, 0.5, 0.6], image_std: [0.2, 0.3, 0.25] };
    writeFileSync(join(path('clip'), 'preprocessor_config.json'), JSON.stringify(own));
    const other = await openVisionFolder(path('clip'), 'clip', cpu);
    near((await other.run(pixels, 1)).features, await wantedWith(own.image_mean, own.image_std));
    await other.close();
  });

  it('is prepared for by processor_config.json, as transformers 5 saves the processor of both towers', async () => {
    const image_processor = {
      image_processor_type: 'CLIPImageProcessor',
      size: { shortest_edge: 20 },
      crop_size: { height: 16, width: 16 },
      image_mean: [0.1, 0.2, 0.3],
      resample: 2,
    };
    const put = (name: string, json: unknown) =>
      writeFileSync(join(path('processor'), name), JSON.stringify(json));
    await write(
      'processor',
      { model_type: 'clip', projection_dim: 5, vision_config: clipConfig },
      clipWeights,
    );
    const read = () => readVisionFolder(path('processor'), 'p');
    expect(read().summary).toContain('there is no preprocessor_config.json');
    put('processor_config.json', { processor_class: 'CLIPProcessor', image_processor });
    expect(read().network.preprocessing).toMatchObject({
      resize: { to: 'shortest', edge: 20 },
      kernel: 'bilinear',
      mean: [0.1, 0.2, 0.3],
    });
    expect(read().summary).not.toContain('default');
    // With both, the processor of images within the newer file is the one that is taken.
    put('preprocessor_config.json', { ...image_processor, image_mean: [0.7, 0.7, 0.7] });
    expect(read().network.preprocessing.mean).toEqual([0.1, 0.2, 0.3]);
    // Of older ones it says nothing of images.
    put('processor_config.json', { processor_class: 'CLIPProcessor' });
    expect(read().network.preprocessing.mean).toEqual([0.7, 0.7, 0.7]);
    put('processor_config.json', { image_processor: { ...image_processor, resample: 9 } });
    expect(read).toThrow(/processor_config\.json: .*resample is 9/);
  });

  it('is added to a catalog: a classifier where its classes have names, otherwise an encoder', async () => {
    const catalog = c.openCatalog(path('catalog'));
    try {
      const classifier = await addModel(catalog, { path: path('resnet'), name: 'mine' });
      expect(classifier).toMatchObject({
        kind: 'classifier',
        usable: true,
        summary: 'resnet18, 32x32, 8 features, 3 labels',
      });
      const encoder = await openEncoder(catalog, classifier.id, cpu);
      expect(encoder.hash).toBe(classifier.hash);
      await encoder.close();
      const clip = await addModel(catalog, { path: path('clip'), name: 'clip' });
      expect(clip).toMatchObject({
        kind: 'encoder',
        summary: expect.stringMatching(/^CLIP image tower of 1 blocks, 16x16, 5 features/),
      });
    } finally {
      catalog.close();
    }
  });

  it('takes the names of its classes from labels.txt where the config has none', async () => {
    const { label_names: _, ...unnamed } = timm;
    await write('named', unnamed, resnetWeights);
    const { kind, summary } = await checkModel(path('named'));
    expect([kind, summary]).toEqual([
      'encoder',
      expect.stringContaining('3 class scores without names (labels.txt'),
    ]);
    writeFileSync(join(path('named'), 'labels.txt'), 'cat\ncup\ncar\n\n');
    expect(readVisionFolder(path('named'), 'n').network.labels).toEqual(['cat', 'cup', 'car']);
    writeFileSync(join(path('named'), 'labels.txt'), 'cat\ncup\n');
    const { usable, problems } = await checkModel(path('named'));
    expect(usable).toBe(false);
    expect(problems[0]).toContain('2 labels for 3 classes; check label_names or labels.txt');
  });
});

describe('refused', () => {
  const changed = (fields: object) => ({ ...timm, pretrained_cfg: { ...timm.pretrained_cfg, ...fields } });

  it.each<[string, unknown, string]>([
    ['other layers', { ...timm, architecture: 'seresnet50' }, 'the network is seresnet50, expected timm'],
    [
      'other positions',
      { ...timm, architecture: 'vit_relpos_base_patch16_224' },
      'is vit_relpos_base_patch16_224',
    ],
    ["transformers' other networks", { model_type: 'swinv2' }, 'the network is swinv2, expected'],
    ['a config of nothing', {}, 'the network is not named, expected'],
    ['other pooling', { ...timm, global_pool: 'max' }, 'global_pool is "max", expected "avg"'],
    [
      'grey images',
      changed({ input_size: [1, 32, 48] }),
      'input_size is [1,32,48], expected three channels and two sides',
    ],
    [
      'another crop',
      changed({ crop_mode: 'random' }),
      'crop_mode is "random", expected "center" or "squash"',
    ],
    ['no crop share', changed({ crop_pct: 0 }), 'crop_pct is 0, expected a share in (0,1]'],
    ['another filter', changed({ interpolation: 'random' }), 'interpolation is "random", expected "nearest"'],
    ['no means', changed({ mean: [0.5] }), 'mean is [0.5], expected 3 numbers'],
  ])('%s', async (_, config, message) => {
    await write('refused', config, resnetWeights);
    expect(() => readVisionFolder(path('refused'), 'r')).toThrow(message);
    expect(await checkModel(path('refused'))).toMatchObject({ usable: false, kind: 'encoder' });
  });

  it('a stem for small pictures, whose stride nothing says', async () => {
    const small = weightsOf((p) => resnet(p, { ...resnetConfig, stem: 'small' }, pictureOf(32), false));
    await write('small', timm, small);
    expect(() => readVisionFolder(path('small'), 's')).toThrow('conv1.weight is 3x3, expected 7x7');
    const other = { ...resnetWeights, 'conv1.weight': { shape: [4, 3, 5, 5], data: new Float32Array(300) } };
    await write('other', timm, other);
    expect(() => readVisionFolder(path('other'), 'o')).toThrow(
      'conv1.weight is [4,3,5,5], expected a kernel',
    );
  });

  it('a parameter that the network has not, or lacks', async () => {
    const more = { ...resnetWeights, 'layer1.0.se.fc1.weight': { shape: [1], data: new Float32Array(1) } };
    await write('more', timm, more);
    expect(() => readVisionFolder(path('more'), 'm')).toThrow('has no parameter layer1.0.se.fc1.weight');
    const { 'bn1.running_mean': _, ...fewer } = resnetWeights;
    await write('fewer', timm, fewer);
    expect(() => readVisionFolder(path('fewer'), 'f')).toThrow(
      'bn1.running_mean: the checkpoint has no such',
    );
    await write(
      'headless',
      timm,
      Object.fromEntries(Object.entries(resnetWeights).filter(([n]) => !n.startsWith('fc.'))),
    );
    expect(() => readVisionFolder(path('headless'), 'h')).toThrow(
      'num_classes is 3, expected 0, as fc.weight has none',
    );
  });
});
