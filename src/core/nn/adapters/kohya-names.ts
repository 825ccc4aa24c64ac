/**
 * Owns kohya's names of layers, in which every dot of a path is an underscore. Paths of U-Nets and text encoders are
 * built of known words, so the dots can be put back without the network.
 */
import type { AdaptedPart } from './lora-adapter.ts';
import { partOf } from './part-names.ts';

export const LYCORIS = 'lycoris_';

/**
 * The prefixes of each part; the first is written. SDXL numbers its two text encoders: te1 is CLIP's. LyCORIS alone
 * does not say which part it wrapped: the path does.
 */
const prefixes: readonly (readonly [string, AdaptedPart])[] = [
  ['lora_unet_', 'unet'],
  ['lora_te_', 'text_encoder'],
  ['lora_te1_', 'text_encoder'],
  [LYCORIS, 'unet'],
];

/** Words of paths that hold an underscore themselves. */
const words = [
  ...['down_blocks', 'up_blocks', 'mid_block', 'transformer_blocks', 'time_embedding', 'time_emb_proj'],
  ...['conv_in', 'conv_out', 'conv_norm_out', 'conv_shortcut', 'proj_in', 'proj_out', 'linear_1', 'linear_2'],
  ...['to_q', 'to_k', 'to_v', 'to_out', 'text_model', 'self_attn', 'q_proj', 'k_proj', 'v_proj', 'out_proj'],
  ...['token_embedding', 'position_embedding', 'final_layer_norm', 'layer_norm1', 'layer_norm2'],
  'text_projection',
].sort((a, b) => b.length - a.length);

/** `lora_unet_mid_block_attentions_0_proj_in` -> unet, `mid_block.attentions.0.proj_in`; null: none of its names. */
export function fromKohya(name: string): { part: AdaptedPart; path: string } | null {
  const known = prefixes.find(([prefix]) => name.startsWith(prefix));
  if (!known) return null;
  const [prefix, part] = known;
  const path: string[] = [];
  for (let rest = name.slice(prefix.length); rest !== ''; ) {
    const word =
      words.find((w) => rest === w || rest.startsWith(`${w}_`)) ?? /^[a-z0-9]+/.exec(rest)?.[0] ?? null;
    if (word === null) return null;
    path.push(word);
    rest = rest.slice(word.length + 1);
  }
  return prefix === LYCORIS ? partOf(path.join('.')) : partOf(`${part}.${path.join('.')}`);
}

export const toKohya = (part: AdaptedPart, path: string): string => {
  const [prefix] = prefixes.find(([, of]) => of === part)!;
  return `${prefix}${path.replaceAll('.', '_')}`;
};
