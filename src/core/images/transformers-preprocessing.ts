/**
 * Owns what transformers' preprocessor_config.json means: the image processors that are read, their defaults, and how
 * their fields become a declaration. A file leaves out, or has null for, what is the processor's own default.
 *
 * transformers 5 resizes with torchvision wherever that is installed, whichever of `ViTImageProcessor` and
 * `ViTImageProcessorFast` the file names, so PyTorch's arithmetic is meant; it falls back to Pillow's for the two
 * filters that PyTorch lacks (docs/decisions/0010).
 */
import { type ConfigFields, configFields, most, ranges } from '../nn/config-fields.ts';
import { shown } from '../shown.ts';
import type { Preprocessing, Resize } from './preprocessing.ts';
import type { Kernel, Size } from './resample.ts';

type Json = Readonly<Record<string, unknown>>;

const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const halves = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const clip = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};
const square = (side: number) => ({ height: side, width: side });
const shortest = (edge: number) => ({ shortest_edge: edge });
/** Pillow's numbers, which files have. */
const kernels: readonly Kernel[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
const bilinear = kernels.indexOf('bilinear');
const bicubic = kernels.indexOf('bicubic');

const cutFrom = (size: Json, crop: number, resample: number, colours: Json): Json => ({
  size,
  resample,
  ...colours,
  default_to_square: !('shortest_edge' in size),
  do_center_crop: true,
  crop_size: square(crop),
});

/** Defaults of each processor, in the terms of its file. */
const processors = new Map<string, Json>(
  Object.entries({
    ViTImageProcessor: { size: square(224), resample: bilinear, ...halves },
    DeiTImageProcessor: cutFrom(square(256), 224, bicubic, halves),
    BeitImageProcessor: { size: square(224), crop_size: square(224), resample: bicubic, ...halves },
    BitImageProcessor: cutFrom(shortest(224), 224, bicubic, clip),
    CLIPImageProcessor: cutFrom(shortest(224), 224, bicubic, clip),
    ChineseCLIPImageProcessor: cutFrom(shortest(224), 224, bicubic, clip),
    SiglipImageProcessor: { size: square(224), resample: bicubic, ...halves, default_to_square: false },
    BlipImageProcessor: { size: square(384), resample: bicubic, ...clip },
    EfficientNetImageProcessor: {
      size: square(346),
      crop_size: square(289),
      resample: bicubic,
      ...halves,
      rescale_offset: false,
      include_top: true,
    },
    MobileNetV1ImageProcessor: cutFrom(shortest(256), 224, bilinear, halves),
    MobileNetV2ImageProcessor: cutFrom(shortest(256), 224, bilinear, halves),
    ConvNextImageProcessor: {
      size: shortest(384),
      resample: bicubic,
      ...halves,
      default_to_square: false,
      crop_pct: 224 / 256,
    },
    LevitImageProcessor: cutFrom(shortest(224), 224, bicubic, imagenet),
    PoolFormerImageProcessor: { ...cutFrom(shortest(224), 224, bicubic, imagenet), crop_pct: 0.9 },
    PvtImageProcessor: { size: square(224), resample: bicubic, ...imagenet },
  }),
);

/** The processor of files that name none, by config.json's model_type. */
const processorOf = new Map(
  Object.entries({
    ViTImageProcessor: 'vit vit_mae vit_msn ijepa swin swinv2 swiftformer trocr dinat',
    DeiTImageProcessor: 'deit',
    BeitImageProcessor: 'beit data2vec-vision',
    BitImageProcessor: 'bit dinov2 dinov2_with_registers focalnet hiera',
    CLIPImageProcessor: 'clip clip_vision_model',
    SiglipImageProcessor: 'siglip siglip_vision_model',
    EfficientNetImageProcessor: 'efficientnet',
    MobileNetV1ImageProcessor: 'mobilenet_v1',
    MobileNetV2ImageProcessor: 'mobilenet_v2',
    ConvNextImageProcessor: 'convnext convnextv2 resnet regnet cvt',
    LevitImageProcessor: 'levit',
    PoolFormerImageProcessor: 'poolformer',
    PvtImageProcessor: 'pvt pvt_v2',
  }).flatMap(([processor, types]) => types.split(' ').map((type) => [type, processor] as const)),
);

export const hasDefaultProcessor = (modelType: string): boolean => processorOf.has(modelType);

/** Fields that say something here or never change a pixel: a processor of unknown name that has no others is read. */
const understood = new Set(
  `image_processor_type feature_extractor_type processor_class auto_map return_tensors data_format input_data_format device
  disable_grouping do_convert_rgb do_resize size default_to_square resample do_center_crop crop_size do_rescale
  rescale_factor do_normalize image_mean image_std do_pad pad_size do_reduce_labels`.split(/\s+/),
);
const wantedOfUnknown = ['size', 'resample', 'image_mean', 'image_std'];

/** Of config.json: the model's type, and its image size where it has one. */
export interface ModelOfImages {
  type: string;
  imageSize?: number;
}

/** @throws naming the processor or the field that is not carried out here. */
export const transformersPreprocessing = (file: unknown, model: ModelOfImages): Preprocessing =>
  preprocessingOf(completePreprocessor(file, model));

/**
 * The file with the processor's defaults in place of what it leaves out.
 * @param file what preprocessor_config.json holds; null: there is none, so the model's processor has its defaults.
 */
export function completePreprocessor(file: unknown, model: ModelOfImages): Json {
  if (file !== null) configFields(file, 'preprocessor');
  const given = Object.fromEntries(Object.entries(file ?? {}).filter(([, value]) => value !== null));
  const name = processorName(given, model.type);
  const defaults = processors.get(name) ?? defaultsOfUnknown(name, given);
  const scaled = file === null && model.imageSize ? resizedPreprocessor(defaults, model.imageSize) : defaults;
  return { ...scaled, ...given, image_processor_type: name };
}

/** A complete file for a network that takes images of another size. */
export function resizedPreprocessor(json: Json, imageSize: number): Json {
  const taken = json.do_center_crop ? json.crop_size : json.size;
  const [side] = typeof taken === 'number' ? [taken] : (Object.values(taken as object) as number[]);
  const scaled = (value: unknown): unknown => {
    if (typeof value === 'number') return Math.round((value * imageSize) / side);
    if (Array.isArray(value)) return value.map(scaled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, size]) => [key, scaled(size)]));
  };
  const { size, crop_size } = json;
  return {
    ...json,
    size: scaled(size),
    ...(crop_size === undefined ? {} : { crop_size: scaled(crop_size) }),
  };
}

