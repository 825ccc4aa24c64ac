/** Owns CLIP's image tower: transformers' CLIPVisionModelWithProjection under its names. */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { type ClipEncoderConfig, clipEncoder, clipEncoderConfig } from './clip-encoder.ts';
import { configFields, most } from './config-fields.ts';
import { layerNorm, linear, patchTokens } from './layers.ts';
import type { Params } from './params.ts';

/** The fields of config.json, or of its `vision_config`. */
export interface ClipVisionConfig extends ClipEncoderConfig {
  image_size: number;
  patch_size: number;
  num_channels?: number; // 3 unless said
  /** Width of the embedding that texts and images share. */
  projection_dim: number;
}

/** What transformers takes of ViT-B/32 where the config of both towers leaves a field out. */
const towerDefaults = {
  vision: { hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
  text: {
    hidden_size: 512,
    intermediate_size: 2048,
    num_hidden_layers: 12,
    num_attention_heads: 8,
    eos_token_id: 49407,
  },
};

/** The fields of one tower in the config of both; as in transformers, an older `_config_dict` stands for all of them. */
export function clipTowerFields(json: unknown, tower: 'vision' | 'text'): object {
  const both = json as Readonly<Record<string, object | null | undefined>>;
  const told = both[`${tower}_config_dict`] ?? both[`${tower}_config`] ?? {};
  configFields(told, `CLIP ${tower}`);
  return { ...towerDefaults[tower], ...told };
}

/**
 * The fields of config.json: of the image tower alone, or of both towers, where they are in `vision_config`.
 * @throws an error that names the field and what was wanted.
 */
export function clipVisionConfig(json: unknown): ClipVisionConfig {
  const both = configFields(json, 'CLIP');
  both.only('model_type', 'clip_vision_model', 'clip');
  const { vision_config: nested, vision_config_dict: older } = json as Readonly<Record<string, unknown>>;
  const alone = nested === undefined && older === undefined;
  const c = alone ? both : configFields(clipTowerFields(json, 'vision'), 'CLIP vision');
  const config = {
    ...clipEncoderConfig(c),
    image_size: c.count('image_size', most.pixels, 224),
    patch_size: c.count('patch_size', most.pixels, 32),
    num_channels: c.count('num_channels', most.channels, 3),
    projection_dim: both.count('projection_dim', most.channels, 512), // the tower's own does not count beside it
  };
  if (config.image_size % config.patch_size !== 0) {
    c.fail('patch_size', `a number that divides the picture's side ${config.image_size}`);
  }
  return config;
}

export interface ClipVisionOutput {
  /** f32[n,hidden_size]: the class token after the last layer norm. */
  pooled: Value;
  /** f32[n,projection_dim], not of unit length. */
  embedding: Value;
}

/** image f32[n,c,image_size,image_size], normalised with CLIP's means and deviations. */
export function clipVision(p: Params, config: ClipVisionConfig, image: Value): ClipVisionOutput {
  const pooled = clipVisionPooled(p, config, image);
  return { pooled, embedding: linear(p.at('visual_projection'), pooled, config.projection_dim, false) };
}

/** The tower without its projection. */
export function clipVisionPooled(p: Params, config: ClipVisionConfig, image: Value): Value {
  const vision = p.at('vision_model');
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const start = within(vision.path, () => {
    const at = vision.at('embeddings');
    const patches = patchTokens(at.at('patch_embedding'), image, width, config, false);
    const [n, count] = patches.shape;
    const classToken = f.expand(at.get('class_embedding', [width]), [n, 1, width]);
    const positions = at.at('position_embedding').get('weight', [count + 1, width]);
    return f.add(f.concat([classToken, patches], 1), positions);
  });
  // The name is the checkpoints' own spelling.
  const states = clipEncoder(vision.at('encoder'), config, layerNorm(vision.at('pre_layrnorm'), start, eps));
  const first = f.reshape(f.slice(states.at(-1)!, 1, 0, 1), [image.shape[0], width]);
  return layerNorm(vision.at('post_layernorm'), first, eps);
}
