/**
 * Owns vision transformers (Dosovitskiy et al. 2021) under timm's names: ViT, DeiT with its distillation token (Touvron
 * et al. 2021) and DINOv2 with its registers (Darcet et al. 2024). What transformers names otherwise is in
 * transformers-names.ts.
 */
import * as f from '../graph/functions.ts';
import { type Shape, type Value, within } from '../graph/value.ts';
import { attentionPool } from './attention-pool.ts';
import {
  activations,
  channelsFirst,
  channelsLast,
  joinHeads,
  layerNorm,
  linear,
  patchTokens,
  splitHeads,
} from './layers.ts';
import type { Params } from './params.ts';
import type { VisionOutput } from './vision-output.ts';

export interface VitConfig {
  /** Of the pictures that its positions are for. */
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
  activation?: string; // gelu unless said
  /** Before the patches is a class token, unless said; behind it may be one of distillation, and registers. */
  class_token?: boolean;
  distilled?: boolean;
  registers?: number;
  /** How many of these have a position, where registers count as one; all of them unless said. */
  placed?: number;
  /** Whether the tokens are normalised before the first block; patches then have no bias. */
  pre_norm?: boolean;
  layer_scale?: boolean;
  /** Whether a gate takes the place of the activation: silu(a) b. */
  gated?: boolean;
  /** What the features are: the class token unless said. Class and distillation token have a last layer each. */
  pooling?: 'class' | 'class and distillation' | 'patches' | 'class and patches' | 'attention';
  /** Whether the last norm is behind the pooling. */
  norm_pooled?: boolean;
  /** How positions are brought to pictures of another size; unless said, those are refused. */
  resized_positions?: 'cubic' | 'smooth cubic';
}

const usualEps = 1e-6;

/** image f32[n,c,h,w], normalised -> features f32[n,width], twice as many of `class and patches`, and logits. */
export function vit(p: Params, config: VitConfig, image: Value): VisionOutput {
  const { width, pooling = 'class', norm_pooled: late, norm_eps: eps = usualEps } = config;
  const before = tokensBefore(p, config);
  let h = embedded(p, config, image, before);
  if (config.pre_norm) h = layerNorm(p.at('norm_pre'), h, eps);
  for (let i = 0; i < config.depth; i++) {
    const block = p.at('blocks').at(i);
    h = f.checkpoint(within(block.path, () => transformerBlock(block, config, h)));
  }
  const [n, tokens] = h.shape;
  const first = before.reduce((count, token) => count + token.shape[1], 0);
  const normed = (x: Value) => (late ? x : layerNorm(p.at('norm'), x, eps));
  const at = (i: number) => f.reshape(normed(f.slice(h, 1, i, i + 1)), [n, width]);
  const patches = () => normed(f.slice(h, 1, first, tokens));
  const mean = (x: Value) => f.reshape(f.mean(x, [1]), [n, width]);
  const pooled = {
    class: () => at(0),
    'class and distillation': () => f.mul(f.add(at(0), at(1)), 0.5),
    patches: () => mean(patches()),
    'class and patches': () => f.concat([at(0), mean(patches())], 1),
    attention: () => attentionPool(p.at('attn_pool'), config, patches()),
  }[pooling]();
  const features = late ? layerNorm(p.at('fc_norm'), pooled, eps) : pooled;
  const { num_classes: classes } = config;
  if (classes === null) return { features, logits: null };
  if (pooling !== 'class and distillation')
    return { features, logits: linear(p.at('head'), features, classes) };
  const both = f.add(linear(p.at('head'), at(0), classes), linear(p.at('head_dist'), at(1), classes));
  return { features, logits: f.mul(both, 0.5) };
}

/** Each [1,count,width]. */
function tokensBefore(p: Params, config: VitConfig): Value[] {
  const { width, class_token: hasClass = true, distilled, registers = 0 } = config;
  const token = (name: string, count = 1) => p.get(name, [1, count, width]);
  return [
    ...(hasClass ? [token('cls_token')] : []),
    ...(distilled ? [token('dist_token')] : []),
    ...(registers > 0 ? [token('reg_token', registers)] : []),
  ];
}

