/** Owns image networks of known sizes with random weights, as timm saves them, for measuring. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { input, numel } from '../../src/core/graph/value.ts';
import { type Params, recordParameters } from '../../src/core/nn/params.ts';
import { resnet } from '../../src/core/nn/resnet.ts';
import { vit } from '../../src/core/nn/vit.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';

export type RandomNetwork = 'resnet50' | 'vit_base';

const image = input('image', [1, 3, 224, 224]);

const networks: Readonly<Record<RandomNetwork, { config: object; build: (p: Params) => unknown }>> = {
  resnet50: {
    config: { architecture: 'resnet50', global_pool: 'avg' },
    build: (p) =>
      resnet(
        p,
        {
          in_channels: 3,
          stem: 'imagenet',
          block: 'bottleneck',
          widths: [64, 128, 256, 512],
          depths: [3, 4, 6, 3],
          num_classes: 1000,
        },
        image,
        false,
      ),
  },
  vit_base: {
    config: { architecture: 'vit_base_patch16_224', global_pool: 'token' },
    build: (p) =>
      vit(
        p,
        {
          image_size: 224,
          patch_size: 16,
          width: 768,
          depth: 12,
          heads: 12,
          mlp_width: 3072,
          num_classes: 1000,
        },
        image,
      ),
  },
};

const pretrained_cfg = {
  input_size: [3, 224, 224],
  crop_pct: 0.875,
  crop_mode: 'center',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** N(0, 1/fan-in), norms' weights and running variances one, biases and running means zero. */
export function writeRandomNetwork(folder: string, name: RandomNetwork): void {
  const { config, build } = networks[name];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'config.json'),
    `${JSON.stringify({ ...config, num_classes: 1000, pretrained_cfg }, null, 2)}\n`,
  );
  const rng = rngFromSeed(1, name);
  writeSafetensors(
    join(folder, 'model.safetensors'),
    Object.fromEntries(
      recordParameters(build).map(({ name: parameter, shape }) => {
        const n = numel(shape);
        const zero = /bias$|running_mean$/.test(parameter);
        if (shape.length === 1) {
          return [parameter, { shape, data: new Float32Array(n).fill(zero ? 0 : 1) }];
        }
        const scale = 1 / Math.sqrt(numel(shape.slice(1)));
        return [parameter, { shape, data: randn(n, rng).map((v) => scale * v) }];
      }),
    ),
  );
}
