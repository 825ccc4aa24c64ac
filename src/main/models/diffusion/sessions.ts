/**
 * Owns the compiled parts of a diffusion model: prompt -> states, image <-> latents, and the noise prediction
 * with its adapters. Each is a graph over weights that stay in the user's files.
 */
import { guidanceEmbedding } from '../../../core/diffusion/guidance-embedding.ts';
import { requireFinite } from '../../../core/finite.ts';
import * as f from '../../../core/graph/functions.ts';
import { constant, input, sameShape, type Value } from '../../../core/graph/value.ts';
import { withAdapters } from '../../../core/nn/adapters/lora-adapter.ts';
import { learnedRows, withLearnedTokens } from '../../../core/nn/adapters/textual-inversion.ts';
import { decode, downsamplingFactor, encode, scalingFactor } from '../../../core/nn/autoencoder-kl.ts';
import { clipText } from '../../../core/nn/clip-text.ts';
import { type DifficultyEncoderConfig, difficultyEncoder } from '../../../core/nn/difficulty-encoder.ts';
import { type LoraConfig, withLora } from '../../../core/nn/lora.ts';
import { frozenSource, paramsOf, trainableSource } from '../../../core/nn/params.ts';
import { unet2dCondition } from '../../../core/nn/unet-2d-condition.ts';
import type { ClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';
import { openGraph, predictionPrecision } from '../../runtime/open-graph.ts';
import type { RuntimeOptions, Tensor } from '../../runtime/runtime.ts';
import type { DiffusionModel } from './model-folder.ts';
import { type TextEncoder, textEncoder } from './text-encoder.ts';

type Feeds = Record<string, Tensor>;
const floats = (t: Tensor) => t.data as Float32Array;

/** The model's tokenizer with the tokens that a person's embeddings add. */
export const promptTokenizer = ({ tokenizer, additions, text }: DiffusionModel): ClipTokenizer =>
  withLearnedTokens(tokenizer, additions.tokens, text.config.vocab_size);

/** @param clipSkip see clipText. */
export async function openTextEncoder(
  model: DiffusionModel,
  runtime: RuntimeOptions,
  clipSkip: number | null = null,
): Promise<TextEncoder> {
  const ids = input('ids', [1, model.textLength], 'i64');
  const { loras, tokens: learned } = model.additions;
  const source = withAdapters(frozenSource(model.text.table), 'text_encoder', loras);
  const { config } = model.text;
  const states = clipText(paramsOf(source), config, ids, learnedRows(learned, config), clipSkip);
  refuseSurplus(source.surplus(), 'text encoder');
  const session = await openGraph({ states }, runtime, model.text);
  return textEncoder(promptTokenizer(model), model.textLength, {
    async run(given) {
      const data = BigInt64Array.from(given, (v) => BigInt(v));
      return floats((await session.run({ ids: { dims: ids.shape, data } })).states);
    },
    close: () => session.close(),
  });
}

/** @throws naming layers that an adapter has and the network has not: it was made for another one. */
function refuseSurplus(paths: readonly string[], network: string): void {
  if (paths.length === 0) return;
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  throw new Error(
    `${paths.slice(0, 3).join(', ')}${more}: the ${network} has no such layer; was the LoRA trained on another model?`,
  );
}

export interface LatentShape {
  channels: number;
  height: number;
  width: number;
  /** channels x height x width */
  numbers: number;
}

/** Pixels: the side of a square, or [height, width]. */
export type PictureSize = number | readonly [number, number];

const sidesOf = (size: PictureSize): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

/**
 * The latents of pictures of `size`; without one, of the model's own size.
 * @throws when the autoencoder has no latents of that size.
 */
export function latentShape(model: DiffusionModel, size: PictureSize = pictureSize(model)): LatentShape {
  const factor = downsamplingFactor(model.vae.config);
  const [height, width] = sidesOf(size).map((side) => {
    if (!(Number.isInteger(side / factor) && side > 0)) {
      throw new Error(`pictures of ${side} pixels: this model makes multiples of ${factor}`);
    }
    return side / factor;
  });
  const channels = model.unet.config.in_channels;
  return { channels, height, width, numbers: channels * height * width };
}

/** Side of the model's pictures, in pixels. */
export const pictureSize = (model: DiffusionModel): number =>
  model.unet.config.sample_size * downsamplingFactor(model.vae.config);

/** images f32[n,3,height,width] in -1..1 -> scaled latent mean and deviation, f32[n,c,h,w] each. */
export async function openImageEncoder(
  model: DiffusionModel,
  runtime: RuntimeOptions,
  batch: number,
  size: PictureSize = pictureSize(model),
) {
  const { config } = model.vae;
  const image = input('image', [batch, 3, ...sidesOf(size)]);
  const moments = encode(paramsOf(frozenSource(model.vae.table)), config, image);
  const scale = scalingFactor(config);
  const outputs = {
    mean: f.mul(moments.mean, scale),
    deviation: f.mul(f.exp(f.mul(moments.logvar, 0.5)), scale),
  };
  const session = await openGraph(outputs, runtime, model.vae);
  return {
    async encode(data: Float32Array): Promise<{ mean: Float32Array; deviation: Float32Array }> {
      const out = await session.run({ image: { dims: image.shape, data } });
      return { mean: floats(out.mean), deviation: floats(out.deviation) };
    },
    close: () => session.close(),
  };
}

/** One scaled latent f32[c,h,w] -> the picture, as u8[height,width,3] or as numbers. */
export async function openImageDecoder(
  model: DiffusionModel,
  runtime: RuntimeOptions,
  size: PictureSize = pictureSize(model),
) {
  const shape = latentShape(model, size);
  const latents = input('latents', [1, shape.channels, shape.height, shape.width]);
  const scaled = f.div(latents, scalingFactor(model.vae.config));
  const image = decode(paramsOf(frozenSource(model.vae.table)), model.vae.config, scaled);
  const session = await openGraph({ image }, runtime, model.vae);
  /** f32[3,height,width], about -1..1 and not clamped. */
  const decodePlanes = async (data: Float32Array): Promise<Float32Array> =>
    floats((await session.run({ latents: { dims: latents.shape, data } })).image);
  return {
    decodePlanes,
    decode: async (data: Float32Array): Promise<Uint8Array> => toRgb(await decodePlanes(data)),
    close: () => session.close(),
  };
}

/** f32[3,s,s] in -1..1, clamped -> u8[s,s,3]. @throws NotFinite: a NaN would be a black pixel. */
export function toRgb(image: Float32Array): Uint8Array {
  requireFinite(image, 'the decoded image');
  const plane = image.length / 3;
  const rgb = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) {
      rgb[3 * i + c] = Math.max(0, Math.min(255, Math.round((image[c * plane + i] + 1) * 127.5)));
    }
  }
  return rgb;
}

