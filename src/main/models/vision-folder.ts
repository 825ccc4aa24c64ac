/**
 * Owns an image network as a folder of config.json and model.safetensors: as timm or transformers saves it, or a
 * classifier that was trained here; and as torchvision's parameters alone. What computes otherwise is refused.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { input } from '../../core/graph/value.ts';
import { type ConfigFields, configFields, most } from '../../core/nn/config-fields.ts';
import { frozenSource, paramsOf } from '../../core/nn/params.ts';
import { featureWidth, resnet } from '../../core/nn/resnet.ts';
import { isSafetensorsFile } from '../../shared/model-files.ts';
import { isRecord } from '../files/safetensors-header.ts';
import type { RuntimeOptions } from '../runtime/runtime.ts';
import { cruxPreprocessing, type ResnetFile } from './classifier-folder.ts';
import { type ClipText, clipTextGraph, openClipText } from './clip-text-tower.ts';
import type { ImageEncoder } from './encoder.ts';
import { type ImageNetwork, openNetworkEncoder, outputsOf } from './network-encoder.ts';
import { toldPreprocessing } from './preprocessor-file.ts';
import { openPart, openWeights, type StoredPart, underPrefix, withoutPrefix } from './stored-part.ts';
import { families } from './vision/index.ts';
import { timmResnetStages } from './vision/resnet.ts';
import { torchvisionKind } from './vision/torchvision.ts';
import type { SavedNetwork, Trainable, VisionKind } from './vision-kind.ts';

export interface VisionModel {
  part: StoredPart<unknown>;
  network: ImageNetwork;
  text: ClipText | string;
  trainable: Trainable | null;
  /** Why it cannot be trained further, null: it can. */
  untrainable: string | null;
  /** What it is, in a line. */
  summary: string;
}

/**
 * @param path the folder, or one .safetensors file of torchvision's.
 * @throws an error that names the file, and the field or parameter that is missing or not computed here.
 */
