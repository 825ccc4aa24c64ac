/**
 * Owns what is the same of all image networks that transformers saves: names of parameters and of classes, and
 * preprocessor_config.json, which tells how pictures are prepared.
 */
import type { Value } from '../../core/graph/value.ts';
import { configFields } from '../../core/nn/config-fields.ts';
import { type Params, paramsOf, renamed } from '../../core/nn/params.ts';
import type { VisionOutput } from '../../core/nn/vision-output.ts';
import type { ImageNetwork } from './network-encoder.ts';
import { assumedBy, type Preprocessor, readPreprocessor, wantSize } from './preprocessor-file.ts';
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
  const own = readPreprocessor(folder, {
    type: configFields(json, 'model').text('model_type', ''),
    imageSize: of.size,
  });
  if (of.size !== undefined) wantSize(own, of.size);
  const classes = classesOf(saved, of.head);
  const bare = ![...shapes.keys()].some((name) => name.startsWith(`${of.prefix}.`));
  const inClassifier = (name: string) => (isLast.test(name) ? name : `${of.prefix}.${name}`);
  const inFile = (name: string) => (bare ? of.theirs(name) : inClassifier(of.theirs(name)));
  const network: ImageNetwork = {
    preprocessing: own.preprocessing,
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
      : { ...of.stages, nameInFile, ...described(json, of.classifier, own) };
  return { what: of.what, network, trainable, unused: of.unused, ...assumedBy(own) };
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
