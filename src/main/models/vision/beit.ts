/** Owns BEiT as timm and transformers save it. */

import { timmPreprocessing } from '../../../core/images/timm-preprocessing.ts';
import { type BeitConfig, beit } from '../../../core/nn/beit.ts';
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { activations } from '../../../core/nn/layers.ts';
import { transformersBeitName } from '../../../core/nn/transformers-names.ts';
import { type SavedByTimm, timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import { countIn, type SavedNetwork, shapeIn, type VisionKind, vitStages } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const beitFamily: Family = {
  timm: {
    architectures: /^beit(v2)?_(base|large)_patch\d+_\d+$/,
    named: 'beit and beitv2 of any size',
    read: timmBeit,
  },
  transformers: { types: ['beit'], read: transformersBeit },
};

function timmBeit(saved: SavedByTimm): VisionKind {
  const { json, shapes } = saved;
  const c = configFields(json, 'model');
  c.only('global_pool', 'avg', 'token');
  const told = [
    'img_size',
    'patch_size',
    'embed_dim',
    'depth',
    'num_heads',
    'mlp_ratio',
    'init_values',
    'use_fc_norm',
  ];
  const places = ['use_abs_pos_emb', 'use_rel_pos_bias', 'use_shared_rel_pos_bias'];
  timmArguments(json, [...told, ...places], { global_pool: ['avg', 'token'], qkv_bias: [true] });
  const [width, , patch] = shapeIn(shapes, 'patch_embed.proj.weight');
  const each = shapes.get('blocks.0.attn.relative_position_bias_table');
  const shared = shapes.get('rel_pos_bias.relative_position_bias_table');
  const heads = (each ?? shared)?.[1];
  if (!heads) throw new Error('it has no relative positions, which tell how many heads there are');
  const config: BeitConfig = {
    image_size: timmPreprocessing(json).width,
    patch_size: patch,
    width,
    depth: countIn(shapes, (i) => `blocks.${i}.norm1.weight`),
    heads,
    mlp_width: shapeIn(shapes, 'blocks.0.mlp.fc1.weight')[0],
    activation: 'gelu',
    norm_eps: 1e-6,
    layer_scale: shapes.has('blocks.0.gamma_1'),
    absolute: shapes.has('pos_embed'),
    relative: each ? 'each' : 'shared',
    separate_qkv: false,
    pooling: c.text('global_pool', 'avg') === 'avg' ? 'patches' : 'class',
    num_classes: timmClasses(saved, 'head'),
  };
  return timmKind(saved, {
    dim: width,
    classes: config.num_classes,
    build: (p, image) => beit(p, config, image),
    stages: vitStages(config.depth, 'head', /^blocks\.(\d+)\./, /^(norm|fc_norm)\./),
  });
}

function transformersBeit(saved: SavedNetwork): VisionKind {
  const c = configFields(saved.json, 'BEiT');
  c.only('num_channels', 3);
  c.only('hidden_act', ...activations.keys());
  const each = c.flag('use_relative_position_bias', false);
  const shared = c.flag('use_shared_relative_position_bias', false);
  if (each && shared) c.fail('use_shared_relative_position_bias', 'false beside use_relative_position_bias');
  const config: BeitConfig = {
    image_size: c.count('image_size', most.pixels, 224),
    patch_size: c.count('patch_size', most.pixels, 16),
    width: c.count('hidden_size', most.channels),
    depth: c.count('num_hidden_layers', most.layers),
    heads: c.count('num_attention_heads', most.heads),
    mlp_width: c.count('intermediate_size', most.channels),
    activation: c.text('hidden_act', 'gelu'),
    norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-12),
    layer_scale: c.number('layer_scale_init_value', ranges.mean, 0.1) > 0,
    absolute: c.flag('use_absolute_position_embeddings', false),
    relative: each ? 'each' : shared ? 'shared' : 'none',
    separate_qkv: true,
    pooling: c.flag('use_mean_pooling', true) ? 'patches' : 'class',
    num_classes: classesOf(saved, 'classifier'),
  };
  return transformersKind(saved, {
    what: `BEiT of ${config.depth} blocks`,
    prefix: 'beit',
    head: 'classifier',
    classifier: 'BeitForImageClassification',
    dim: config.width,
    size: config.image_size,
    build: (p, image) => beit(p, config, image),
    theirs: transformersBeitName,
    stages: vitStages(
      config.depth,
      'classifier',
      /encoder\.layer\.(\d+)\./,
      /^(beit\.)?(pooler\.)?layernorm\./,
    ),
    unused: /^(beit\.)?embeddings\.mask_token$/,
  });
}