/** u8[s,s,3] -> f32[3,s,s] in -1..1. */
export function toPlanes(rgb: Uint8Array): Float32Array {
  const plane = rgb.length / 3;
  const out = new Float32Array(rgb.length);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) out[c * plane + i] = rgb[3 * i + c] / 127.5 - 1;
  }
  return out;
}

/** What training adds to a base model. */
export interface DifficultyAdapter {
  lora: LoraConfig;
  encoder: DifficultyEncoderConfig;
  /** Values by name: `unet...lora_A.weight`, and the encoder's under their own names. */
  loraWeights: Map<string, { shape: readonly number[]; data: Float32Array }>;
  encoderWeights: Map<string, { shape: readonly number[]; data: Float32Array }>;
}

const feedsOf = (weights: DifficultyAdapter['loraWeights'], inputs: ReadonlyMap<string, Value>): Feeds =>
  Object.fromEntries(
    [...inputs].map(([name, value]) => {
      const w = weights.get(name);
      if (!w || !sameShape(w.shape, value.shape)) {
        const there = w ? `has ${name} as [${w.shape}]` : `has no ${name}`;
        throw new Error(`the adapter ${there}, wanted [${value.shape}]`);
      }
      return [(value as { name: string }).name, { dims: value.shape, data: w.data }];
    }),
  );

