/** Owns a ResNet or ViT as timm saves it: what its config.json says of the network and of how pictures are prepared. */
import { timmPreprocessing } from '../../../core/images/timm-preprocessing.ts';
import { type ConfigFields, configFields, most } from '../../../core/nn/config-fields.ts';
import { featureWidth, type ResnetConfig, resnet, resnetConfigOf } from '../../../core/nn/resnet.ts';
import { vit, vitConfigOf } from '../../../core/nn/vit.ts';
import type { ImageNetwork } from './network-encoder.ts';
import {
  labelsOf,
  resnetStages,
  type Shapes,
  type Trainable,
  type VisionKind,
  vitStages,
} from './vision-kind.ts';

/** null: it is none of those. @throws an error that names the field that is missing or not computed here. */
export function timmVision(json: unknown, shapes: Shapes, folder: string): VisionKind | null {
  const c = configFields(json, 'model');
  const architecture = c.text('architecture', '').replace(/\..*$/, ''); // without the tag of its weights
  if (/^(tv_)?resnet(18|26|34|50|101|152)$/.test(architecture)) {
    return { what: architecture, ...timmResnet(json, c, shapes, folder) };
  }
  // Larger ones have wider heads, and names with more words other layers.
  if (/^(vit|deit)_(tiny|small|base|large)_patch\d+_\d+(_in21k)?$/.test(architecture)) {
    return { what: architecture, ...timmVit(json, c, shapes, folder) };
  }
  return null;
}

type Described = Omit<VisionKind, 'what'>;

function timmResnet(json: unknown, c: ConfigFields, shapes: Shapes, folder: string): Described {
  c.only('global_pool', 'avg');
  const config = resnetConfigOf(shapes);
  if (config.stem !== 'imagenet') {
    throw new Error('conv1.weight is 3x3, expected 7x7: of a smaller stem the files do not say the stride');
  }
  const network: ImageNetwork = {
    preprocessing: timmPreprocessing(json),
    dim: featureWidth(config),
    labels: timmLabels(c, config.num_classes, folder),
    build: (p, image) => resnet(p, config, image, false),
  };
  const stages = timmResnetStages(config);
  return { network, trainable: { ...stages, ...described(json) } };
}

export const timmResnetStages = ({ depths }: ResnetConfig) => resnetStages(depths, 'fc', /^layer(\d+)\./, 1);

function timmVit(json: unknown, c: ConfigFields, shapes: Shapes, folder: string): Described {
  c.only('global_pool', 'token');
  const config = vitConfigOf(shapes);
  const network: ImageNetwork = {
    preprocessing: timmPreprocessing(json),
    dim: config.width,
    labels: timmLabels(c, config.num_classes, folder),
    build: (p, image) => vit(p, config, image),
  };
  const stages = vitStages(config.depth, 'head', /^blocks\.(\d+)\./, /^norm\./);
  return { network, trainable: { ...stages, ...described(json) } };
}

const timmLabels = (c: ConfigFields, classes: number, folder: string) =>
  labelsOf(
    { names: c.isList('label_names') ? c.texts('label_names', most.classes) : null, field: 'label_names' },
    classes,
    folder,
  );

/** The config with other classes and for pictures of another size. */
const described = (json: unknown): Pick<Trainable, 'filesFor' | 'preprocessingAt'> => {
  const { pretrained_cfg: own, ...fields } = json as Record<string, unknown>;
  const sized = (size: number) => {
    const input_size = [3, size, size];
    // Older files have the fields of pretrained_cfg beside the others.
    return { ...fields, ...(own ? { pretrained_cfg: { ...(own as object), input_size } } : { input_size }) };
  };
  return {
    filesFor: (labels, size) => ({
      'config.json': { ...sized(size), num_classes: labels.length, label_names: labels },
    }),
    preprocessingAt: (size) => timmPreprocessing(sized(size)),
  };
};
