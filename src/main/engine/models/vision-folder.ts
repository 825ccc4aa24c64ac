/**
 * Owns an image network as a folder of config.json and model.safetensors: a ResNet or ViT as timm saves it, CLIP's
 * image tower as transformers does, or a classifier that was trained here. What computes otherwise is refused.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { input, type Shape } from '../../../core/graph/value.ts';
import { clipVision, clipVisionConfig } from '../../../core/nn/clip-vision.ts';
import { type ConfigFields, configFields } from '../../../core/nn/config-fields.ts';
import { frozenSource, paramsOf } from '../../../core/nn/params.ts';
import { featureWidth, type ResnetConfig, resnet, resnetConfigOf } from '../../../core/nn/resnet.ts';
import { type VitConfig, vit, vitConfigOf } from '../../../core/nn/vit.ts';
import type { RuntimeOptions } from '../runtime.ts';
import type { ResnetFile } from './classifier-folder.ts';
import type { ImageEncoder } from './encoder.ts';
import { readLabels } from './labels.ts';
import { type ImageNetwork, openNetworkEncoder, outputsOf } from './network-encoder.ts';
import { openPart, readModelJson, type StoredPart, weightFiles } from './stored-part.ts';

/** How a network is trained further. */
export interface Trainable {
  /** Path of the last layer, which gives the logits. */
  head: string;
  /** Parts that can be trained from a certain one on: what pictures meet first is 0. */
  stages: number;
  stageOf(parameter: string): number;
  /** config.json of the network with other classes, on pictures of this size. */
  configFor(labels: readonly string[], size: number): Record<string, unknown>;
}

export interface VisionModel {
  part: StoredPart<unknown>;
  network: ImageNetwork;
  /** null: it has no last layer that gives logits. */
  trainable: Trainable | null;
  /** What it is, in a line. */
  summary: string;
}

type Shapes = ReadonlyMap<string, Shape>;
interface Kind {
  what: string;
  network: ImageNetwork;
  trainable: Trainable | null;
  /** Parameters of the file that belong to parts of the model that pictures do not pass. */
  unused?: RegExp;
}

/** @throws an error that names the file, and the field or parameter that is missing or not computed here. */
export function readVisionFolder(folder: string, name: string): VisionModel {
  const part = openPart<unknown>(folder, name, weightFiles('model'), (json) => json);
  const shapes = new Map([...part.table].map(([parameter, { shape }]) => [parameter, shape]));
  try {
    const { what, network, trainable, unused } = kindOf(part.config, shapes, folder);
    wantAllParameters(network, part, unused);
    const { size, dim, labels } = network;
    const known = labels ? `, ${labels.length} labels` : '';
    return { part, network, trainable, summary: `${what}, ${size}x${size}, ${dim} features${known}` };
  } catch (error) {
    throw new Error(`${folder}: ${(error as Error).message}`, { cause: error });
  }
}

export async function openVisionFolder(
  folder: string,
  name: string,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const { part, network } = readVisionFolder(folder, name);
  return await openNetworkEncoder(part, name, network, runtime);
}

/** A parameter that the network does not use would mean that the file holds another one. */
function wantAllParameters(network: ImageNetwork, part: StoredPart<unknown>, unused?: RegExp): void {
  const source = frozenSource(part.table);
  outputsOf(network, paramsOf(source), input('image', [1, 3, network.size, network.size]));
  const surplus = [...part.table.keys()].filter((p) => !source.asked.has(p) && !unused?.test(p));
  if (surplus.length === 0) return;
  const more = surplus.length > 1 ? ` and ${surplus.length - 1} more` : '';
  throw new Error(`the network that config.json names has no parameter ${surplus[0]}${more}`);
}

function kindOf(json: unknown, shapes: Shapes, folder: string): Kind {
  const c = configFields(json, 'model');
  if (c.text('_class_name', '') === 'CruxResnet') return cruxResnet(json as ResnetFile);
  const type = c.text('model_type', '');
  if (type.startsWith('clip')) return clipTower(json, folder);
  const architecture = c.text('architecture', '').replace(/\..*$/, ''); // without the tag of its weights
  if (/^(tv_)?resnet(18|26|34|50|101|152)$/.test(architecture)) {
    c.only('global_pool', 'avg');
    const config = resnetConfigOf(shapes);
    if (config.stem !== 'imagenet') {
      throw new Error('conv1.weight is 3x3, wanted 7x7: of a smaller stem the files do not say the stride');
    }
    return {
      what: architecture,
      network: timmResnet(json, c, config, folder),
      trainable: { ...resnetStages(config), configFor: timmConfig(json) },
    };
  }
  // Larger ones have wider heads, and names with more words other layers.
  if (/^(vit|deit)_(tiny|small|base|large)_patch\d+_\d+(_in21k)?$/.test(architecture)) {
    c.only('global_pool', 'token');
    const config = vitConfigOf(shapes);
    return {
      what: architecture,
      network: timmVit(json, c, config, folder),
      trainable: { ...vitStages(config), configFor: timmConfig(json) },
    };
  }
  const named = architecture || type || 'not named';
  throw new Error(
    `config.json: the network is ${named}, wanted timm's resnet18 to resnet152 or vit_tiny to vit_large (architecture), or transformers' clip or clip_vision_model (model_type)`,
  );
}

