/** Owns a ResNet or ViT as timm saves it: what its config.json says of the network and of how pictures are prepared. */
import { type ConfigFields, configFields, most, ranges } from '../../../core/nn/config-fields.ts';
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
    ...preprocessing(json),
    dim: featureWidth(config),
    labels: timmLabels(c, config.num_classes, folder),
    build: (p, image) => resnet(p, config, image, false),
  };
  const stages = timmResnetStages(config);
  return { network, trainable: { ...stages, filesFor: filesFor(json) } };
}

export const timmResnetStages = ({ depths }: ResnetConfig) => resnetStages(depths, 'fc', /^layer(\d+)\./, 1);

function timmVit(json: unknown, c: ConfigFields, shapes: Shapes, folder: string): Described {
  c.only('global_pool', 'token');
  const config = vitConfigOf(shapes);
  const network: ImageNetwork = {
    ...preprocessing(json),
    dim: config.width,
    labels: timmLabels(c, config.num_classes, folder),
    build: (p, image) => vit(p, config, image),
  };
  const stages = vitStages(config.depth, 'head', /^blocks\.(\d+)\./, /^norm\./);
  return { network, trainable: { ...stages, filesFor: filesFor(json) } };
}

const timmLabels = (c: ConfigFields, classes: number, folder: string) =>
  labelsOf(
    { names: c.isList('label_names') ? c.texts('label_names', most.classes) : null, field: 'label_names' },
    classes,
    folder,
  );

const filesFor =
  (json: unknown): Trainable['filesFor'] =>
  (labels, size) => {
    const { pretrained_cfg: own, ...fields } = json as Record<string, unknown>;
    const input_size = [3, size, size];
    const config = {
      ...fields,
      num_classes: labels.length,
      label_names: labels,
      // Older files have the fields of pretrained_cfg beside the others.
      ...(own ? { pretrained_cfg: { ...(own as object), input_size } } : { input_size }),
    };
    return { 'config.json': config };
  };

/** Of a saved model under `pretrained_cfg`, of older files beside the other fields. */
function preprocessing(json: unknown): Pick<ImageNetwork, 'size' | 'enlarged' | 'resize' | 'mean' | 'std'> {
  const c = configFields((json as { pretrained_cfg?: unknown }).pretrained_cfg ?? json, 'model');
  const [channels, size, width, ...more] = c.counts('input_size', most.pixels, 3);
  if (channels !== 3 || size !== width || more.length > 0) {
    c.fail('input_size', 'three channels and a square, [3,size,size]');
  }
  c.only('crop_mode', 'center');
  const share = c.number('crop_pct', ranges.share);
  if (!(share > 0 && share <= 1)) c.fail('crop_pct', 'a share in (0,1]');
  return {
    size,
    enlarged: Math.floor(size / share),
    resize: 'crop',
    mean: c.numbers('mean', ranges.mean, 3),
    std: c.numbers('std', ranges.factor, 3),
  };
}
