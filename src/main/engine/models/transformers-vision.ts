/**
 * Owns what is the same of all image networks that transformers saves: names of parameters and of classes, and
 * preprocessor_config.json, which tells how pictures are prepared.
 */
import { join } from 'node:path';
import type { Value } from '../../../core/graph/value.ts';
import { type ConfigFields, configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { type Params, paramsOf, renamed } from '../../../core/nn/params.ts';
import type { VisionOutput } from '../../../core/nn/vision-output.ts';
import type { ImageNetwork } from './network-encoder.ts';
import { readModelJson } from './stored-part.ts';
import { labelsOf, type SavedNetwork, type Stages, type Trainable, type VisionKind } from './vision-kind.ts';

/** What a family knows of its network. */
export interface TransformersNetwork {
  what: string;
  /** In a classifier's file before the names of all parameters but the last layer's. */
  prefix: string;
  /** The last layer. */
  head: string;
  /** The class that a classifier is saved as. */
  classifier: string;
  dim: number;
  /** Side of its pictures where the network is for one size only. */
  size?: number;
  build(p: Params, image: Value): VisionOutput;
  /** From the names that `build` asks for, which are timm's, to transformers', without the prefix. */
  theirs(name: string): string;
  /** How it is trained further, or why it cannot be. */
  stages: Stages | string;
  /** Parameters of other tasks, which pictures do not pass. Classifiers that are trained here are without. */
  unused?: RegExp;
}

/** Layers that give classes. */
const isLast = /^(\w+_)?classifier\./;

/** Classes of the network in the file, null: it has no last layer. */
export const classesOf = ({ shapes }: SavedNetwork, head: string): number | null =>
  shapes.get(`${head}.weight`)?.[0] ?? null;

/** @throws an error that names the field that is missing or not computed here. */
export function transformersKind(saved: SavedNetwork, of: TransformersNetwork): VisionKind {
  const { json, folder, shapes } = saved;
  const own = preprocessor(folder);
  if (of.size !== undefined && own.prepared.size !== of.size) {
    throw new Error(
      `${own.file}: pictures of ${own.prepared.size}, but config.json has image_size ${of.size}`,
    );
  }
  const classes = classesOf(saved, of.head);
  const bare = ![...shapes.keys()].some((name) => name.startsWith(`${of.prefix}.`));
  const inClassifier = (name: string) => (isLast.test(name) ? name : `${of.prefix}.${name}`);
  const inFile = (name: string) => (bare ? of.theirs(name) : inClassifier(of.theirs(name)));
  const network: ImageNetwork = {
    ...own.prepared,
    dim: of.dim,
    labels: classes === null ? null : labelsOf(namesIn(json), classes, folder),
    build: (p, image) => of.build(paramsOf(renamed(p.source, inFile)), image),
  };
  const nameInFile = (name: string) => {
    if (of.unused?.test(name)) return null;
    return bare ? inClassifier(name) : name;
  };
  const trainable =
    typeof of.stages === 'string'
      ? of.stages
      : { ...of.stages, nameInFile, filesFor: filesFor(json, of.classifier, own) };
  return { what: of.what, network, trainable, unused: of.unused };
}

/** Class names by their number, two of which may be alike (ImageNet has two cranes); LABEL_0 and so on stand for none. */
function namesIn(json: unknown): { names: string[] | null; field: string } {
  const field = 'id2label';
  const told = (json as { id2label?: unknown }).id2label;
  if (told === undefined) return { names: null, field };
  const fields = configFields(told, 'id2label');
  const names = Object.keys(told as object).map((_, i) => fields.text(String(i)));
  return { names: names.every((name, i) => name === `LABEL_${i}`) ? null : names, field };
}

export const preprocessorFile = 'preprocessor_config.json';

interface Preprocessor {
  file: string;
  json: Record<string, unknown>;
  prepared: Pick<ImageNetwork, 'size' | 'enlarged' | 'resize' | 'mean' | 'std'>;
}

/**
 * Pictures are squeezed to a square, of which the middle may be cut out, or, where `size` has a shortest edge or there is
 * a crop share, brought to it with their own proportions and cut. @throws without the file, or where it says otherwise.
 */
export function preprocessor(folder: string): Preprocessor {
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
