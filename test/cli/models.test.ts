/** `crux models export-lora`, as a person runs it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';
import { readLoraFile, writeLoraFile } from '../../src/main/models/lora-file.ts';
import { loraLayer } from '../core/nn/lora-layer.ts';
import { readFixture, writeFixture } from '../main/models/vision-fixtures.ts';
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

it('checks adapters: what they are and bring along, and with --verbose how strongly each layer is adapted', async () => {
  const kinds = join(import.meta.dirname, '../fixtures/adapters');
  const check = (file: string, ...more: string[]) => crux(['models', 'check', file, ...more], cwd);
  const rslora = await check(join(kinds, 'peft-rslora.safetensors'), '--verbose');
  expect(rslora.stdout).toContain('usable (lora)');
  expect(rslora.stdout).toMatch(/U-Net +mid_block\.resnets\.0\.conv1 +LoRA +2 +8 +5\.65/);
  expect((await check(join(kinds, 'peft-rslora.safetensors'))).stdout).not.toContain('conv1');

  const pair = (name: string) => ({
    [`${name}.lora_down.weight`]: matrix(2, 8),
    [`${name}.lora_up.weight`]: matrix(8, 2),
  });
  const file = join(cwd, 'style.safetensors');
  writeSafetensors(file, { ...pair('lora_unet_a'), 'bundle_emb.blorp.string_to_param.*': matrix(2, 8) });
  const json = JSON.parse((await check(file, '--json')).stdout);
  expect(json.summary).toContain('learned tokens blorp (2)');
  expect(json.lora).toEqual({
    layers: [{ part: 'U-Net', layer: 'a', kind: 'LoRA', rank: 2, alpha: 2, scale: 1, bias: false }],
    tokens: [{ token: 'blorp', vectors: 2 }],
  });

  const biased = join(cwd, 'biased.safetensors');
  writeSafetensors(biased, {
    ...pair('lora_unet_a'),
    ...pair('lora_unet_b'),
    'lora_unet_b.diff_b': matrix(8, 1),
  });
  const told = await check(biased, '--verbose');
  expect(told.stdout).toContain('rank 2, 1 layer with a bias difference');
  expect(told.stdout).toMatch(/scale +bias\n/);
  expect(told.stdout).toMatch(/U-Net +a +LoRA +2 +2 +1 +no\n/);
  expect(told.stdout).toMatch(/U-Net +b +LoRA +2 +2 +1 +yes\n/);

  // A folder as diffusers and PEFT save it is what `crux generate --lora` takes too.
  const folder = join(cwd, 'saved');
  mkdirSync(folder);
  writeLoraFile(join(folder, 'pytorch_lora_weights.safetensors'), lora, 'diffusers');
  expect((await check(folder)).stdout).toContain('usable (lora)');

  const half = join(cwd, 'half.safetensors');
  writeSafetensors(half, { 'lora_unet_a.lora_up.weight': matrix(8, 2) });
  const refused = await check(half);
  expect([refused.exit, refused.stdout]).toEqual([
    1,
    expect.stringContaining('unet.a: the LoRA has no down matrix'),
  ]);
});

it('writes no kind of adapter but LoRA in other layouts, and names the other', async () => {
  const from = join(import.meta.dirname, '../fixtures/adapters/loha.safetensors');
  const { exit, stderr } = await crux(['models', 'export-lora', from, '--out', 'loha.safetensors'], cwd);
  expect([exit, stderr]).toEqual([
    1,
    expect.stringContaining('to_q is LoHa; only plain LoRA can be written'),
  ]);
  expect(existsSync(join(cwd, 'loha.safetensors'))).toBe(false);
});

it('says what a LoRA is for, and adds it to no catalog', async () => {
  writeLoraFile(join(cwd, 'alone.safetensors'), lora, 'kohya');
  const checked = await crux(['models', 'check', 'alone.safetensors'], cwd);
  expect([checked.exit, checked.stdout]).toEqual([0, expect.stringContaining('usable (lora)')]);
  const added = await crux(['models', 'add', 'alone.safetensors', '--name', 'mine'], cwd);
  expect([added.exit, added.stderr]).toEqual([
    1,
    expect.stringContaining('alone.safetensors is not added: LoRA'),
  ]);
});

it('refuses what is said of an ONNX file where the model is none, and says where class names go', async () => {
  const folder = writeFixture(join(cwd, 'network'), readFixture('torchvision-vit'));
  const names = ['--labels', 'names.txt', '--crop-share', '0.9'];
  const added = await crux(['models', 'add', folder, '--name', 'mine', ...names], cwd);
  expect([added.exit, added.stderr]).toEqual([
    2,
    expect.stringMatching(/--labels --crop-share|--crop-share --labels/),
  ]);
  expect(added.stderr).toContain('labels.txt beside the weights');
});

it('refuses what is no LoRA', async () => {
  const { exit, stderr } = await crux(['models', 'export-lora', 'nobody', '--out', 'x.safetensors'], cwd);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('no model "nobody"')]);
  expect(existsSync(join(cwd, 'x.safetensors'))).toBe(false);
});
