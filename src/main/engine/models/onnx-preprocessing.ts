/**
 * Owns what preprocessor_config.json beside an ONNX classifier says of its images, as optimum and transformers.js write
 * it: size, crop, scale, mean and deviation.
 */
import { type ConfigFields, configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import type { OnnxClassifierSpec } from '../../../shared/domain.ts';
import { withinFile } from '../within-file.ts';
import { readModelJson } from './stored-part.ts';

export const preprocessorFile = 'preprocessor_config.json';

type Prepared = Partial<
  Pick<OnnxClassifierSpec, 'width' | 'height' | 'cropShare' | 'kernel' | 'resize' | 'mean' | 'std'>
>;

/** @throws naming the file, and the field that is missing or not computed here. */
export function readOnnxPreprocessing(file: string, channels: number): Prepared {
  const read = readModelJson<unknown>(file, 'how the classifier wants its images');
  return withinFile(file, () => {
    configFields(read, 'preprocessor');
    // Newer versions write null for what is left to its default.
    const json = Object.fromEntries(Object.entries(read as object).filter(([, value]) => value !== null));
    const c = configFields(json, 'preprocessor');
    const kernel = kernels[c.integer('resample', [0, kernels.length - 1])];
    return { ...sizes(c, json), kernel, ...colours(c, channels) };
  });
}

/** The share that makes exactly that side of this one: the side is its quotient, the fraction dropped. */
const shareOf = (side: number, enlarged: number) =>
  Math.floor(side / (side / enlarged)) === enlarged ? side / enlarged : side / (enlarged + 0.5);

/** Pillow's numbers, which files have. */
const kernels = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

function sizes(c: ConfigFields, json: Record<string, unknown>): Prepared {
  if (!c.flag('do_resize', true)) return {};
  const whole = sideOf(c, json, 'size');
  if (json.crop_pct !== undefined) {
    const share = c.number('crop_pct', ranges.share);
    if (!(share > 0)) c.fail('crop_pct', 'a share in (0,1]');
    const { width, height } = whole;
    // ConvNextImageProcessor, which ResNets have: from 384 on nothing is cut off.
    if (width >= 384) return { width, height, resize: 'stretch' };
    return { width, height, cropShare: share, resize: 'crop' };
  }
  const resize = whole.proportions ? 'crop' : 'stretch';
  if (!c.flag('do_center_crop', false)) {
    if (whole.proportions) c.fail('size', 'a height and a width, where do_center_crop cuts none');
    return { width: whole.width, height: whole.height, resize };
  }
  const { width, height } = sideOf(c, json, 'crop_size');
  if (width > whole.width || height > whole.height)
    c.fail('crop_size', `at most size, ${whole.width}x${whole.height}`);
  if (width === whole.width && height === whole.height) return { width, height, resize };
  if (whole.width !== whole.height) c.fail('size', 'a square, where do_center_crop cuts the middle out');
  return { width, height, cropShare: shareOf(width, whole.width), resize };
}

/** A number is a square's side; newer files name the sides, or the shorter one alone. */
function sideOf(c: ConfigFields, json: Record<string, unknown>, field: string) {
  const value = json[field];
  if (typeof value !== 'object' || value === null) {
    const side = c.count(field, most.pixels);
    return { width: side, height: side, proportions: false };
  }
  const sides = configFields(value, field);
  if ('shortest_edge' in value) {
    const side = sides.count('shortest_edge', most.pixels);
    return { width: side, height: side, proportions: true };
  }
  const [width, height] = ['width', 'height'].map((side) => sides.count(side, most.pixels));
  return { width, height, proportions: false };
}

/** Of RGB in [0,1], whatever scale the file's own are of. */
function colours(c: ConfigFields, channels: number): Prepared {
  if (c.flag('rescale_offset', false)) c.fail('rescale_offset', 'false');
  const factor = c.flag('do_rescale', true) ? c.number('rescale_factor', ranges.factor, 1 / 255) : 1;
  const normalises = c.flag('do_normalize', true);
  const list = (field: string, range: readonly [number, number], none: number) =>
    normalises ? c.numbers(field, range, channels) : Array.from({ length: channels }, () => none);
  const scale = 255 * factor;
  const about = Math.abs(scale - 1) < 1e-6 ? 1 : scale;
  return {
    mean: list('image_mean', ranges.mean, 0).map((mean) => mean / about),
    std: list('image_std', ranges.factor, 1).map((std) => std / about),
  };
}