/** @param json complete */
export function preprocessingOf(json: Json): Preprocessing {
  const c = configFields(json, 'preprocessor');
  if (json.pad_size !== undefined) c.only('do_pad', false);
  c.only('do_flip_channel_order', false);
  const kernel = c.flag('do_resize', true) ? kernels[c.integer('resample', [0, 5])] : 'nearest';
  return {
    ...geometry(c, json, c.text('image_processor_type')),
    kernel,
    arithmetic: kernel === 'box' || kernel === 'hamming' ? 'pillow' : 'torch',
    crop: 'floor',
    fill: [0, 0, 0],
    ...coloursOf(c, json),
  };
}

/** As files of transformers before version 4.26 have it, a feature extractor; Fast and Pil name ways to compute. */
function processorName(given: Json, modelType: string): string {
  const named = given.image_processor_type ?? given.feature_extractor_type;
  if (typeof named !== 'string') return processorOf.get(modelType) ?? '';
  return named.replace(/FeatureExtractor$/, 'ImageProcessor').replace(/(Fast|Pil)$/, '');
}

function defaultsOfUnknown(name: string, given: Json): Json {
  const strange = Object.keys(given).find((field) => !understood.has(field));
  const missing = wantedOfUnknown.find((field) => given[field] === undefined);
  if (!strange && !missing) return { default_to_square: true };
  const who = name === '' ? 'no image_processor_type that Crux knows' : shown(name);
  const why = strange ? `and the unknown field ${strange}` : `and no ${missing}`;
  throw new Error(
    `preprocessor config: it has ${who} ${why}; expected one of ${[...processors.keys()].join(', ')}, or size, resample, image_mean and image_std`,
  );
}

