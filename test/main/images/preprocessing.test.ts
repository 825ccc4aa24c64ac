/** What becomes of images before a network: the bytes of Pillow, torchvision, transformers and timm, and their logits. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { marginOf, type Preprocessing, prepare } from '../../../src/core/images/preprocessing.ts';
import { type Arithmetic, type Kernel, type RgbImage, resample } from '../../../src/core/images/resample.ts';
import { timmPreprocessing } from '../../../src/core/images/timm-preprocessing.ts';
import { transformersPreprocessing } from '../../../src/core/images/transformers-preprocessing.ts';
import { decodeWhole } from '../../../src/main/images/decode.ts';
import { preparedPixels } from '../../../src/main/images/prepare.ts';
import { openVisionFolder } from '../../../src/main/models/vision-folder.ts';

/** scripts/fixtures/preprocessing.py makes them. */
const folder = join(import.meta.dirname, '../../fixtures/preprocessing');
const file = (name: string) => readFileSync(join(folder, name));
const casesOf = <T>(name: string): T[] => JSON.parse(file(name).toString()).cases;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const decoded = (name: string): Promise<RgbImage> =>
  decodeWhole(file(`${name}.png`), (image) => ({ ...image, pixels: image.pixels.slice() }));

interface Resampled {
  image: string;
  width: number;
  height: number;
  kernel: Kernel;
  arithmetic: Arithmetic;
  sha256: string;
}

interface Prepared {
  library: 'transformers' | 'timm';
  case: string;
  image: string;
  config: Record<string, unknown>;
  width: number;
  height: number;
  sha256: string;
  values: [channel: number, y: number, x: number, value: number][];
}

interface Said {
  model: string;
  image: string;
  output: 'logits' | 'features';
  values: number[];
}

test('an image is resized to the bytes of Pillow and of PyTorch, with every filter', async () => {
  const cases = casesOf<Resampled>('resample.json');
  expect(cases).toHaveLength(180);
  for (const { sha256: wanted, image, ...to } of cases) {
    expect({ ...to, image, sha256: sha256(resample(await decoded(image), to, to).pixels) }).toEqual({
      ...to,
      image,
      sha256: wanted,
    });
  }
});

test('a part of a resized image is what the whole has there', async () => {
  const image = await decoded('tall');
  for (const kernel of ['nearest', 'bilinear', 'lanczos'] as const) {
    for (const to of [
      { width: 31, height: 44 },
      { width: 75, height: 61 },
      { width: 90, height: 130 },
    ]) {
      const o = { kernel, arithmetic: 'torch' as const };
      const whole = resample(image, to, o).pixels;
      const window = { left: 5, top: 17, width: 20, height: 9 };
      const part = resample(image, to, { ...o, window });
      expect(part).toMatchObject({ width: 20, height: 9 });
      for (let y = 0; y < 9; y++) {
        const at = ((y + 17) * to.width + 5) * 3;
        expect(part.pixels.subarray(y * 60, (y + 1) * 60)).toEqual(whole.subarray(at, at + 60));
      }
    }
  }
});

const read = {
  transformers: (json: unknown) => transformersPreprocessing(json, { type: '' }),
  timm: timmPreprocessing,
};

