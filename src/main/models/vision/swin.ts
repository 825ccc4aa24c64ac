/** Owns Swin transformers of version 1 as timm and transformers save them. */
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { activations } from '../../../core/nn/layers.ts';
import { type SwinConfig, swin } from '../../../core/nn/swin.ts';
import { transformersSwinName } from '../../../core/nn/transformers-names.ts';
import { type SavedByTimm, timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import { countIn, resnetStages, type SavedNetwork, shapeIn, type VisionKind } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const swinFamily: Family = {
  timm: {
    architectures: /^swin_(tiny|small|base|large)_patch\d+_window\d+_\d+$/,
    named: 'swin_tiny to swin_large (version 1)',
    read: timmSwin,
  },
  transformers: { types: ['swin'], read: transformersSwin },
};

function timmSwin(saved: SavedByTimm): VisionKind {
  const { json, shapes } = saved;
  configFields(json, 'model').only('global_pool', 'avg');
  const told = ['img_size', 'patch_size', 'embed_dim', 'depths', 'num_heads', 'window_size', 'mlp_ratio'];
  timmArguments(json, told, {
    global_pool: ['avg'],
    qkv_bias: [true],
    strict_img_size: [true],
    always_partition: [false],
  });
  const [width, , patch] = shapeIn(shapes, 'patch_embed.proj.weight');
  const stages = countIn(shapes, (i) => `layers.${i}.blocks.0.norm1.weight`);
  const table = (i: number) => shapeIn(shapes, `layers.${i}.blocks.0.attn.relative_position_bias_table`);
  const config: SwinConfig = {
    patch_size: patch,
    width,
    depths: Array.from({ length: stages }, (_, i) =>
      countIn(shapes, (k) => `layers.${i}.blocks.${k}.norm1.weight`),
    ),
    heads: Array.from({ length: stages }, (_, i) => table(i)[1]),
    window: (Math.sqrt(table(0)[0]) + 1) / 2,
    mlp_ratio: shapeIn(shapes, 'layers.0.blocks.0.mlp.fc1.weight')[0] / width,
    activation: 'gelu',
    norm_eps: 1e-5,
    separate_qkv: false,
    num_classes: timmClasses(saved, 'head.fc'),
  };
  return timmKind(saved, {
    dim: widthOf(config),
    classes: config.num_classes,
    build: (p, image) => swin(p, config, image),
    stages: stagesOf(config, 'head.fc', /^layers\.(\d+)\./, /^norm\./),
  });
}

function transformersSwin(saved: SavedNetwork): VisionKind {
  const c = configFields(saved.json, 'Swin');
  c.only('num_channels', 3);
  c.only('hidden_act', ...activations.keys());
  c.only('qkv_bias', true);
  c.only('use_absolute_embeddings', false);
  const config: SwinConfig = {
    patch_size: c.count('patch_size', most.pixels, 4),
    width: c.count('embed_dim', most.channels),
    depths: c.counts('depths', most.layers, most.levels),
    heads: c.counts('num_heads', most.heads, most.levels),
    window: c.count('window_size', most.pixels, 7),
    mlp_ratio: c.number('mlp_ratio', [1e-3, 1e3], 4),
    activation: c.text('hidden_act', 'gelu'),
    norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-5),
    separate_qkv: true,
    num_classes: classesOf(saved, 'classifier'),
  };
  if (config.heads.length !== config.depths.length) c.fail('num_heads', 'as many as depths');
  return transformersKind(saved, {
    what: `Swin of ${config.depths.reduce((a, b) => a + b)} blocks`,
    prefix: 'swin',
    head: 'classifier',
    classifier: 'SwinForImageClassification',
    dim: widthOf(config),
    build: (p, image) => swin(p, config, image),
    theirs: transformersSwinName,
    stages: stagesOf(config, 'classifier', /\bencoder\.layers\.(\d+)\./, /^(swin\.)?layernorm\./),
    unused: /^(swin\.)?embeddings\.mask_token$/,
  });
}

const widthOf = ({ width, depths }: SwinConfig) => width * 2 ** (depths.length - 1);

function stagesOf({ depths }: SwinConfig, head: string, stage: RegExp, lastNorm: RegExp) {
  const own = resnetStages(depths, head, stage, 0);
  return { ...own, stageOf: (name: string) => (lastNorm.test(name) ? depths.length : own.stageOf(name)) };
}
