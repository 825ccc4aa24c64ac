/** Every pipeline of today's diffusers is told to be of another family, or may be Stable Diffusion 1.x or 2.x. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  familyOfPipeline,
  familyOfTensors,
  isForeign,
  partOfTensors,
} from '../../../src/core/nn/model-families.ts';

const { pipelines } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/library-lists.json'), 'utf8'),
) as { pipelines: string[] };

/** Made of Stable Diffusion's own parts, which their configs decide about. */
const stableDiffusion =
  /^(Onnx)?StableDiffusion(?!XL|3|Upscale|LatentUpscale)\w*Pipeline$|^LatentConsistencyModel/;

const { names } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/network-names.json'), 'utf8'),
) as { names: Record<string, string[]> };

describe('networks as diffusers and transformers save them', () => {
  it.each([
    ['auraflow', 'AuraFlow'],
    ['bert', 'BERT'],
    ['chroma', 'Chroma'],
    ['cogvideox', 'CogVideoX'],
    ['cogview4', 'CogView'],
    ['controlnet', 'ControlNet'],
    ['dit', 'DiT'],
    ['flux', 'FLUX.1'],
    ['flux2', 'FLUX.2'],
    ['hidream', 'HiDream'],
    ['hunyuanvideo', 'HunyuanVideo'],
    ['kandinsky', 'Kandinsky'],
    ['ltx', 'LTX-Video'],
    ['lumina2', 'Lumina'],
    ['mochi', 'Mochi'],
    ['pixart', 'PixArt'],
    ['qwen', 'Qwen-Image'],
    ['sana', 'Sana'],
    ['sd3', 'Stable Diffusion 3'],
    ['sdxl-unet', 'Stable Diffusion XL'],
    ['t5', 'T5'],
    ['wan', 'Wan'],
    ['zimage', 'Z-Image'],
  ])('%s: %s', (network, family) => {
    expect(familyOfTensors(names[network])).toBe(family);
    // In another order, and with the prefix of a single file.
    expect(familyOfTensors(names[network].toReversed())).toBe(family);
    expect(familyOfTensors(names[network].map((name) => `model.diffusion_model.${name}`))).toBe(family);
  });

  it.each([
    ['sd15-unet', 'U-Net'],
    ['sd15-vae', 'autoencoder'],
    ['sd15-text_encoder', 'text encoder'],
  ])('%s: %s of no other family', (network, part) => {
    expect(familyOfTensors(names[network])).toBeNull();
    expect(partOfTensors(names[network])).toBe(part);
  });

  it('take the article that their name is spoken with', () => {
    expect(isForeign('LDMTextToImage')).toMatch(/^an LDM/);
    expect(isForeign('LTX-Video')).toMatch(/^an LTX/);
    expect(isForeign('UniDiffuser')).toMatch(/^a Uni/);
    expect(isForeign('T5')).toMatch(/^a T5/);
  });
});

describe('families', () => {
  it("take no pipeline of Stable Diffusion's own for another, and know those that people have", () => {
    const told = new Map(pipelines.map((name) => [name, familyOfPipeline(name)]));
    const own = pipelines.filter((name) => stableDiffusion.test(name));
    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((name) => told.get(name) !== null)).toEqual([]);
    expect([...told.values()].filter((family) => family !== null).length).toBeGreaterThan(200);
  });

  it.each([
    ['FluxKontextPipeline', 'FLUX.1'],
    ['Flux2KleinPipeline', 'FLUX.2'],
    ['StableDiffusion3Img2ImgPipeline', 'Stable Diffusion 3'],
    ['StableDiffusionXLPAGPipeline', 'Stable Diffusion XL'],
    ['ORTStableDiffusionXLPipeline', 'Stable Diffusion XL'],
    ['PixArtSigmaPipeline', 'PixArt'],
    ['SanaSprintPipeline', 'Sana'],
    ['QwenImageEditPlusPipeline', 'Qwen-Image'],
    ['WanVACEPipeline', 'Wan'],
    ['KandinskyV22Pipeline', 'Kandinsky'],
    ['IFImg2ImgSuperResolutionPipeline', 'DeepFloyd IF'],
    ['StableDiffusionUpscalePipeline', 'Stable Diffusion upscaling or unCLIP'],
    ['StableDiffusionPipeline', null],
    ['MyOwnPipeline', null],
  ])('%s: %s', (pipeline, family) => {
    expect(familyOfPipeline(pipeline)).toBe(family);
  });

  it.each([
    ['conditioner.embedders.1.model.positional_embedding', 'Stable Diffusion XL'],
    ['model.diffusion_model.input_blocks.7.1.transformer_blocks.9.norm1.bias', 'Stable Diffusion XL'],
    ['model.diffusion_model.label_emb.0.0.weight', 'Stable Diffusion upscaling or unCLIP'],
    ['model.diffusion_model.single_stream_modulation.lin.weight', 'FLUX.2'],
    ['diffusion_model.double_blocks.18.txt_mlp.0.weight', 'FLUX.1'],
    ['transformer.single_transformer_blocks.0.attn.to_q.weight', 'FLUX.1'],
    ['model.diffusion_model.head.modulation', 'Wan'],
    ['model.diffusion_model.patchify_proj.weight', 'LTX-Video'],
    ['model.diffusion_model.input_blocks.1.1.transformer_blocks.0.norm1.bias', null],
    ['cond_stage_model.model.transformer.resblocks.1.ln_1.weight', null],
    ['emb_params', null],
  ])('%s: %s', (tensor, family) => {
    expect(familyOfTensors([tensor])).toBe(family);
  });
});