function cruxResnet(file: ResnetFile): Kind {
  const network: ImageNetwork = {
    size: file.image_size,
    enlarged: file.image_size,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    dim: featureWidth(file),
    labels: file.labels,
    build: (p, image) => resnet(p, file, image, false),
  };
  return {
    what: `residual network of ${sum(file.depths)} blocks`,
    network,
    trainable: {
      ...resnetStages(file),
      configFor: (labels, size) => ({ ...file, num_classes: labels.length, image_size: size, labels }),
    },
  };
}

function timmResnet(json: unknown, c: ConfigFields, config: ResnetConfig, folder: string): ImageNetwork {
  return {
    ...timmPreprocessing(json),
    dim: featureWidth(config),
    labels: labelsOf(c, config.num_classes, folder),
    build: (p, image) => resnet(p, config, image, false),
  };
}

function timmVit(json: unknown, c: ConfigFields, config: VitConfig, folder: string): ImageNetwork {
  return {
    ...timmPreprocessing(json),
    dim: config.width,
    labels: labelsOf(c, config.num_classes, folder),
    build: (p, image) => vit(p, config, image),
  };
}

/** The stem, then a stage for each size of the maps. */
const resnetStages = (config: ResnetConfig): Omit<Trainable, 'configFor'> => ({
  head: 'fc',
  stages: 1 + config.depths.length,
  stageOf: (parameter) => Number(/^layer(\d+)\./.exec(parameter)?.[1] ?? 0),
});

/** Patches and positions, then four quarters of the blocks, the last with the norm behind them. */
const vitStages = ({ depth }: VitConfig): Omit<Trainable, 'configFor'> => ({
  head: 'head',
  stages: 5,
  stageOf(parameter) {
    const block = /^blocks\.(\d+)\./.exec(parameter);
    if (block) return 1 + Math.floor((4 * Number(block[1])) / depth);
    return parameter.startsWith('norm.') ? 4 : 0;
  },
});

const timmConfig =
  (json: unknown): Trainable['configFor'] =>
  (labels, size) => {
    const { pretrained_cfg: own, ...fields } = json as Record<string, unknown>;
    const input_size = [3, size, size];
    return {
      ...fields,
      num_classes: labels.length,
      label_names: labels,
      // Older files have the fields of pretrained_cfg beside the others.
      ...(own ? { pretrained_cfg: { ...(own as object), input_size } } : { input_size }),
    };
  };

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

type Preprocessing = Pick<ImageNetwork, 'size' | 'enlarged' | 'mean' | 'std'>;

/** Of a saved model under `pretrained_cfg`, of older files beside the other fields. */
function timmPreprocessing(json: unknown): Preprocessing {
  const c = configFields((json as { pretrained_cfg?: unknown }).pretrained_cfg ?? json, 'model');
  const [channels, size, width, ...more] = c.counts('input_size');
  if (channels !== 3 || size !== width || more.length > 0) {
    c.fail('input_size', 'three channels and a square, [3,size,size]');
  }
  c.only('crop_mode', 'center');
  const share = c.number('crop_pct');
  if (!(share > 0 && share <= 1)) c.fail('crop_pct', 'a share in (0,1]');
  return {
    size,
    enlarged: Math.floor(size / share),
    mean: c.numbers('mean', 3),
    std: c.numbers('std', 3),
  };
}

/** Its classes are told by the config or by labels.txt beside it, one a line; without them they have no names. */
function labelsOf(c: ConfigFields, classes: number, folder: string): string[] | null {
  const file = join(folder, 'labels.txt');
  const labels = c.isList('label_names')
    ? c.texts('label_names')
    : existsSync(file)
      ? readLabels(file)
      : null;
  if (labels && labels.length !== classes) {
    throw new Error(`${labels.length} labels for ${classes} classes; check label_names or labels.txt`);
  }
  return labels;
}

/** What every CLIP was trained with. */
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

function clipTower(json: unknown, folder: string): Kind {
  const config = clipVisionConfig(json);
  const { image_size: size, projection_dim: dim } = config;
  const file = join(folder, 'preprocessor_config.json');
  const own = existsSync(file)
    ? configFields(readModelJson(file, 'how CLIP wants its pictures'), 'preprocessor')
    : null;
  const network: ImageNetwork = {
    size,
    enlarged: size,
    mean: own ? own.numbers('image_mean', 3) : clipMean,
    std: own ? own.numbers('image_std', 3) : clipStd,
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
