/**
 * Owns an image network as transformers saves it: a ViT, a ResNet, or CLIP's image tower. config.json tells the network,
 * preprocessor_config.json how pictures are prepared.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clipVision, clipVisionConfig } from '../../../core/nn/clip-vision.ts';
import { type ConfigFields, configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { type Params, paramsOf, renamed } from '../../../core/nn/params.ts';
import { featureWidth, type ResnetConfig, resnet } from '../../../core/nn/resnet.ts';
import { transformersResnetName, transformersVitName } from '../../../core/nn/transformers-names.ts';
import { type VitConfig, vit } from '../../../core/nn/vit.ts';
import type { ImageNetwork } from './network-encoder.ts';
import { readModelJson } from './stored-part.ts';
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
  const own = preprocessor(folder);
  const { size } = own.prepared;
  if (size !== config.image_size) {
    throw new Error(`${own.file}: pictures of ${size}, but config.json has image_size ${config.image_size}`);
  }
  const network: ImageNetwork = {
    ...own.prepared,
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
      filesFor: filesFor(json, 'ViTForImageClassification', own),
      ...(classes === null ? { nameInFile: nameInClassifier } : {}),
    },
    unused: pooler,
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
  const own = preprocessor(folder);
  const network: ImageNetwork = {
    ...own.prepared,
    dim: featureWidth(config),
    labels: labelsOf(namesIn(json), config.num_classes, folder),
    build: (p, image) => resnet(under(p, transformersResnetName), config, image, false),
  };
  return {
    what: `ResNet of ${config.depths.reduce((a, b) => a + b)} blocks`,
    network,
    trainable: {
      ...resnetStages(config.depths, 'classifier.1', /\.stages\.(\d+)\./, 0),
      filesFor: filesFor(json, 'ResNetForImageClassification', own),
    },
  };
}

/** What every CLIP was trained with. */
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

function clipTower(json: unknown, folder: string): VisionKind {
  const config = clipVisionConfig(json);
  const { image_size: size, projection_dim: dim } = config;
  const file = join(folder, preprocessorFile);
  const own = existsSync(file)
    ? configFields(readModelJson(file, 'how CLIP wants its pictures'), 'preprocessor')
    : null;
  const network: ImageNetwork = {
    size,
    enlarged: size,
    resize: 'crop',
    mean: own ? own.numbers('image_mean', ranges.mean, 3) : clipMean,
    std: own ? own.numbers('image_std', ranges.factor, 3) : clipStd,
    dim,
    labels: null,
    build: (p, image) => ({ features: clipVision(p, config, image).embedding, logits: null }),
  };
  return {
    what: `CLIP image tower of ${config.num_hidden_layers} blocks`,
    network,
    trainable: null,
    unused: /^(text_model\.|text_projection\.|logit_scale$)/,
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

const preprocessorFile = 'preprocessor_config.json';

interface Preprocessor {
  file: string;
  json: Record<string, unknown>;
  prepared: Pick<ImageNetwork, 'size' | 'enlarged' | 'resize' | 'mean' | 'std'>;
}

/**
 * Pictures are squeezed to a square, of which the middle may be cut out, or, where `size` has a shortest edge or there is
 * a crop share, brought to it with their own proportions and cut. @throws without the file, or where it says otherwise.
 */
function preprocessor(folder: string): Preprocessor {
  const file = join(folder, preprocessorFile);
  const read = readModelJson<unknown>(file, 'how the network wants its pictures');
  try {
    configFields(read, 'preprocessor');
    // Newer versions write null for what is left to its default.
    const json = Object.fromEntries(Object.entries(read as object).filter(([, value]) => value !== null));
    return { file, json, prepared: preparedBy(json) };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function preparedBy(json: Record<string, unknown>): Preprocessor['prepared'] {
  const c = configFields(json, 'preprocessor');
  for (const step of ['do_resize', 'do_rescale', 'do_normalize']) c.only(step, true);
  const { edge, square } = sideOf(c, json, 'size');
  const colours = {
    mean: c.numbers('image_mean', ranges.mean, 3),
    std: c.numbers('image_std', ranges.factor, 3),
  };
  if (json.crop_pct !== undefined) {
    const share = c.number('crop_pct', ranges.share);
    if (!(share > 0 && share <= 1)) c.fail('crop_pct', 'a share in (0,1]');
    // ConvNextImageProcessor, which ResNets have: from 384 on nothing is cut off.
    if (edge >= 384) return { size: edge, enlarged: edge, resize: 'stretch', ...colours };
    return { size: edge, enlarged: Math.floor(edge / share), resize: 'crop', ...colours };
  }
  const cuts = c.flag('do_center_crop', false);
  if (!square && !cuts) c.fail('size', 'a square, where do_center_crop cuts none');
  const size = cuts ? sideOf(c, json, 'crop_size').edge : edge;
  if (size > edge) c.fail('crop_size', `at most size, ${edge}`);
  return { size, enlarged: edge, resize: square ? 'stretch' : 'crop', ...colours };
}

/** A number is a square's side; newer files name it. */
function sideOf(c: ConfigFields, json: Record<string, unknown>, field: string) {
  const value = json[field];
  if (typeof value !== 'object' || value === null) return { edge: c.count(field, most.pixels), square: true };
  const sides = configFields(value, field);
  if ('shortest_edge' in value) return { edge: sides.count('shortest_edge', most.pixels), square: false };
  const edge = sides.count('height', most.pixels);
  if (sides.count('width', most.pixels) !== edge) c.fail(field, 'a square');
  return { edge, square: true };
}

const filesFor =
  (json: unknown, architecture: string, own: Preprocessor): Trainable['filesFor'] =>
  (labels, size) => {
    const { num_labels: _, ...fields } = json as Record<string, unknown>;
    const scaled = (side: unknown): unknown => {
      if (typeof side === 'number') return Math.round((side * size) / own.prepared.size);
      return Object.fromEntries(Object.entries(side as object).map(([k, v]) => [k, scaled(v)]));
    };
    const { size: whole, crop_size: crop } = own.json;
    return {
      'config.json': {
        ...fields,
        architectures: [architecture],
        id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
        label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
      },
      [preprocessorFile]: {
        ...own.json,
        size: scaled(whole),
        ...(crop === undefined ? {} : { crop_size: scaled(crop) }),
      },
    };
  };
