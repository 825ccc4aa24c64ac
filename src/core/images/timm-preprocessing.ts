/**
 * Owns what timm's config.json says of how images are prepared, with the defaults that timm.data.resolve_data_config
 * has. timm resizes with Pillow.
 */
import { resizeKernel } from '../../shared/domain/model.ts';
import { configFields, most, ranges } from '../nn/config-fields.ts';
import { roundHalfEven } from '../round.ts';
import type { Preprocessing, Resize } from './preprocessing.ts';
import type { Kernel } from './resample.ts';

/** @param json config.json: of a saved model under `pretrained_cfg`, of older files beside the other fields. */
export function timmPreprocessing(json: unknown): Preprocessing {
  const own = (json as { pretrained_cfg?: unknown }).pretrained_cfg ?? json;
  configFields(own, 'model');
  // timm writes null for what it leaves to its defaults.
  const given = Object.fromEntries(Object.entries(own as object).filter(([, value]) => value !== null));
  const defaults = { input_size: [3, 224, 224], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const c = configFields({ ...defaults, ...given }, 'model');
  const [channels, height, width, ...more] = c.counts('input_size', most.pixels, 3);
  if (channels !== 3 || width === undefined || more.length > 0) {
    c.fail('input_size', 'three channels and two sides, [3,height,width]');
  }
  const share = c.number('crop_pct', ranges.share, 0.875);
  if (share === 0) c.fail('crop_pct', 'a share in (0,1]');
  c.only('crop_mode', 'center', 'squash', 'border');
  c.only('interpolation', ...resizeKernel.options);
  const mode = c.text('crop_mode', 'center');
  const mean = c.numbers('mean', ranges.mean, 3);
  const fill = mean.map((m) => Math.min(255, Math.max(0, roundHalfEven(255 * m))));
  const scaled = { height: Math.floor(height / share), width: Math.floor(width / share) };
  return {
    width,
    height,
    resize: resizeOf(mode, scaled),
    kernel: c.text('interpolation', 'bicubic') as Kernel,
    arithmetic: 'pillow',
    crop: 'even',
    fill: mode === 'border' ? [fill[0], fill[1], fill[2]] : [0, 0, 0],
    mean,
    std: c.numbers('std', ranges.factor, 3),
  };
}

function resizeOf(mode: string, scaled: { height: number; width: number }): Resize {
  if (mode === 'squash') return { to: 'size', ...scaled };
  if (mode === 'border') return { to: 'inside', ...scaled };
  // A square is left to torchvision, which drops fractions; timm itself rounds them.
  return scaled.height === scaled.width
    ? { to: 'shortest', edge: scaled.height }
    : { to: 'cover', ...scaled };
}
