/** Owns which part of a model a dotted name of a layer belongs to, and what the layer is called within it. */
import type { AdaptedPart } from './lora-adapter.ts';

/** Parts of models that are not computed here, as the names of their layers begin. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/^(text_encoder_2\.|lora_te2_|text_encoders\.clip_g\.)/, 'the second text encoder of Stable Diffusion XL'],
  [/^(text_encoder_3\.|lora_te3_|text_encoders\.t5xxl\.)/, 'a T5 text encoder (Stable Diffusion 3, Flux)'],
  [
    /^(transformer\.|lora_transformer_|lycoris_transformer_|diffusion_model\.)/,
    'a diffusion transformer (Stable Diffusion 3, Flux and the like)',
  ],
  [
    /^(lora_unet_|lycoris_)(input_blocks|middle_block|output_blocks)_/,
    'a U-Net under the names of Stable Diffusion XL',
  ],
  [/^lora_unet_(double_blocks|single_blocks|joint_blocks)_/, 'a diffusion transformer (Flux and the like)'],
  [/^(lora_vae_|vae\.)/, 'an autoencoder'],
];

/** What a key adapts, where that is nothing that Crux has. */
export const foreignPart = (key: string): string | null =>
  foreign.find(([start]) => start.test(key))?.[1] ?? null;

/**
 * The part that a name begins with, also within PEFT's own `base_model.model.`. Where none is given it is the text
 * encoder for CLIP's layers and the U-Net for others.
 */
export function partOf(name: string): { part: AdaptedPart; path: string } {
  const bare = name.replace(/^base_model\.model\./, '');
  const [, part, inner] = /^(unet|text_encoder)\.(?:base_model\.model\.)?(.+)$/.exec(bare) ?? [];
  const path = inner ?? bare;
  const isText = part ? part === 'text_encoder' : clip.test(path) || path.startsWith('text_model.');
  // transformers 5 names CLIP's layers without the model around them.
  return isText
    ? { part: 'text_encoder', path: clip.test(path) ? `text_model.${path}` : path }
    : { part: 'unet', path };
}

const clip = /^(encoder\.layers|embeddings|final_layer_norm)\./;
