/** Image networks as transformers saves them: how pictures are prepared, the names of classes, and what is refused. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { input } from '../../../src/core/graph/value.ts';
import { recordParameters } from '../../../src/core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../../src/core/nn/resnet.ts';
import { transformersResnetName } from '../../../src/core/nn/transformers-names.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { readVisionFolder } from '../../../src/main/models/vision-folder.ts';
import { tempFolder } from '../support/catalogs.ts';
import { writeTiny } from '../support/vision.ts';

type Json = Record<string, unknown>;
let folder: string;

const change = (name: string, fields: Json) => {
  const json = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  writeFileSync(join(folder, name), JSON.stringify({ ...json, ...fields }));
};
const read = () => readVisionFolder(folder, 'mine');

describe('a ViT', () => {
  beforeEach(() => {
    folder = writeTiny(tempFolder(), 'transformers vit');
  });

  it('squeezes pictures to a square', () => {
    const { network, summary } = read();
    expect(network).toMatchObject({ dim: 64, labels: null });
    const square = { width: 32, height: 32, resize: { to: 'size', width: 32, height: 32 } };
    expect(network.preprocessing).toMatchObject({ ...square, kernel: 'bilinear', arithmetic: 'torch' });
    expect(summary).toMatch(/^ViT of 4 blocks, 32x32, 64 features, \d+ class scores without names/);
    change('preprocessor_config.json', { size: 32, crop_size: null, do_center_crop: null, crop_pct: null });
    expect(read().network.preprocessing).toMatchObject(square);
  });

  it('cuts the middle out where it says so, of a square or of a picture with its own proportions', () => {
    const middle = { do_center_crop: true, crop_size: { height: 32, width: 32 } };
    change('preprocessor_config.json', { size: 40, ...middle });
    expect(read().network.preprocessing).toMatchObject({
      width: 32,
      resize: { to: 'size', width: 40, height: 40 },
    });
    change('preprocessor_config.json', { size: { shortest_edge: 36 }, ...middle, crop_size: 32 });
    expect(read().network.preprocessing).toMatchObject({ width: 32, resize: { to: 'shortest', edge: 36 } });
  });

  it('names its classes in id2label, where they have names', () => {
    const names = ['crane', 'car', 'cat', 'cup', 'crane']; // a bird and a machine, as in ImageNet
    change('config.json', { id2label: Object.fromEntries(names.map((name, i) => [i, name])) });
    expect(read().network.labels).toEqual(names);
    change('config.json', { id2label: Object.fromEntries(names.map((_, i) => [i, `LABEL_${i}`])) });
    expect(read().network.labels).toBeNull();
  });

  it.each<[string, string, Json, string]>([
    ['another activation', 'config.json', { hidden_act: 'mish' }, 'hidden_act is "mish", expected "silu"'],
    ['no biases', 'config.json', { qkv_bias: false }, 'qkv_bias is false, expected true'],
    [
      'another width',
      'config.json',
      { intermediate_size: 65 },
      'intermediate.dense.weight: the checkpoint has',
    ],
    ['too few names', 'config.json', { id2label: { 0: 'a' } }, '1 labels for 5 classes; check id2label'],
    ['a missing number', 'config.json', { id2label: { 0: 'a', 2: 'b' } }, 'id2label config: 1 is missing'],
    [
      'another size',
      'preprocessor_config.json',
      { size: 48 },
      'pictures of 48, but config.json has image_size 32',
    ],
    [
      'no square',
      'preprocessor_config.json',
      { size: { height: 32, width: 48 } },
      'pictures of 48x32, but config.json has image_size 32',
    ],
    ['no cut', 'preprocessor_config.json', { size: { shortest_edge: 32 } }, 'where do_center_crop cuts none'],
    [
      'no means',
      'preprocessor_config.json',
      { image_mean: 'grey' },
      'image_mean is "grey", expected 3 numbers',
    ],
    [
      'an unknown processor',
      'preprocessor_config.json',
      { image_processor_type: 'Siglip2ImageProcessor', patch_size: 16 },
      'it has "Siglip2ImageProcessor" and the unknown field patch_size; expected one of ViTImageProcessor',
    ],
  ])('is refused for %s', (_, file, fields, message) => {
    change(file, fields);
    expect(read).toThrow(message);
    expect(read).toThrow(folder);
  });

  it('has the defaults of its library without the file that says how pictures are prepared, and says so', () => {
    writeFileSync(join(folder, 'preprocessor_config.json'), '[]');
    expect(read).toThrow('preprocessor_config.json: preprocessor config: expected an object of fields');
    rmSync(join(folder, 'preprocessor_config.json'));
    const { summary, network, trainable } = read();
    expect(summary).toContain(
      "there is no preprocessor_config.json, so images are prepared by the library's default (bilinear, stretched to 32x32)",
    );
    // What is trained from it says what was the default.
    const files = trainable!.filesFor(['cat', 'cup'], 32);
    writeFileSync(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify(files['preprocessor_config.json']),
    );
    expect(read().network.preprocessing).toEqual(network.preprocessing);
    expect(trainable!.preprocessingAt(32)).toEqual(network.preprocessing);
  });

  it('is described with other classes, as it was otherwise', () => {
    const files = read().trainable!.filesFor(['cat', 'cup'], 32);
    expect(files['config.json']).toMatchObject({
      model_type: 'vit',
      id2label: { 0: 'cat', 1: 'cup' },
      label2id: { cat: 0, cup: 1 },
    });
    expect(files['preprocessor_config.json']).toMatchObject({ size: { height: 32, width: 32 } });
  });
});

describe('a ResNet', () => {
  const config = { depths: [2, 1], embedding_size: 4, hidden_sizes: [16, 32], layer_type: 'bottleneck' };

  beforeEach(() => {
    folder = tempFolder();
    const json = (name: string, value: Json) => writeFileSync(join(folder, name), JSON.stringify(value));
    json('config.json', { model_type: 'resnet', hidden_act: 'relu', num_channels: 3, ...config });
    json('preprocessor_config.json', {
      crop_pct: 0.875,
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
      size: 56,
    });
    const network: ResnetConfig = {
      in_channels: 3,
      stem: 'imagenet',
      block: 'bottleneck',
      widths: [4, 8],
      depths: [2, 1],
      num_classes: 3,
    };
    const image = input('image', [1, 3, 56, 56]);
    const parameters = recordParameters((p) => resnet(p, network, image, false));
    const weights = parameters.map(({ name, shape }) => [
      transformersResnetName(name).replace(/^(?!classifier)/, 'resnet.'),
      { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
    ]);
    writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(weights));
  });

  it('sees the middle of a picture that is larger by the crop share; from 384 pixels on nothing is cut off', () => {
    const { network, summary, trainable } = read();
    expect(network.dim).toBe(32);
    expect(network.preprocessing).toMatchObject({
      width: 56,
      height: 56,
      resize: { to: 'shortest', edge: 64 },
      kernel: 'bicubic',
    });
    expect(summary).toMatch(/^ResNet of 3 blocks, 56x56, 32 features, \d+ class scores without names/);
    expect(trainable!.filesFor(['cat'], 112)['preprocessor_config.json']).toMatchObject({ size: 112 });
    expect(trainable!.preprocessingAt(112)).toMatchObject({
      width: 112,
      resize: { to: 'shortest', edge: 128 },
    });
    change('preprocessor_config.json', { size: { shortest_edge: 384 } });
    expect(read().network.preprocessing).toMatchObject({
      width: 384,
      resize: { to: 'size', width: 384, height: 384 },
    });
  });

  it('is trained from any of its stages on', () => {
    const { head, stages, stageOf } = read().trainable!;
    expect([head, stages]).toEqual(['classifier.1', 3]);
    expect(stageOf('resnet.embedder.embedder.convolution.weight')).toBe(0);
    expect(stageOf('resnet.encoder.stages.0.layers.1.layer.2.normalization.bias')).toBe(1);
    expect(stageOf('resnet.encoder.stages.1.layers.0.shortcut.convolution.weight')).toBe(2);
  });

  it.each<[string, Json, string]>([
    [
      'a stride elsewhere',
      { downsample_in_bottleneck: true },
      'downsample_in_bottleneck is true, expected false',
    ],
    [
      'other blocks',
      { layer_type: 'inverted' },
      'layer_type is "inverted", expected "basic" or "bottleneck"',
    ],
    [
      'another first width',
      { embedding_size: 8 },
      'embedding_size is 8, expected 4, which hidden_sizes imply',
    ],
    ['widths that do not fit', { depths: [1] }, 'depths is [1], expected as many as hidden_sizes'],
  ])('is refused for %s', (_, fields, message) => {
    change('config.json', fields);
    expect(read).toThrow(message);
  });
});
