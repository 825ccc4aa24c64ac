/**
 * Owns the order of layers in LoRA files that number them (cloneofsimo's `lora` package, keys `unet:<i>:down`). The
 * number counts the linear layers of the adapted classes in the order in which the libraries of that time defined
 * them: down, up, then middle blocks; in a block self-attention, feed-forward, cross-attention; in CLIP k, v, q, out.
 */
import type { AdaptedPart } from './lora-adapter.ts';

const attention = ['to_q', 'to_k', 'to_v', 'to_out.0'];
const inTransformer = [
  ...attention.map((layer) => `attn1.${layer}`),
  'ff.net.0.proj',
  ...attention.map((layer) => `attn2.${layer}`),
];
const inClip = ['k_proj', 'v_proj', 'q_proj', 'out_proj'];

/** The transformers of SD 1.x and 2.x: three levels with attention, two on the way down and three on the way up. */
const transformers = [
  ...[0, 1, 2].flatMap((level) => [0, 1].map((i) => `down_blocks.${level}.attentions.${i}`)),
  ...[1, 2, 3].flatMap((level) => [0, 1, 2].map((i) => `up_blocks.${level}.attentions.${i}`)),
  'mid_block.attentions.0',
];

/** The classes whose linear layers the orders below list, as such a file's metadata names them. */
export const numberedClasses: Readonly<Record<AdaptedPart, readonly string[]>> = {
  unet: ['CrossAttention', 'Attention', 'GEGLU'],
  text_encoder: ['CLIPAttention'],
};

/** Paths by number. @throws where `count` layers are not those of a Stable Diffusion 1 or 2 model. */
export function numberedPaths(part: AdaptedPart, count: number): string[] {
  if (part === 'text_encoder') {
    if (count % inClip.length !== 0) {
      throw new Error(`${count} numbered layers of the text encoder, wanted ${inClip.length} of each block`);
    }
    return Array.from({ length: count / inClip.length }, (_, i) => i).flatMap((i) =>
      inClip.map((layer) => `text_model.encoder.layers.${i}.self_attn.${layer}`),
    );
  }
  const paths = transformers.flatMap((block) =>
    inTransformer.map((layer) => `${block}.transformer_blocks.0.${layer}`),
  );
  if (count !== paths.length) {
    throw new Error(
      `${count} numbered layers of the U-Net, wanted the ${paths.length} of Stable Diffusion 1 or 2 (attention and GEGLU)`,
    );
  }
  return paths;
}