describe.each(['transformers', 'timm'] as const)('%s', (library) => {
  const cases = casesOf<Prepared>('prepared.json').filter((one) => one.library === library);

  it('prepares images to these bytes and values', async () => {
    expect(cases.length).toBeGreaterThan(30);
    for (const { image, config, width, height, values, sha256: wanted, case: name } of cases) {
      const p = read[library](config);
      const pixels = await preparedPixels(file(`${image}.png`), p);
      const got = { name, image, width: p.width, height: p.height, sha256: sha256(pixels) };
      expect(got).toEqual({ name, image, width, height, sha256: wanted });
      for (const [c, y, x, value] of values) {
        const mine = (pixels[(y * width + x) * 3 + c] / 255 - p.mean[c]) / p.std[c];
        expect(Math.abs(mine - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
      }
    }
  });

  it('has training pictures whose middle is what the network takes', async () => {
    let larger = 0;
    for (const { image, config } of cases) {
      const p = read[library](config);
      const margin = marginOf(p);
      if (margin === 0) continue;
      larger++;
      const picture = await decoded(image);
      const { width, height } = p;
      const around = prepare(picture, p, margin);
      const middle = prepare(picture, p);
      for (let y = 0; y < height; y++) {
        const at = ((y + margin) * (width + 2 * margin) + margin) * 3;
        expect(around.subarray(at, at + width * 3)).toEqual(
          middle.subarray(y * width * 3, (y + 1) * width * 3),
        );
      }
    }
    expect(larger).toBeGreaterThan(10);
  });
});

describe.each(['transformers-vit', 'transformers-resnet', 'transformers-clip', 'timm-vit'])('%s', (model) => {
  it('says of images what its library says', async () => {
    const cases = casesOf<Said>('logits.json').filter((one) => one.model === model);
    expect(cases).toHaveLength(3);
    const encoder = await openVisionFolder(join(folder, model), model, { provider: 'cpu', threads: 1 });
    for (const { image, output, values } of cases) {
      const out = await encoder.run(await preparedPixels(file(`${image}.png`), encoder.preprocessing), 1);
      expect(out[output]).toHaveLength(values.length);
      values.forEach((value, i) => {
        expect(Math.abs(out[output]![i] - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
      });
    }
    await encoder.close();
  });
});

test('of an image as long as a ribbon only the middle is computed', () => {
  const length = 20_000;
  const ribbon = {
    width: 1,
    height: length,
    pixels: new Uint8Array(length * 3).map((_, i) => (i / 3) & 255),
  };
  const p = timmPreprocessing({ input_size: [3, 224, 224], crop_pct: 1 });
  const pixels = prepare(ribbon, p);
  expect(pixels).toHaveLength(224 * 224 * 3);
  // A row of the source becomes 224: the middle shows the one or two rows in the ribbon's middle.
  for (const value of pixels) expect(Math.abs(value - ((length / 2) & 255))).toBeLessThanOrEqual(2);
  const border = timmPreprocessing({ input_size: [3, 224, 224], crop_pct: 1, crop_mode: 'border' });
  expect(prepare(ribbon, border)).toHaveLength(224 * 224 * 3);
});

describe('what is not carried out is refused by name', () => {
  const vit = { image_processor_type: 'ViTImageProcessor' };
  it.each<[object, string]>([
    [{ image_processor_type: 'DINOv3ViTImageProcessor', size: 32 }, 'it has "DINOv3ViTImageProcessor"'],
    [
      { image_processor_type: 'MobileViTImageProcessor', do_flip_channel_order: true },
      'MobileViTImageProcessor',
    ],
    [{ ...vit, size: { shortest_edge: 32 } }, 'size is {"shortest_edge":32}, expected a height and a width'],
    [{ ...vit, size: { longest_edge: 32 } }, 'expected a height and a width, or a shortest_edge alone'],
    [{ ...vit, do_resize: false }, 'do_resize is false, expected true'],
    [{ ...vit, do_pad: true, pad_size: { height: 32, width: 32 } }, 'do_pad is true'],
    [{ ...vit, resample: 9 }, 'resample is 9, expected an integer of 0 to 5'],
    [{ ...vit, image_std: [0, 1, 1] }, 'image_std is [0,1,1], expected 3 numbers'],
    [{}, 'no image_processor_type that Crux knows and no size'],
  ])('%j', (json, message) => {
    expect(() => transformersPreprocessing(json, { type: 'other' })).toThrow(message);
  });

  it('an unknown processor whose every field is understood is read', () => {
    const known = transformersPreprocessing({ ...vit, size: 32 }, { type: '' });
    const { size, resample, image_mean, image_std } = {
      size: { height: 32, width: 32 },
      resample: 2,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    };
    const json = { image_processor_type: 'NewImageProcessor', size, resample, image_mean, image_std };
    expect(transformersPreprocessing(json, { type: '' })).toEqual(known);
  });

  it('without a file the processor of the model has its defaults, for images of its size', () => {
    const deit: Partial<Preprocessing> = transformersPreprocessing(null, { type: 'deit', imageSize: 384 });
    expect(deit).toMatchObject({ width: 384, resize: { to: 'size', width: 439 }, kernel: 'bicubic' });
    expect(() => transformersPreprocessing(null, { type: 'dpt' })).toThrow('no image_processor_type');
  });
});
