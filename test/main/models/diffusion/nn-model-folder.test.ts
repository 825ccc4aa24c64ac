/** A Diffusers folder whose networks compute otherwise, or whose parts do not fit, is refused when it is opened. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDiffusionModel } from '../../../../src/main/models/diffusion/model-folder.ts';
import { writeTinyDiffusion } from '../../support/tiny-diffusion.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crux-model-folder-'));
  writeTinyDiffusion(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens it with some fields of one config changed. */
function openWith(part: string, fields: Record<string, unknown>) {
  const file = join(folder, part, 'config.json');
  const before = readFileSync(file, 'utf8');
  try {
    writeFileSync(file, JSON.stringify({ ...JSON.parse(before), ...fields }));
    return openDiffusionModel(folder);
  } finally {
    writeFileSync(file, before);
  }
}

it('defaults of the library are filled in', () => {
  const { unet, vae } = openDiffusionModel(folder);
  expect(unet.config.use_linear_projection).toBe(false);
  expect(openWith('vae', { scaling_factor: undefined }).vae.config).toEqual({
    ...vae.config,
    scaling_factor: 0.18215,
  });
});

it.each<[string, Record<string, unknown>, string]>([
  [
    'unet',
    { class_embed_type: 'timestep' },
    'unet/config.json: U-Net config: class_embed_type is "timestep", expected null',
  ],
  [
    'vae',
    { use_quant_conv: false },
    'vae/config.json: autoencoder config: use_quant_conv is false, expected true',
  ],
  ['text_encoder', { model_type: 't5' }, 'text_encoder/config.json: text encoder config: model_type is "t5"'],
  ['unet', { in_channels: 9 }, 'its U-Net takes 9 channels (as for inpainting), expected the 4'],
  ['unet', { in_channels: 7 }, 'its U-Net takes 7 channels, expected the 4'],
  ['unet', { out_channels: 8 }, 'its U-Net predicts 8 channels, expected the 4'],
  ['unet', { cross_attention_dim: 24 }, 'takes text states of width 24, its text encoder gives 16'],
])('%s with %j is refused', (part, fields, message) => {
  expect(() => openWith(part, fields)).toThrow(message);
});
