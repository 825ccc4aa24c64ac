/** Owns vision transformers as timm and transformers save them: ViT, DeiT, DINOv2, and timm's CLIP and SigLIP towers. */

import { timmPreprocessing } from '../../../core/images/timm-preprocessing.ts';
import { type ConfigFields, configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { activations } from '../../../core/nn/layers.ts';
import { transformersDinov2Name, transformersVitName } from '../../../core/nn/transformers-names.ts';
import { type VitConfig, vit, vitLayersOf } from '../../../core/nn/vit.ts';
import { type SavedByTimm, timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, type TransformersNetwork, transformersKind } from '../transformers-vision.ts';
import { type SavedNetwork, shapeIn, type VisionKind, vitStages } from '../vision-kind.ts';
import type { Family } from './family.ts';

const sizes = 'tiny|xsmall|small|medium|betwixt|base|large|so400m|huge|giant|giantopt|gigantic';

export const vitFamily: Family = {
  timm: {
    // Names with more words have other layers.
    architectures: new RegExp(
      `^(vit|deit|deit3)_(${sizes})(_distilled)?_patch\\d+_(\\d+(_in21k)?|(reg4_)?dinov2|clip_(quickgelu_)?\\d+|siglip_(gap_)?\\d+)$`,
    ),
    named: 'vit, deit, deit3, vit_*_dinov2, vit_*_clip and vit_*_siglip of any size',
    read: timmVit,
  },
  transformers: {
    types: ['vit', 'deit', 'dinov2', 'dinov2_with_registers'],
    read: (saved, type) => (type.startsWith('dinov2') ? dinov2(saved, type) : classTokenVit(saved, type)),
  },
};

/** Of those whose heads are not 64 wide. */
const headWidths = new Map([
  ['so400m', 72],
  ['huge', 80],
  ['giant', 88],
  ['giantopt', 96],
  ['gigantic', 104],
]);

function timmVit(saved: SavedByTimm): VisionKind {
  const { json, shapes, architecture: name } = saved;
  const pool = configFields(json, 'model');
  pool.only('global_pool', 'token', 'avg', 'map');
  const told = [
    'img_size',
    'patch_size',
    'embed_dim',
    'depth',
    'mlp_ratio',
    'init_values',
    'reg_tokens',
    'fc_norm',
  ];
  const fields = [...told, 'class_token', 'no_embed_class', 'pre_norm', 'num_heads', 'dynamic_img_size'];
  const args = timmArguments(json, fields, { global_pool: ['token', 'avg', 'map'], qkv_bias: [true] });
  const [width, , patch] = shapeIn(shapes, 'patch_embed.proj.weight');
  const places = shapeIn(shapes, 'pos_embed')[1] - Math.floor(timmPreprocessing(json).width / patch) ** 2;
  const hasClass = shapes.has('cls_token');
  const usual = name.includes('dinov2') ? 64 : (headWidths.get(name.split('_')[1]) ?? 64);
  const heads = args.count('num_heads', most.heads, Math.max(1, width / usual));
  const layers = vitLayersOf(shapes, width / heads, places);
  const gated = shapeIn(shapes, 'blocks.0.mlp.fc2.weight')[1] * 2 === layers.mlp_width;
  if (gated && !name.includes('dinov2')) {
    throw new Error('blocks.0.mlp.fc2.weight takes half of what fc1 gives, and the name says no gate');
  }
  const distilled = shapes.has('dist_token');
  const config: VitConfig = {
    ...layers,
    mlp_width: gated ? layers.mlp_width / 2 : layers.mlp_width,
    gated,
    num_classes: timmClasses(saved, 'head'),
    norm_eps: name.includes('clip') ? 1e-5 : 1e-6,
    activation: activationOf(name),
    class_token: hasClass,
    distilled,
    registers: shapes.get('reg_token')?.[1],
    placed: places === 0 ? 0 : undefined,
    pre_norm: shapes.has('norm_pre.weight'),
    layer_scale: shapes.has('blocks.0.ls1.gamma'),
    pooling: poolingOf(pool.text('global_pool', 'token'), distilled),
    norm_pooled: shapes.has('fc_norm.weight'),
  };
  return timmKind(saved, {
    dim: width,
    classes: config.num_classes,
    build: (p, image) => vit(p, config, image),
    stages: distilled
      ? twoLastLayers
      : vitStages(config.depth, 'head', /^blocks\.(\d+)\./, /^(norm|fc_norm|attn_pool)\./),
  });
}

const twoLastLayers = 'it has two last layers, and a network with one alone can be trained further here';

const poolingOf = (pool: string, distilled: boolean): VitConfig['pooling'] => {
  if (pool === 'map') return 'attention';
  if (pool === 'avg') return 'patches';
  return distilled ? 'class and distillation' : 'class';
};

/** It leaves no trace in the files: SigLIP's newer weights were trained with the approximation. */
function activationOf(name: string): string {
  if (name.includes('clip_quickgelu')) return 'quick_gelu';
  return /^vit_(base_patch32_siglip|large_patch16_siglip_(gap_)?512|so400m_patch16_siglip|giantopt)/.test(
    name,
  )
    ? 'gelu_pytorch_tanh'
    : 'gelu';
}

/** The fields that ViT, DeiT and DINOv2 share. */
function commonFields(c: ConfigFields, eps: number) {
  c.only('num_channels', 3);
  c.only('hidden_act', ...activations.keys());
  c.only('qkv_bias', true);
  const config = {
    image_size: c.count('image_size', most.pixels),
    patch_size: c.count('patch_size', most.pixels),
    width: c.count('hidden_size', most.channels),
    depth: c.count('num_hidden_layers', most.layers),
    heads: c.count('num_attention_heads', most.heads),
    activation: c.text('hidden_act', 'gelu'),
    separate_qkv: true,
    norm_eps: c.number('layer_norm_eps', ranges.epsilon, eps),
  };
  if (config.width % config.heads !== 0)
    c.fail('num_attention_heads', `a number that divides ${config.width}`);
  return config;
}

/** Of other tasks: a layer behind the class token, and what stands for a patch that is hidden. */
const unused = /^(\w+\.)?(pooler\.|embeddings\.mask_token$)/;

const stagesOf = ({ depth }: VitConfig) =>
  vitStages(depth, 'classifier', /encoder\.layer\.(\d+)\./, /^(\w+\.)?layernorm\./);

function classTokenVit(saved: SavedNetwork, type: string): VisionKind {
  const c = configFields(saved.json, type === 'vit' ? 'ViT' : 'DeiT');
  const taught = saved.shapes.has('cls_classifier.weight');
  const config: VitConfig = {
    ...commonFields(c, 1e-12),
    mlp_width: c.count('intermediate_size', most.channels),
    num_classes: classesOf(saved, taught ? 'cls_classifier' : 'classifier'),
    distilled: type === 'deit',
    pooling: taught ? 'class and distillation' : 'class',
  };
  return transformersKind(saved, {
    ...described(config, type === 'vit' ? 'ViT' : 'DeiT', type),
    classifier: type === 'vit' ? 'ViTForImageClassification' : 'DeiTForImageClassification',
    size: config.image_size,
    head: taught ? 'cls_classifier' : 'classifier',
    theirs: (name) =>
      transformersVitName(name).replace(/^classifier\./, taught ? 'cls_classifier.' : 'classifier.'),
    stages: taught ? twoLastLayers : stagesOf(config),
  });
}

function dinov2(saved: SavedNetwork, type: string): VisionKind {
  const c = configFields(saved.json, 'DINOv2');
  const common = commonFields(c, 1e-6);
  const inner = Math.floor(common.width * c.number('mlp_ratio', [1e-3, 1e3], 4));
  const gated = c.flag('use_swiglu_ffn', false);
  const registers = type === 'dinov2' ? undefined : c.count('num_register_tokens', most.tokens, 4);
  const classes = classesOf(saved, 'classifier');
  const config: VitConfig = {
    ...common,
    mlp_width: gated ? 8 * Math.ceil(Math.floor((inner * 2) / 3) / 8) : inner,
    gated,
    num_classes: classes,
    registers,
    placed: 1,
    layer_scale: true,
    pooling: classes === null ? 'class' : 'class and patches',
    resized_positions: registers === undefined ? 'cubic' : 'smooth cubic',
  };
  return transformersKind(saved, {
    ...described(config, 'DINOv2', type),
    dim: classes === null ? config.width : 2 * config.width,
    classifier:
      type === 'dinov2' ? 'Dinov2ForImageClassification' : 'Dinov2WithRegistersForImageClassification',
    theirs: (name) => (gated ? withGate(transformersDinov2Name(name)) : transformersDinov2Name(name)),
    // A last layer that is put on it would see the class token alone, and transformers gives it the patches' mean too.
    stages:
      classes === null
        ? 'it has no last layer; save it as Dinov2ForImageClassification first'
        : stagesOf(config),
  });
}

const withGate = (name: string) =>
  name.replace('.mlp.fc1.', '.mlp.weights_in.').replace('.mlp.fc2.', '.mlp.weights_out.');

const described = (config: VitConfig, what: string, prefix: string) =>
  ({
    what: `${what} of ${config.depth} blocks`,
    prefix,
    head: 'classifier',
    dim: config.width,
    build: (p, image) => vit(p, config, image),
    unused,
  }) satisfies Partial<TransformersNetwork>;
