/**
 * Owns vision transformers (Dosovitskiy et al. 2021) under timm's names, with a class token: vit_small, vit_base. What
 * transformers names otherwise is in transformers-names.ts.
 */
import * as f from '../graph/functions.ts';
import { type Shape, type Value, within } from '../graph/value.ts';
import { joinHeads, layerNorm, linear, patchTokens, splitHeads } from './layers.ts';
import type { Params } from './params.ts';

export interface VitConfig {
  image_size: number;
  patch_size: number;
  num_channels?: number; // 3 unless said
  width: number;
  depth: number;
  heads: number;
  mlp_width: number;
  /** null: it has no last layer that gives classes. */
  num_classes: number | null;
  /** Whether queries, keys and values have a matrix each, as in transformers; otherwise they share one. */
  separate_qkv?: boolean;
  norm_eps?: number; // 1e-6 unless said
}

export interface VitOutput {
  features: Value; // [n, width], the class token after the last layer norm
  logits: Value | null; // [n, num_classes]
}

const usualEps = 1e-6;

/** image f32[n,c,image_size,image_size], normalised -> features and logits. */
export function vit(p: Params, config: VitConfig, image: Value): VitOutput {
  const { width, num_classes: classes, norm_eps: eps = usualEps } = config;
  const n = image.shape[0];
  const patches = patchTokens(p.at('patch_embed').at('proj'), image, width, config, true);
  const tokens = patches.shape[1] + 1;
  const classToken = f.expand(p.get('cls_token', [1, 1, width]), [n, 1, width]);
  let h = f.add(f.concat([classToken, patches], 1), p.get('pos_embed', [1, tokens, width]));
  for (let i = 0; i < config.depth; i++) {
    const block = p.at('blocks').at(i);
    h = f.checkpoint(within(block.path, () => transformerBlock(block, config, h)));
  }
  const first = f.reshape(f.slice(h, 1, 0, 1), [n, width]);
  const features = layerNorm(p.at('norm'), first, eps);
  return { features, logits: classes === null ? null : linear(p.at('head'), features, classes) };
}

function transformerBlock(p: Params, config: VitConfig, x: Value): Value {
  const { width, heads, mlp_width, norm_eps: eps = usualEps } = config;
  const attention = p.at('attn');
  const [q, k, v] = queriesKeysValues(attention, config, layerNorm(p.at('norm1'), x, eps)).map((y) =>
    splitHeads(y, heads),
  );
  const h = f.add(x, linear(attention.at('proj'), joinHeads(f.attention(q, k, v)), width));
  const inner = f.geluErf(linear(p.at('mlp').at('fc1'), layerNorm(p.at('norm2'), h, eps), mlp_width));
  return f.add(h, linear(p.at('mlp').at('fc2'), inner, width));
}

function queriesKeysValues(p: Params, { width, separate_qkv: separate }: VitConfig, x: Value): Value[] {
  if (separate) return ['query', 'key', 'value'].map((name) => linear(p.at(name), x, width));
  const together = linear(p.at('qkv'), x, 3 * width);
  return [0, 1, 2].map((i) => f.slice(together, 2, i * width, (i + 1) * width));
}

/**
 * The network that a checkpoint of these names and shapes holds. Heads leave no trace in them: they are 64 wide, as
 * in every ViT of the paper, unless given. @throws when it holds none.
 */
export function vitConfigOf(
  shapes: ReadonlyMap<string, Shape>,
  headWidth = 64,
): VitConfig & { num_classes: number } {
  const shape = (name: string): Shape => {
    const found = shapes.get(name);
    if (!found) throw new Error(`no vision transformer: ${name} is missing`);
    return found;
  };
  const [width, channels, patch] = shape('patch_embed.proj.weight');
  const side = Math.sqrt(shape('pos_embed')[1] - 1);
  if (!Number.isInteger(side)) {
    throw new Error(`pos_embed is [${shape('pos_embed')}], wanted one class token and a square of patches`);
  }
  if (width % headWidth !== 0) throw new Error(`width ${width} is no multiple of a head's ${headWidth}`);
  let depth = 0;
  while (shapes.has(`blocks.${depth}.norm1.weight`)) depth++;
  return {
    image_size: side * patch,
    patch_size: patch,
    num_channels: channels,
    width,
    depth,
    heads: width / headWidth,
    mlp_width: shape('blocks.0.mlp.fc1.weight')[0],
    num_classes: shape('head.weight')[0],
  };
}
