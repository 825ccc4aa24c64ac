/**
 * Owns an image network as transformers saves it: a ViT, a ResNet, or CLIP's image tower. config.json tells the network,
 * preprocessor_config.json how pictures are prepared.
 */
import { clipVision, clipVisionConfig } from '../../../core/nn/clip-vision.ts';
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { type Params, paramsOf, renamed } from '../../../core/nn/params.ts';
import { featureWidth, type ResnetConfig, resnet } from '../../../core/nn/resnet.ts';
import { transformersResnetName, transformersVitName } from '../../../core/nn/transformers-names.ts';
import { type VitConfig, vit } from '../../../core/nn/vit.ts';
import type { ImageNetwork } from './network-encoder.ts';
import { assumedBy, type Preprocessor, readPreprocessor, wantSize } from './preprocessor-file.ts';
import {
  labelsOf,
  resnetStages,
  type Shapes,
  type Trainable,
  type VisionKind,
  vitStages,
} from './vision-kind.ts';

/** null: it is none of those. @throws an error that names the field that is missing or not computed here. */
export function transformersVision(json: unknown, shapes: Shapes, folder: string): VisionKind | null {
  const type = configFields(json, 'model').text('model_type', '');
  if (type.startsWith('clip')) return clipTower(json, folder);
  if (type === 'vit') return vitKind(json, shapes, folder);
  if (type === 'resnet') return resnetKind(json, shapes, folder);
  return null;
}

const under = (p: Params, theirs: (name: string) => string) => paramsOf(renamed(p.source, theirs));

function vitKind(json: unknown, shapes: Shapes, folder: string): VisionKind {
  const c = configFields(json, 'ViT');
  c.only('hidden_act', 'gelu');
  c.only('qkv_bias', true);
  const classes = shapes.get('classifier.weight')?.[0] ?? null;
  const config: VitConfig = {
    image_size: c.count('image_size', most.pixels),
    patch_size: c.count('patch_size', most.pixels),
    num_channels: c.count('num_channels', most.channels, 3),
    width: c.count('hidden_size', most.channels),
    depth: c.count('num_hidden_layers', most.layers),
    heads: c.count('num_attention_heads', most.heads),
    mlp_width: c.count('intermediate_size', most.channels),
    num_classes: classes,
    separate_qkv: true,
    norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-12),
  };
  const name = transformersVitName(classes === null ? '' : 'vit.');
  const own = readPreprocessor(folder, { type: 'vit', imageSize: config.image_size });
  wantSize(own, config.image_size);
  const network: ImageNetwork = {
    preprocessing: own.preprocessing,
    dim: config.width,
    labels: classes === null ? null : labelsOf(namesIn(json), classes, folder),
    build: (p, image) => vit(under(p, name), config, image),
  };
  const stages = vitStages(config.depth, 'classifier', /encoder\.layer\.(\d+)\./, /^(vit\.)?layernorm\./);
  return {
    what: `ViT of ${config.depth} blocks`,
    network,
    trainable: {
      ...stages,
      ...described(json, 'ViTForImageClassification', own),
      ...(classes === null ? { nameInFile: nameInClassifier } : {}),
    },
    unused: pooler,
    ...assumedBy(own),
  };
}

/** A layer behind the class token that was trained for another task; classifiers have none. */
const pooler = /^(vit\.)?pooler\./;

/** Of the parameters of a ViT that had no last layer. */
function nameInClassifier(parameter: string): string | null {
  if (pooler.test(parameter)) return null;
  return parameter.startsWith('classifier.') ? parameter : `vit.${parameter}`;
}

function resnetKind(json: unknown, shapes: Shapes, folder: string): VisionKind {
  const c = configFields(json, 'ResNet');
  c.only('hidden_act', 'relu');
  c.only('layer_type', 'basic', 'bottleneck');
  c.only('downsample_in_first_stage', false);
  c.only('downsample_in_bottleneck', false);
  const head = shapes.get('classifier.1.weight');
  if (!head) throw new Error('classifier.1.weight is missing; wanted a ResNet with its last layer');
  const block = c.text('layer_type', 'bottleneck') as 'basic' | 'bottleneck';
  const config: ResnetConfig = {
    in_channels: c.count('num_channels', most.channels, 3),
    stem: 'imagenet',
    block,
    widths: c.counts('hidden_sizes', most.channels, most.levels).map((width) => {
      if (block === 'basic') return width;
      return width % 4 === 0 ? width / 4 : c.fail('hidden_sizes', 'multiples of 4, as bottlenecks have');
    }),
    depths: c.counts('depths', most.layers, most.levels),
    num_classes: head[0],
  };
  if (config.depths.length !== config.widths.length) c.fail('depths', 'as many as hidden_sizes');
  if (c.count('embedding_size', most.channels) !== config.widths[0]) {
    c.fail('embedding_size', `${config.widths[0]}, which hidden_sizes imply`);
  }
  const own = readPreprocessor(folder, { type: 'resnet' });
  const network: ImageNetwork = {
    preprocessing: own.preprocessing,
    dim: featureWidth(config),
    labels: labelsOf(namesIn(json), config.num_classes, folder),
    build: (p, image) => resnet(under(p, transformersResnetName), config, image, false),
  };
  return {
    what: `ResNet of ${config.depths.reduce((a, b) => a + b)} blocks`,
    network,
    trainable: {
      ...resnetStages(config.depths, 'classifier.1', /\.stages\.(\d+)\./, 0),
      ...described(json, 'ResNetForImageClassification', own),
    },
    ...assumedBy(own),
  };
}

function clipTower(json: unknown, folder: string): VisionKind {
  const config = clipVisionConfig(json);
  const { image_size: size, projection_dim: dim } = config;
  const own = readPreprocessor(folder, { type: 'clip', imageSize: size });
  wantSize(own, size);
  const network: ImageNetwork = {
    preprocessing: own.preprocessing,
    dim,
    labels: null,
    build: (p, image) => ({ features: clipVision(p, config, image).embedding, logits: null }),
  };
  return {
    what: `CLIP image tower of ${config.num_hidden_layers} blocks`,
    network,
    trainable: null,
    unused: /^(text_model\.|text_projection\.|logit_scale$)/,
    ...assumedBy(own),
  };
}

/** Class names by their number, two of which may be alike (ImageNet has two cranes); LABEL_0 and so on stand for none. */
export function namesIn(json: unknown): { names: string[] | null; field: string } {
  const field = 'id2label';
  const told = (json as { id2label?: unknown }).id2label;
  if (told === undefined) return { names: null, field };
  const fields = configFields(told, 'id2label');
  const names = Object.keys(told as object).map((_, i) => fields.text(String(i)));
  return { names: names.every((name, i) => name === `LABEL_${i}`) ? null : names, field };
}

/** The JSON files of the network with other classes and for pictures of another size. */
function described(
  json: unknown,
  architecture: string,
  own: Preprocessor,
): Pick<Trainable, 'filesFor' | 'preprocessingAt'> {
  const { num_labels: _, ...fields } = json as Record<string, unknown>;
  return {
    filesFor: (labels, size) => ({
      'config.json': {
        ...fields,
        architectures: [architecture],
        id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
        label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
      },
      ...own.filesAt(size),
    }),
    preprocessingAt: own.at,
  };
}
