/**
 * Owns the names of OpenCLIP's text encoder, which single files of Stable Diffusion 2.x hold, and what they are called in
 * transformers' CLIPTextModel. Stable Diffusion 2 reads the state before the last of 24 blocks, so that diffusers saves 23.
 */

export const openClipPrefix = 'cond_stage_model.model.';
/** Blocks that are used; what comes after them is not. */
export const openClipBlocks = 23;

export interface OpenClipName {
  name: string;
  /** Of rows that hold queries, keys and values one after the other: which third. */
  third?: 0 | 1 | 2;
}

const embeddings: ReadonlyMap<string, string> = new Map([
  ['token_embedding.weight', 'embeddings.token_embedding.weight'],
  ['positional_embedding', 'embeddings.position_embedding.weight'],
  ['ln_final.weight', 'final_layer_norm.weight'],
  ['ln_final.bias', 'final_layer_norm.bias'],
]);

const layers: ReadonlyMap<string, string> = new Map([
  ['ln_1', 'layer_norm1'],
  ['ln_2', 'layer_norm2'],
  ['mlp.c_fc', 'mlp.fc1'],
  ['mlp.c_proj', 'mlp.fc2'],
  ['attn.out_proj', 'self_attn.out_proj'],
]);

/** @param name without the prefix. @returns none for what is not used: the last block, the projection of the pooled state. */
export function openClipNames(name: string): OpenClipName[] {
  const whole = embeddings.get(name);
  if (whole) return [{ name: `text_model.${whole}` }];
  const found = /^transformer\.resblocks\.(\d+)\.(?:attn\.in_proj_(weight|bias)|(.+)\.(weight|bias))$/.exec(
    name,
  );
  if (!found || Number(found[1]) >= openClipBlocks) return [];
  const [, block, joined, layer, kind] = found;
  const at = `text_model.encoder.layers.${block}`;
  if (joined)
    return (['q', 'k', 'v'] as const).map((of, i) => ({
      name: `${at}.self_attn.${of}_proj.${joined}`,
      third: i as 0 | 1 | 2,
    }));
  const known = layers.get(layer);
  return known ? [{ name: `${at}.${known}.${kind}` }] : [];
}
