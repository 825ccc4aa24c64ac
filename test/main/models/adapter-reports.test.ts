/**
 * Adapter files made after public bug reports (shared/data/reports.tar.gz, for the built-in U-Net): each is used, at the
 * strength that it has, or refused in a sentence that names the cause; and what is called usable runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { readAdditions } from '../../../src/main/models/additions.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import {
  latentShape,
  openNoisePredictor,
  openTextEncoder,
} from '../../../src/main/models/diffusion/sessions.ts';
import { examineModel } from '../../../src/main/models/examine.ts';
import { builtInModelFolder } from '../../../src/main/models/folders.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const archive = join(import.meta.dirname, '../../../../shared/data/reports.tar.gz');
const builtIn = builtInModelFolder('diffusion');
const there = existsSync(archive) && existsSync(join(builtIn, 'model_index.json'));
if (!there) console.log(`skipped: needs ${archive} and the built-in diffusion model`);

describe.skipIf(!there)('adapter files of shared/data/reports.tar.gz', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-adapter-reports-'));
  const path = (name: string) => join(folder, 'reports/lora', `${name}.safetensors`);
  beforeAll(() => execFileSync('tar', ['-xzf', archive, '-C', folder, 'reports/lora']));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The U-Net's output on one fixed input. */
  async function noise(loras: { path: string; weight: number }[]): Promise<number[]> {
    const { additions } = await readAdditions({ loras, embeddings: [] });
    const model = openDiffusionModel(builtIn, additions);
    const predictor = await openNoisePredictor(model, cpu, 1, model.textLength, null);
    const width = model.unet.config.cross_attention_dim;
    const sample = randn(latentShape(model).numbers, rngFromSeed(1));
    const out = await predictor.predict(sample, 500, randn(model.textLength * width, rngFromSeed(2)));
    await predictor.close();
    return [...out];
  }
  const furthest = (a: readonly number[], b: readonly number[]) =>
    Math.max(...a.map((v, i) => Math.abs(v - b[i])));

  it.each([
    [
      'diffb',
      'LoRA in kohya layout: 56 layers of the U-Net, 0 of the text encoder, rank 4, 56 layers with a bias difference',
    ],
    ['dora', 'DoRA in kohya layout: 56 layers'],
    ['fp8', 'LoRA in kohya layout: 56 layers'],
    ['full', 'full difference in kohya layout: 56 layers'],
    ['loha', 'LoHa in kohya layout: 56 layers'],
    ['lycoris', 'LoRA in LyCORIS layout: 56 layers'],
    ['magnitude', 'DoRA in PEFT/diffusers layout: 56 layers'],
    ['norms', 'norm, LoRA in kohya layout: 57 layers'],
    ['peft0', 'LoRA in PEFT/diffusers layout: 56 layers'],
    ['peftname', 'LoRA in PEFT/diffusers layout: 56 layers'],
    ['tucker', 'LoCon with mid (Tucker) in kohya layout: 1 layer of the U-Net'],
    ['bundle', 'learned tokens blorp (2)'],
    ['bundle2', 'learned tokens blorp (2)'],
  ])('%s is usable, and changes the noise', async (name, summary) => {
    const check = await examineModel(path(name));
    expect([check.usable, check.problems]).toEqual([true, []]);
    expect(check.summary).toContain(summary);
    const [base, off, on] = [
      await noise([]),
      await noise([{ path: path(name), weight: 0 }]),
      await noise([{ path: path(name), weight: 1 }]),
    ];
    expect(furthest(off, base)).toBeLessThan(1e-5);
    expect(on.every(Number.isFinite)).toBe(true);
    expect(furthest(on, base)).toBeGreaterThan(1e-4);
  });

  it.each([
    ['alphanan', /attn1_to_k\.alpha holds NaN/],
    ['nanw', /attn1_to_q\.lora_up\.weight holds NaN/],
    [
      'halfmissing',
      /unet\.down_blocks\.0\.attentions\.0\.transformer_blocks\.0\.attn1\.to_q: the LoRA has no up matrix/,
    ],
  ])('%s is refused by the check and by what would use it', async (name, sentence) => {
    const check = await examineModel(path(name));
    expect([check.usable, check.problems]).toEqual([false, [expect.stringMatching(sentence)]]);
    await expect(noise([{ path: path(name), weight: 1 }])).rejects.toThrow(sentence);
  });

  it('what a LoRA brings along is a token of its prompts', async () => {
    const states = async (prompt: string, ...loras: string[]) => {
      const named = { loras: loras.map((name) => ({ path: path(name), weight: 1 })), embeddings: [] };
      const { additions } = await readAdditions(named);
      const encoder = await openTextEncoder(openDiffusionModel(builtIn, additions), cpu);
      const { states } = await encoder.encode(prompt);
      await encoder.close();
      return [...states];
    };
    const plain = await states('a blorp');
    expect(await states('a blorp', 'bundle')).not.toEqual(plain);
    expect(await states('a blorp', 'fp8')).toEqual(plain);
    // Named for both, it brings its tokens once.
    const both = { loras: [{ path: path('bundle'), weight: 1 }], embeddings: [path('bundle')] };
    expect((await readAdditions(both)).additions.tokens.map(({ token }) => token)).toEqual(['blorp']);
  });
});