/**
 * The noise (or velocity) prediction of `batch` samples with `tokens` conditioning tokens.
 * @param guidanceScale what a network that takes it as an input is told; of no effect on others.
 */
export async function openNoisePredictor(
  model: DiffusionModel,
  runtime: RuntimeOptions,
  batch: number,
  tokens: number,
  adapter: DifficultyAdapter | null,
  size: PictureSize = pictureSize(model),
  guidanceScale = 1,
) {
  const shape = latentShape(model, size);
  const sample = input('sample', [batch, shape.channels, shape.height, shape.width]);
  const timestep = input('timestep', [1]);
  const context = input('context', [batch, tokens, model.unet.config.cross_attention_dim]);
  const frozen = withAdapters(frozenSource(model.unet.table), 'unet', model.additions.loras);
  const adapted = adapter ? withLora(frozen, adapter.lora) : null;
  const noise = unet2dCondition(paramsOf(adapted ?? frozen), model.unet.config, {
    sample,
    timesteps: f.expand(timestep, [batch]),
    encoderHiddenStates: context,
    timestepCond: guidanceOf(model, guidanceScale, batch),
  });
  refuseSurplus(frozen.surplus(), 'U-Net');
  const session = await openGraph({ noise }, runtime, model.unet, {
    precision: predictionPrecision(runtime),
  });
  const constant = adapter && adapted ? feedsOf(adapter.loraWeights, adapted.parameters) : {};
  return {
    /** sample f32[batch,c,h,w], context f32[batch,tokens,width] -> noise, of the sample's shape. */
    async predict(data: Float32Array, t: number, states: Float32Array): Promise<Float32Array> {
      const out = await session.run({
        ...constant,
        sample: { dims: sample.shape, data },
        timestep: { dims: [1], data: Float32Array.of(t) },
        context: { dims: context.shape, data: states },
      });
      return floats(out.noise);
    },
    close: () => session.close(),
  };
}

/** f32[batch,time_cond_proj_dim]; undefined for a network without that input. */
function guidanceOf({ unet }: DiffusionModel, scale: number, batch: number): Value | undefined {
  const width = unet.config.time_cond_proj_dim;
  if (width === undefined) return undefined;
  return f.expand(constant(guidanceEmbedding(scale, width), [1, width]), [batch, width]);
}

/** Difficulty tokens one sample at a time: class index and score -> f32[tokens,width]; null score: the null token. */
export async function openDifficultyEncoder(adapter: DifficultyAdapter, runtime: RuntimeOptions) {
  const { config, weights } = { config: adapter.encoder, weights: adapter.encoderWeights };
  const source = trainableSource();
  const label = input('label', [1, config.classes]);
  const difficulty = input('difficulty', [1, 1]);
  const keep = input('keep', [1, 1]);
  const tokens = difficultyEncoder(paramsOf(source), config, { label, difficulty, keep });
  const session = await openGraph({ tokens }, runtime);
  const constant = feedsOf(weights, source.parameters);
  return {
    async encode(classIndex: number, score: number | null): Promise<Float32Array> {
      const oneHot = new Float32Array(config.classes);
      oneHot[classIndex] = 1;
      const out = await session.run({
        ...constant,
        label: { dims: label.shape, data: oneHot },
        difficulty: { dims: [1, 1], data: Float32Array.of(score ?? 0) },
        keep: { dims: [1, 1], data: Float32Array.of(score === null ? 0 : 1) },
      });
      return floats(out.tokens);
    },
    close: () => session.close(),
  };
}
