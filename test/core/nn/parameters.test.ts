/** What networks of published sizes ask for: every name with its shape, and none besides. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { input, numel, type Shape } from '../../../src/core/graph/value.ts';
import { paramsOf, recordParameters, trainableSource } from '../../../src/core/nn/params.ts';
import { type ResnetConfig, resnet, resnetConfigOf } from '../../../src/core/nn/resnet.ts';
import { textParameters, unetConfig, unetParameters, vaeParameters } from './stable-diffusion-1.ts';

type Recorded = ReturnType<typeof recordParameters>;

const resnet50: ResnetConfig = {
  in_channels: 3,
  stem: 'imagenet',
  block: 'bottleneck',
  widths: [64, 128, 256, 512],
  depths: [3, 4, 6, 3],
  num_classes: 1000,
};
const resnetParameters = (training: boolean) =>
  recordParameters((p) => resnet(p, resnet50, input('image', [1, 3, 64, 64]), training));

const total = (parameters: Recorded) => parameters.reduce((sum, { shape }) => sum + numel(shape), 0);
const byName = (parameters: Recorded): Record<string, Shape> =>
  Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));

describe('parameters of published networks', () => {
  it.each([
    ['the U-Net of Stable Diffusion 1.5', unetParameters(), 686, 859_520_964],
    ['its autoencoder', vaeParameters(), 248, 83_653_863],
    ['the text tower of CLIP ViT-L/14', textParameters(), 196, 123_060_480],
    ['ResNet-50', resnetParameters(true), 161, 25_557_032],
    // 53 normalisation layers of 26,560 channels in all, each with a running mean and variance
    ['ResNet-50 with its running statistics', resnetParameters(false), 161 + 106, 25_557_032 + 53_120],
  ])('%s', (_, parameters, count, size) => {
    expect(parameters).toHaveLength(count);
    expect(total(parameters)).toBe(size);
  });

  // SD 2.x: linear projections, heads by level; 865,910,724 is what its publishers state.
  it('the U-Net of Stable Diffusion 2.1', () => {
    const parameters = unetParameters({
      ...unetConfig,
      attention_head_dim: [5, 10, 20, 20],
      cross_attention_dim: 1024,
      use_linear_projection: true,
    });
    expect(total(parameters)).toBe(865_910_724);
    expect(byName(parameters)['mid_block.attentions.0.proj_in.weight']).toEqual([1280, 1280]);
  });

  it('a config is told from the tensors', () => {
    const shapes = new Map(resnetParameters(false).map(({ name, shape }) => [name, shape]));
    expect(resnetConfigOf(shapes)).toEqual(resnet50);
  });

  it('are named once each, however often they are used', () => {
    const twice = recordParameters((p) => [p.at('a').get('w', [2]), p.at('a').get('w', [2])]);
    expect(twice).toEqual([{ name: 'a.w', shape: [2] }]);
    const source = trainableSource();
    paramsOf(source).get('w', [2]);
    expect(() => paramsOf(source).get('w', [3])).toThrow('w: asked for as [2] and as [3]');
  });
});

const sizes = join(import.meta.dirname, '../../../../shared/golden/sizes');

describe.skipIf(!existsSync(sizes))('names and shapes as ../shared/golden/sizes lists them', () => {
  const listed = (file: string) => JSON.parse(readFileSync(join(sizes, `${file}.json`), 'utf8'));

  it.each([
    ['sd15-unet', unetParameters()],
    ['sd15-vae', vaeParameters()],
    ['clip-vit-l-14-text', textParameters()],
    ['resnet50', resnetParameters(true)],
  ])('%s', (file, parameters) => {
    expect(byName(parameters)).toEqual(listed(file).shapes);
  });

  it('resnet50 with its buffers, less the counters that nothing computes with', () => {
    const { shapes, buffers } = listed('resnet50');
    const counters = Object.keys(buffers).filter((name) => name.endsWith('.num_batches_tracked'));
    for (const name of counters) delete buffers[name];
    expect(counters).toHaveLength(53);
    expect(byName(resnetParameters(false))).toEqual({ ...shapes, ...buffers });
  });
});