function geometry(c: ConfigFields, json: Json, name: string): Size & { resize: Resize | null } {
  const cut = c.flag('do_center_crop', false) ? sizeOf(c, json, 'crop_size', true) : null;
  if (cut && 'edge' in cut) c.fail('crop_size', 'a height and a width');
  const middle = cut as Size | null;
  if (!c.flag('do_resize', true)) {
    return middle
      ? { ...middle, resize: null }
      : c.fail('do_resize', 'true, where do_center_crop is not: a network takes images of one size');
  }
  const size = sizeOf(c, json, 'size', c.flag('default_to_square', true));
  const resize = resizeOf(c, size, name);
  if (middle) return { ...middle, resize };
  if (resize.to === 'size') return { width: resize.width, height: resize.height, resize };
  // ConvNeXT's processor cuts the middle out while it resizes.
  if (name === 'ConvNextImageProcessor' && 'edge' in size) {
    return { width: size.edge, height: size.edge, resize };
  }
  return c.fail('size', 'a height and a width, where do_center_crop cuts none out');
}

function resizeOf(c: ConfigFields, size: Size | { edge: number }, name: string): Resize {
  const share = () => {
    const share = c.number('crop_pct', ranges.share);
    return share > 0 ? share : c.fail('crop_pct', 'a share in (0,1]');
  };
  if (name === 'ConvNextImageProcessor') {
    if (!('edge' in size)) return c.fail('size', 'a shortest_edge');
    // From 384 on nothing is cut off.
    if (size.edge >= 384) return { to: 'size', width: size.edge, height: size.edge };
    return { to: 'shortest', edge: Math.trunc(size.edge / share()) };
  }
  if (name === 'PoolFormerImageProcessor') {
    if (!('edge' in size) && size.height !== size.width) c.fail('size', 'a shortest_edge or a square');
    return { to: 'shortest', edge: Math.trunc(('edge' in size ? size.edge : size.height) / share()) };
  }
  if (!('edge' in size)) return { to: 'size', ...size };
  if (name === 'LevitImageProcessor') return { to: 'shortest', edge: Math.trunc((256 / 224) * size.edge) };
  return { to: 'shortest', edge: size.edge };
}

/** A number is a square's side or a shorter edge, by the processor; newer files name what it is. */
function sizeOf(
  c: ConfigFields,
  json: Json,
  field: string,
  numberIsSquare: boolean,
): Size | { edge: number } {
  const value = json[field];
  if (Array.isArray(value)) {
    const [height, width, ...more] = c.counts(field, most.pixels, 2);
    return width === undefined || more.length > 0 ? c.fail(field, '[height,width]') : { height, width };
  }
  if (typeof value !== 'object' || value === null) {
    const side = c.count(field, most.pixels);
    return numberIsSquare ? { height: side, width: side } : { edge: side };
  }
  const sides = configFields(value, field);
  if (Object.values(value).some((side) => side === null))
    return sizeOf(c, { [field]: present(value) }, field, numberIsSquare);
  const keys = Object.keys(value).sort().join();
  if (keys === 'shortest_edge') return { edge: sides.count('shortest_edge', most.pixels) };
  if (keys === 'height,width') {
    return { height: sides.count('height', most.pixels), width: sides.count('width', most.pixels) };
  }
  return c.fail(field, 'a height and a width, or a shortest_edge alone');
}

const present = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, side]) => side !== null));

/**
 * The steps on values of 0 to 255 in one: x = v * rescale_factor (- 1 with rescale_offset), then (x - mean) / std, and
 * with include_top once more / std.
 */
function coloursOf(c: ConfigFields, json: Json): Pick<Preprocessing, 'mean' | 'std'> {
  const perChannel = (field: string, range: readonly [number, number]) => {
    const value = json[field];
    return typeof value === 'number' ? Array(3).fill(c.number(field, range)) : c.numbers(field, range, 3);
  };
  const rescales = c.flag('do_rescale', true);
  const factor = rescales ? c.number('rescale_factor', ranges.factor, 1 / 255) : 1;
  const offset = rescales && c.flag('rescale_offset', false) ? 1 : 0;
  const normalises = c.flag('do_normalize', true);
  const again = c.flag('include_top', false);
  const mean = normalises ? perChannel('image_mean', ranges.mean) : [0, 0, 0];
  const std = normalises || again ? perChannel('image_std', ranges.factor) : [1, 1, 1];
  const white = 255 * factor; // what 1.0 becomes
  const one = Math.abs(white - 1) < 1e-12 ? 1 : white;
  return {
    mean: mean.map((m) => (m + offset) / one),
    std: std.map((s) => ((normalises ? s : 1) * (again ? s : 1)) / one),
  };
}
