/** Owns tiny image networks of both families as timm saves them, with random weights. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { input, numel } from '../../../src/core/graph/value.ts';
import { type Params, recordParameters } from '../../../src/core/nn/params.ts';
import { resnet } from '../../../src/core/nn/resnet.ts';
import { vit } from '../../../src/core/nn/vit.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { writeSafetensors } from '../../../src/main/engine/safetensors.ts';

export type Family = 'resnet' | 'vit';
export type Tensors = Record<string, { shape: readonly number[]; data: Float32Array }>;

const image = input('image', [1, 3, 32, 32]);

const families: Record<Family, { architecture: string; pool: string; build: (p: Params) => unknown }> = {
  resnet: {
    architecture: 'resnet50.tiny',
    pool: 'avg',
    build: (p) =>
      resnet(
        p,
        {
          in_channels: 3,
          stem: 'imagenet',
          block: 'bottleneck',
          widths: [4, 8],
          depths: [1, 1],
          num_classes: 5,
        },
        image,
        false,
      ),
  },
  vit: {
    architecture: 'vit_tiny_patch16_32',
    pool: 'token',
    build: (p) =>
      vit(
        p,
        { image_size: 32, patch_size: 16, width: 64, depth: 4, heads: 1, mlp_width: 64, num_classes: 5 },
        image,
      ),
  },
};

export function tinyWeights(family: Family): Tensors {
  const rng = rngFromSeed(1, family);
  return Object.fromEntries(
    recordParameters(families[family].build).map(({ name, shape }) => {
      const zero = /bias$|running_mean$/.test(name);
      const data =
        shape.length === 1
          ? new Float32Array(shape[0]).fill(zero ? 0 : 1)
          : randn(numel(shape), rng).map((v) => v / Math.sqrt(numel(shape.slice(1))));
      return [name, { shape, data }];
    }),
  );
}

/** Five classes of no names: an encoder, as far as the registry knows. */
export function writeTiny(folder: string, family: Family, weights: Tensors = tinyWeights(family)): string {
  const { architecture, pool } = families[family];
  mkdirSync(folder, { recursive: true });
  const pretrained_cfg = {
    input_size: [3, 32, 32],
    crop_pct: 0.8,
    crop_mode: 'center',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ architecture, num_classes: 5, global_pool: pool, pretrained_cfg }),
  );
  writeSafetensors(join(folder, 'model.safetensors'), weights);
  return folder;
}