export function readVisionFolder(path: string, name: string): VisionModel {
  const bare = isSafetensorsFile(path) || !existsSync(join(path, 'config.json'));
  const folder = isSafetensorsFile(path) ? dirname(path) : path;
  const opened = bare ? openBare(path, name) : openPart(path, name, 'model', anyNetwork);
  const part = asNamedHere(opened);
  const shapes = new Map([...part.table].map(([parameter, { shape }]) => [parameter, shape]));
  try {
    const kind = bare ? torchvisionKind(shapes, folder) : kindOf({ json: part.config, shapes, folder });
    const { what, network, trainable, unused, assumed } = kind;
    const text = kind.text ?? 'it reads images alone';
    const classes = wantAllParameters(network, part, text, unused);
    const { preprocessing, dim, labels } = network;
    const { width, height } = preprocessing;
    const told = assumed ? `; ${toldPreprocessing(preprocessing, assumed)}` : '';
    const known = labels ? `, ${labels.length} labels` : classes ? `, ${classes} ${unnamed}` : '';
    const summary = `${what}, ${width}x${height}, ${dim} features${known}${toldText(kind.text)}${told}`;
    const model = { part, network, text, summary };
    return typeof trainable === 'string'
      ? { ...model, trainable: null, untrainable: trainable }
      : { ...model, trainable, untrainable: null };
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

const toldText = (text: ClipText | string | undefined): string => {
  if (text === undefined) return '';
  return typeof text === 'string' ? `; reads no texts: ${text}` : ', and reads texts';
};

/** A network in transformers' wrapper of timm. */
const wrapper = 'timm_wrapper';

/** Parameters and fields as the families know them. */
function asNamedHere(part: StoredPart<unknown>): StoredPart<unknown> {
  if (!isRecord(part.config)) return part;
  if (part.config.model_type === 'clip_vision_model') return underPrefix(part, 'vision_model.');
  if (part.config.model_type !== wrapper) return part;
  // It tells a number of classes where there is no last layer as well, and names where there are none.
  const { num_classes: _, label_names: names, ...config } = part.config;
  const named = Array.isArray(names) && !names.every((name, i) => name === `LABEL_${i}`);
  return withoutPrefix(
    { ...part, config: named ? { ...config, label_names: names } : config },
    'timm_model.',
  );
}

/** Weights without a config. */
function openBare(path: string, name: string): StoredPart<unknown> {
  const file = isSafetensorsFile(path) ? path : join(path, 'model.safetensors');
  if (!existsSync(file)) throw new Error(`${path}: no config.json and no model.safetensors of ${name}`);
  return { ...openWeights(file), config: null };
}

export async function openVisionFolder(
  folder: string,
  name: string,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const { part, network, text } = readVisionFolder(folder, name);
  const images = await openNetworkEncoder(part, name, network, runtime);
  if (typeof text === 'string') return { ...images, text };
  const tower = openClipText(part, text, runtime);
  return {
    ...images,
    text: tower,
    async close() {
      await images.close();
      await tower.close();
    },
  };
}

/** What a check says of class scores that nothing names. */
const unnamed =
  'class scores without names (labels.txt beside the weights, one class name a line, makes it a classifier)';

/**
 * A parameter that the network does not use would mean that the file holds another one.
 * @returns how many class scores it gives.
 */
function wantAllParameters(
  network: ImageNetwork,
  part: StoredPart<unknown>,
  text: ClipText | string,
  unused?: RegExp,
): number {
  const source = frozenSource(part.table);
  const { width, height } = network.preprocessing;
  const { logits } = outputsOf(network, paramsOf(source), input('image', [1, 3, height, width]));
  if (typeof text !== 'string') clipTextGraph(paramsOf(source), text, 1);
  const surplus = [...part.table.keys()].filter((p) => !source.asked.has(p) && !unused?.test(p));
  if (surplus.length === 0) return logits?.shape[1] ?? 0;
  const more = surplus.length > 1 ? ` and ${surplus.length - 1} more` : '';
  throw new Error(`the network that config.json names has no parameter ${surplus[0]}${more}`);
}

/** What its fields must be depends on the network that they name. */
function anyNetwork(json: unknown): unknown {
  configFields(json, 'model');
  return json;
}

const wrapped =
  "a network in transformers' wrapper of timm (timm_wrapper) cannot be trained further here; save it by timm";

function kindOf(saved: SavedNetwork): VisionKind {
  const c = configFields(saved.json, 'model');
  if (c.text('_class_name', '') === 'CruxResnet') return cruxResnet(saved.json as ResnetFile, c);
  const architecture = c.text('architecture', '').replace(/\..*$/, '');
  const type = c.text('model_type', '');
  for (const { timm, transformers } of families) {
    if (architecture && timm?.architectures.test(architecture)) {
      const kind = timm.read({ ...saved, architecture });
      return type === wrapper ? { ...kind, trainable: wrapped } : kind;
    }
    if (!architecture && transformers?.types.includes(type)) return transformers.read(saved, type);
  }
  const ofTimm = families.flatMap(({ timm }) => timm?.named ?? []).join(', ');
  const types = families.flatMap(({ transformers }) => transformers?.types ?? []).join(', ');
  throw new Error(
    `config.json: the network is ${architecture || type || 'not named'}, expected timm's ${ofTimm} (architecture), or transformers' ${types} (model_type)`,
  );
}

function cruxResnet(file: ResnetFile, c: ConfigFields): VisionKind {
  const { length } = c.counts('widths', most.channels, most.levels);
  if (c.counts('depths', most.layers, most.levels).length !== length) c.fail('depths', 'as many as widths');
  c.count('in_channels', most.channels);
  c.count('image_size', most.pixels);
  if (c.texts('labels', most.classes).length !== c.count('num_classes', most.classes)) {
    c.fail('num_classes', 'as many as labels');
  }
  const network: ImageNetwork = {
    preprocessing: cruxPreprocessing(file.image_size),
    dim: featureWidth(file),
    labels: file.labels,
    build: (p, image) => resnet(p, file, image, false),
  };
  return {
    what: `residual network of ${file.depths.reduce((a, b) => a + b, 0)} blocks`,
    network,
    trainable: {
      ...timmResnetStages(file),
      filesFor: (labels, size) => ({
        'config.json': { ...file, num_classes: labels.length, image_size: size, labels },
      }),
      preprocessingAt: cruxPreprocessing,
    },
  };
}
