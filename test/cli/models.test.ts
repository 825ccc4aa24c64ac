/** `crux models export-lora`, as a person runs it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readLoraFile, writeLoraFile } from '../../src/main/engine/models/lora-file.ts';
import { loraLayer } from '../core/nn/lora-layer.ts';
import { crux } from './run.ts';

const cwd = mkdtempSync(join(tmpdir(), 'crux-models-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const matrix = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.fround(Math.sin(i + 1))),
});
const lora = {
  layout: '',
  unet: new Map([
    ['mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0', loraLayer(matrix(2, 8), matrix(8, 2), 3)],
  ]),
  text_encoder: new Map(),
};

it('writes a LoRA in the layout of other programs, bit by bit, and never over a file', async () => {
  writeLoraFile(join(cwd, 'mine.safetensors'), lora, 'diffusers');
  const args = [
    'models',
    'export-lora',
    'mine.safetensors',
    '--layout',
    'kohya',
    '--out',
    'other.safetensors',
  ];
  const { exit, stdout } = await crux(args, cwd);
  expect([exit, stdout]).toEqual([0, expect.stringContaining('1 adapted layers in kohya layout')]);
  const written = readLoraFile(join(cwd, 'other.safetensors'));
  expect([written.layout, written.unet]).toEqual(['kohya', lora.unet]);
  const again = await crux(args, cwd);
  expect([again.exit, again.stderr]).toEqual([2, expect.stringContaining('exists already')]);
});

it('refuses what is no LoRA', async () => {
  const { exit, stderr } = await crux(['models', 'export-lora', 'nobody', '--out', 'x.safetensors'], cwd);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('no model "nobody"')]);
  expect(existsSync(join(cwd, 'x.safetensors'))).toBe(false);
});