/** All tokens, with positions: those before the patches that have none come behind those that have one. */
function embedded(p: Params, config: VitConfig, image: Value, before: readonly Value[]): Value {
  const { placed = before.length } = config;
  const repeated = before.map((token) => f.expand(token, [image.shape[0], ...token.shape.slice(1)]));
  const patches = patchesOf(p, config, image);
  const places = before.slice(0, placed).reduce((count, token) => count + token.shape[1], 0);
  const positions = positionsOf(p, config, places, Math.sqrt(patches.shape[1]));
  const h = f.add(f.concat([...repeated.slice(0, placed), patches], 1), positions);
  const [first, last] =
    places === 0 ? [[], h] : [[f.slice(h, 1, 0, places)], f.slice(h, 1, places, h.shape[1])];
  return placed === before.length ? h : f.concat([...first, ...repeated.slice(placed), last], 1);
}

function patchesOf(p: Params, config: VitConfig, image: Value): Value {
  const size = config.resized_positions ? image.shape[2] : config.image_size;
  const at = p.at('patch_embed').at('proj');
  return patchTokens(at, image, config.width, { ...config, image_size: size }, !config.pre_norm);
}

/** [1,places+side^2,width]: the file's, resized where it has them for another number of patches. */
function positionsOf(p: Params, config: VitConfig, places: number, side: number): Value {
  const { width, resized_positions: kernel } = config;
  const own = Math.floor(config.image_size / config.patch_size);
  const stored = p.get('pos_embed', [1, places + own ** 2, width]);
  if (own === side) return stored;
  const map = f.reshape(f.slice(stored, 1, places, places + own ** 2), [1, own, own, width]);
  const resized = f.resizeCubic(channelsFirst(map), [side, side], { smooth: kernel === 'smooth cubic' });
  const patches = f.reshape(channelsLast(resized), [1, side ** 2, width]);
  return places === 0 ? patches : f.concat([f.slice(stored, 1, 0, places), patches], 1);
}

function transformerBlock(p: Params, config: VitConfig, x: Value): Value {
  const { width, heads, norm_eps: eps = usualEps } = config;
  const scaled = (name: string, y: Value) =>
    config.layer_scale ? f.mul(y, p.at(name).get('gamma', [width])) : y;
  const attention = p.at('attn');
  const [q, k, v] = queriesKeysValues(attention, config, layerNorm(p.at('norm1'), x, eps)).map((y) =>
    splitHeads(y, heads),
  );
  const attended = linear(attention.at('proj'), joinHeads(f.attention(q, k, v)), width);
  const h = f.add(x, scaled('ls1', attended));
  return f.add(h, scaled('ls2', mlp(p.at('mlp'), config, layerNorm(p.at('norm2'), h, eps))));
}

function mlp(p: Params, config: VitConfig, x: Value): Value {
  const { width, mlp_width: inner, activation = 'gelu' } = config;
  if (!config.gated)
    return linear(p.at('fc2'), activations.get(activation)!(linear(p.at('fc1'), x, inner)), width);
  const both = linear(p.at('fc1'), x, 2 * inner);
  const gate = f.silu(f.slice(both, 2, 0, inner));
  return linear(p.at('fc2'), f.mul(gate, f.slice(both, 2, inner, 2 * inner)), width);
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
  const last = shapes.get('head.weight');
  if (!last) throw new Error('no vision transformer: head.weight is missing');
  return { ...vitLayersOf(shapes, headWidth), num_classes: last[0] };
}

/** All of it but the last layer. @param places of `pos_embed` that are none of patches */
export function vitLayersOf(
  shapes: ReadonlyMap<string, Shape>,
  headWidth = 64,
  places = 1,
): Omit<VitConfig, 'num_classes'> {
  const shape = (name: string): Shape => {
    const found = shapes.get(name);
    if (!found) throw new Error(`no vision transformer: ${name} is missing`);
    return found;
  };
  const [width, channels, patch] = shape('patch_embed.proj.weight');
  const side = Math.sqrt(shape('pos_embed')[1] - places);
  if (!Number.isInteger(side)) {
    throw new Error(`pos_embed is [${shape('pos_embed')}], wanted a square of patches and ${places} more`);
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
  };
}
