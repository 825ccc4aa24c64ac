/** Every family of image networks against what today's libraries give (scripts/fixtures/vision.py). */
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input, numel, type Value } from '../../../src/core/graph/value.ts';
import { frozenSource, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { openCatalog } from '../../../src/main/catalog/index.ts';
import { addModel } from '../../../src/main/engine/check-model.ts';
import { featuresHash } from '../../../src/main/models/encoder.ts';
import { examineModel } from '../../../src/main/models/examine.ts';
import { openEncoder } from '../../../src/main/models/open-encoder.ts';
import { readTensors } from '../../../src/main/models/stored-part.ts';
import { torchvisionKind } from '../../../src/main/models/vision/torchvision.ts';
import { readVisionFolder } from '../../../src/main/models/vision-folder.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';
import { numbers, readFixture, type VisionFixture, visionCases, writeFixture } from './vision-fixtures.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-families-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Relative to the length of what is wanted. */
function distance(got: Float32Array, wanted: readonly number[]): number {
  expect(got).toHaveLength(wanted.length);
  return Math.hypot(...wanted.map((v, i) => got[i] - v)) / Math.hypot(...wanted);
}

describe('an image network as its library saves it', () => {
  it.each(visionCases)('%s', async (name) => {
    const fixture = readFixture(name);
    const path = writeFixture(join(folder, name), fixture);
    const { part, network } = readVisionFolder(path, name);
    const { size, features, logits } = fixture;
    expect(network.dim).toBe(features[0].length);
    // Of torchvision no file says the size of pictures.
    const { width, height } = network.preprocessing;
    if (fixture.files['config.json']) expect([width, height]).toEqual([size, size]);
    const image = input('image', [2, 3, size, size]);
    const out = network.build(paramsOf(frozenSource(part.table)), image);
    const outputs: Record<string, Value> = {
      features: out.features,
      ...(out.logits && { logits: out.logits }),
    };
    const session = await openGraph(outputs, cpu, part);
    const data = Float32Array.from(numbers('image', 2 * 3 * size * size));
    const got = await session.run({ image: { dims: image.shape, data } });
    await session.close();
    expect(distance(got.features.data as Float32Array, features.flat())).toBeLessThan(5e-6);
    expect(got.logits === undefined).toBe(logits === null);
    if (logits) expect(distance(got.logits.data as Float32Array, logits.flat())).toBeLessThan(5e-6);
    expect(await examineModel(path)).toMatchObject({
      usable: true,
      kind: network.labels ? 'classifier' : 'encoder',
      problems: [],
    });
  });
});

const opened = (name: string, fixture = readFixture(name)) =>
  readVisionFolder(writeFixture(join(mkdtempSync(join(folder, 'a-')), name), fixture), name);

const trainable = visionCases.filter((name) => opened(name).trainable);

describe('further training', () => {
  it('is for all but those that say why not', () => {
    const others = visionCases.filter((name) => !trainable.includes(name));
    expect(others).toEqual([
      'timm-deit-distilled',
      'torchvision-convnext',
      'torchvision-resnet',
      'torchvision-swin',
      'torchvision-vit',
      'transformers-clip',
      'transformers-clip-pooled',
      'transformers-deit-distilled',
      'transformers-dinov2-gated-headless',
      'transformers-dinov2-headless',
      'transformers-dinov2-registers-headless',
      'transformers-siglip',
    ]);
    expect(opened('timm-deit-distilled').untrainable).toContain('it has two last layers');
    expect(opened('transformers-dinov2-headless').untrainable).toContain('it has no last layer');
    expect(opened('torchvision-vit').untrainable).toContain('a network without config.json');
  });

  it.each(trainable)('%s goes by stages, and is saved as its library would', (name) => {
    const fixture = readFixture(name);
    const vision = opened(name, fixture);
    const { head, stages, stageOf, filesFor, nameInFile = (n: string) => n } = vision.trainable!;
    const learned = [...vision.part.table].filter(
      ([n]) => !n.startsWith(`${head}.`) && !/\.running_(mean|var)$/.test(n),
    );
    // Small networks have fewer blocks than a network has stages.
    const of = learned.map(([n]) => stageOf(n));
    expect([Math.min(...of), Math.max(...of)]).toEqual([0, stages - 1]);

    const labels = ['red', 'green'];
    const kept = Object.entries(fixture.parameters).flatMap(([n, stored]) => {
      const inFile = n.startsWith(`${head}.`) ? null : nameInFile(n);
      return inFile === null ? [] : [[inFile, stored] as const];
    });
    const last: VisionFixture['parameters'] = {
      [`${head}.weight`]: ['F32', [2, vision.network.dim]],
      [`${head}.bias`]: ['F32', [2]],
    };
    const files = filesFor(labels, vision.network.preprocessing.width) as VisionFixture['files'];
    const again = opened(name, { ...fixture, files, parameters: { ...Object.fromEntries(kept), ...last } });
    expect(again.network).toMatchObject({ labels, dim: vision.network.dim });
    expect(again.network.preprocessing.width).toBe(vision.network.preprocessing.width);
  });

  // The others have corners, where differences of steps say little; all are made of the same layers.
  it.each([
    'timm-convnextv2',
    'timm-deit3',
    'timm-siglip-tanh',
    'timm-efficientnet-same',
    'timm-swin',
    'timm-beit',
    'transformers-dinov2-registers',
  ])(
    '%s: gradients of all parameters, along a direction, against the difference of two runs',
    async (name) => {
      const { size } = readFixture(name);
      const { part, network, trainable: how } = opened(name);
      const source = trainableSource('', (n) => part.table.has(n));
      const image = constant(Float32Array.from(numbers('image', 3 * size * size)), [1, 3, size, size]);
      const { features } = network.build(paramsOf(source), image);
      const loss = f.sumAll(f.mul(features, constant(numbers('weights', network.dim), features.shape)));
      const reached = [...source.parameters.keys()].filter((n) => !n.startsWith(`${how!.head}.`));
      const names = reached.filter((n) => !/\.running_(mean|var)$/.test(n));
      const gradients = backward(
        loss,
        names.map((n) => source.parameters.get(n)!),
      );
      const session = await openGraph(
        { loss, ...Object.fromEntries(names.map((n, i) => [`by ${n}`, gradients[i]])) },
        cpu,
      );
      const values = readTensors(part, reached);
      const ways = new Map(names.map((n) => [n, numbers(`way ${n}`, numel(values.get(n)!.shape))]));
      const run = async (step: number) => {
        const feeds = [...values].map(([n, { shape, data }]) => {
          const way = ways.get(n);
          return [n, { dims: shape, data: way ? data.map((v, i) => v + step * way[i]) : data }] as const;
        });
        return await session.run(Object.fromEntries(feeds));
      };
      const at = async (step: number) => (await run(step)).loss.data[0] as number;
      const out = await run(0);
      const analytic = names.reduce((sum, n) => {
        const way = ways.get(n)!;
        return (out[`by ${n}`].data as Float32Array).reduce((s, g, i) => s + g * way[i], sum);
      }, 0);
      const step = 2e-3;
      const near = (await at(step)) - (await at(-step));
      const far = (await at(2 * step)) - (await at(-2 * step));
      await session.close();
      const difference = (8 * near - far) / (12 * step);
      expect(Math.abs(analytic - difference)).toBeLessThan(5e-3 * (1 + Math.abs(difference)));
    },
  );
});

describe('what is not computed is refused by its name', () => {
  const config = (name: string, change: (json: Record<string, unknown>) => object) => {
    const fixture = readFixture(name);
    const files = { ...fixture.files, 'config.json': { ...change(fixture.files['config.json']) } };
    return () => opened(name, { ...fixture, files });
  };
  const fields = (more: object) => (json: object) => ({ ...json, ...more });
  const args = (more: object) => (json: Record<string, unknown>) => ({
    ...json,
    model_args: { ...(json.model_args as object), ...more },
  });

  it.each<[string, () => unknown, string]>([
    [
      'another activation of timm',
      config('timm-convnext', args({ act_layer: 'relu' })),
      'model_args config: act_layer is "relu", expected nothing: the network is not computed with it',
    ],
    [
      'another kernel',
      config('timm-convnext', args({ kernel_sizes: 3 })),
      'model_args config: kernel_sizes is 3, expected null or 7',
    ],
    [
      'other pooling',
      config('timm-swin', fields({ global_pool: 'max' })),
      'global_pool is "max", expected "avg"',
    ],
    [
      'another version',
      config('timm-swin', fields({ architecture: 'swinv2_tiny_window8_256' })),
      'the network is swinv2_tiny_window8_256, expected timm',
    ],
    [
      'attention to channels',
      config('timm-resnet-d', fields({ architecture: 'seresnet50' })),
      'the network is seresnet50, expected timm',
    ],
    [
      'softer pooling',
      config('timm-efficientnet', fields({ architecture: 'efficientnet_blur_b0' })),
      'the network is efficientnet_blur_b0',
    ],
    [
      'classes without a last layer',
      config('timm-dinov2-headless', fields({ num_classes: 10 })),
      'num_classes is 10, expected 0, as head.weight has none',
    ],
    [
      'an unknown activation',
      config('transformers-convnext', fields({ hidden_act: 'mish' })),
      'hidden_act is "mish", expected "silu"',
    ],
    [
      'positions beside the relative ones',
      config('transformers-swin', fields({ use_absolute_embeddings: true })),
      'use_absolute_embeddings is true, expected false',
    ],
    [
      'the largest of a map',
      config('transformers-efficientnet', fields({ pooling_type: 'max' })),
      'pooling_type is "max", expected "mean"',
    ],
    [
      'a tower without its head',
      config('transformers-siglip', fields({ vision_use_head: false })),
      'vision_use_head is false, expected true',
    ],
    [
      'windows that stick out',
      config('transformers-swin', fields({ window_size: 3 })),
      'a map of 8x8 does not divide into windows of 3',
    ],
    [
      'no bias',
      config('transformers-dinov2', fields({ qkv_bias: false })),
      'qkv_bias is false, expected true',
    ],
  ])('%s', (_, read, message) => {
    expect(read).toThrow(message);
  });

  it("torchvision's other networks", () => {
    const fixture = readFixture('torchvision-resnet');
    const parameters: VisionFixture['parameters'] = { 'features.0.0.weight': ['F32', [8, 3, 3, 3]] };
    expect(() => opened('efficientnet_b0', { ...fixture, parameters })).toThrow(
      'no config.json, and the parameters are not those of a ResNet, ViT, ConvNeXt or Swin',
    );
  });
});

it('a state dict of torchvision whose extension is in capitals is read', () => {
  const own = writeFixture(join(folder, 'capitals'), readFixture('torchvision-resnet'));
  const path = join(own, 'R18.SAFETENSORS');
  renameSync(join(own, 'model.safetensors'), path);
  expect(readVisionFolder(path, 'mine').summary).toMatch(/ResNet/i);
});

describe("images for torchvision's networks are prepared as for its default weights", () => {
  interface Published {
    edge: number;
    size: number;
    kernel: string;
    shapes: Record<string, number[]>;
  }
  const file = join(import.meta.dirname, '../../fixtures/preprocessing/torchvision.json');
  const { networks } = JSON.parse(readFileSync(file, 'utf8')) as { networks: Record<string, Published> };

  it.each(Object.entries(networks))('%s', (_, { edge, size, kernel, shapes }) => {
    const { network, assumed } = torchvisionKind(new Map(Object.entries(shapes)), folder);
    expect(network.preprocessing).toMatchObject({
      width: size,
      height: size,
      resize: { to: 'shortest', edge },
      kernel,
    });
    expect(assumed).toContain('no file says which weights these are');
  });
});

describe("a network in transformers' wrapper of timm", () => {
  const timm = readFixture('timm-resnet-d');
  const wrapped = (fields: object, kept = (_: string) => true): VisionFixture => ({
    ...timm,
    files: { 'config.json': { ...timm.files['config.json'], model_type: 'timm_wrapper', ...fields } },
    parameters: Object.fromEntries(
      Object.entries(timm.parameters).flatMap(([name, p]) => (kept(name) ? [[`timm_model.${name}`, p]] : [])),
    ),
  });

  it('is read as timm saves it', () => {
    const { part, network, untrainable } = opened('wrapped', wrapped({}));
    const own = opened('bare', timm);
    expect([...part.table.keys()]).toEqual([...own.part.table.keys()]);
    const length = 4 * numel(part.table.get('fc.weight')!.shape);
    expect(part.locate('fc.weight')).toMatchObject({ external: { length } });
    expect(network).toMatchObject({ labels: own.network.labels, preprocessing: own.network.preprocessing });
    expect(untrainable).toContain('timm_wrapper');
  });

  it('has no names where it numbers its classes, and may have no last layer', () => {
    const numbered = { label_names: ['LABEL_0', 'LABEL_1', 'LABEL_2'] };
    expect(opened('numbered', wrapped(numbered)).summary).toContain('3 class scores without names');
    const headless = opened(
      'headless',
      wrapped({ ...numbered, num_classes: 2 }, (name) => !name.startsWith('fc.')),
    );
    expect(headless.summary).toMatch(/ features$/);
  });
});

it.each([
  ['CLIP', 'transformers-clip'],
  ['Siglip', 'transformers-siglip'],
])('a classifier on the image tower of %s is refused by its cause', (name, of) => {
  const fixture = readFixture(of);
  const parameters: VisionFixture['parameters'] = {
    ...fixture.parameters,
    'classifier.weight': ['F32', [3, 8]],
  };
  expect(() => opened(of, { ...fixture, parameters })).toThrow(
    `it is a classifier on an image tower (${name}ForImageClassification), which is not read; export it to ONNX`,
  );
});

it('a state dict of torchvision may be one file, and is added to a catalog', async () => {
  const own = writeFixture(join(folder, 'single'), readFixture('torchvision-vit'));
  const path = join(own, 'vit_b_16.safetensors');
  renameSync(join(own, 'model.safetensors'), path);
  const catalog = openCatalog(join(folder, 'catalog'));
  try {
    const entry = await addModel(catalog, { path, name: 'mine' });
    expect(entry).toMatchObject({
      kind: 'encoder',
      usable: true,
      summary: expect.stringMatching(
        /^ViT of 2 blocks of torchvision, 32x32, 64 features, 3 class scores without names .*no file says which weights/,
      ),
    });
    const encoder = await openEncoder(catalog, entry.id, cpu);
    expect(encoder).toMatchObject({ dim: 64, labels: null });
    expect(encoder.hash).toBe(featuresHash(entry.hash!, encoder.preprocessing));
    await encoder.close();
  } finally {
    catalog.close();
  }
});
