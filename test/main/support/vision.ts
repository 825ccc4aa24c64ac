/** Owns tiny image networks as timm and transformers save them, with random weights. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { input, numel } from '../../../src/core/graph/value.ts';
import { linear } from '../../../src/core/nn/layers.ts';
import { type Params, paramsOf, recordParameters, renamed } from '../../../src/core/nn/params.ts';
import { resnet } from '../../../src/core/nn/resnet.ts';
import { transformersVitName } from '../../../src/core/nn/transformers-names.ts';
import { type VitConfig, vit } from '../../../src/core/nn/vit.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';

export type Family = 'resnet' | 'vit' | 'transformers vit' | 'transformers vit model';
export type Tensors = Record<string, { shape: readonly number[]; data: Float32Array }>;

interface Tiny {
  files: Record<string, unknown>;
  build(p: Params): unknown;
}

const image = input('image', [1, 3, 32, 32]);

const timmFiles = (architecture: string, global_pool: string) => {
  const pretrained_cfg = {
    input_size: [3, 32, 32],
    crop_pct: 0.8,
    crop_mode: 'center',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  return { 'config.json': { architecture, num_classes: 5, global_pool, pretrained_cfg } };
};

const vitConfig: VitConfig = {
  image_size: 32,
  patch_size: 16,
  width: 64,
  depth: 4,
  heads: 1,
  mlp_width: 64,
  num_classes: 5,
};

/** As transformers 5 saves ViTForImageClassification, and ViTModel, which has a pooler instead of a last layer. */
const transformersVit = (classes: number | null): Tiny => ({
  files: {
    'config.json': {
      architectures: [classes === null ? 'ViTModel' : 'ViTForImageClassification'],
      model_type: 'vit',
      hidden_act: 'gelu',
      hidden_size: 64,
      image_size: 32,
      intermediate_size: 64,
      layer_norm_eps: 1e-12,
      num_attention_heads: 1,
      num_channels: 3,
      num_hidden_layers: 4,
      patch_size: 16,
      qkv_bias: true,
    },
    'preprocessor_config.json': {
      do_normalize: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      size: { height: 32, width: 32 },
    },
  },
  build(p) {
    if (classes === null) linear(p.at('pooler').at('dense'), input('token', [1, 64]), 64);
    const under = paramsOf(
      renamed(p.source, (name) => {
        const theirs = transformersVitName(name);
        return classes === null || theirs.startsWith('classifier.') ? theirs : `vit.${theirs}`;
      }),
    );
    return vit(under, { ...vitConfig, num_classes: classes, separate_qkv: true, norm_eps: 1e-12 }, image);
  },
});

const families: Record<Family, Tiny> = {
  resnet: {
    files: timmFiles('resnet50.tiny', 'avg'),
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
    files: timmFiles('vit_tiny_patch16_32', 'token'),
    build: (p) => vit(p, vitConfig, image),
  },
  'transformers vit': transformersVit(5),
  'transformers vit model': transformersVit(null),
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
  mkdirSync(folder, { recursive: true });
  for (const [name, json] of Object.entries(families[family].files)) {
    writeFileSync(join(folder, name), JSON.stringify(json));
  }
  writeSafetensors(join(folder, 'model.safetensors'), weights);
  return folder;
}
