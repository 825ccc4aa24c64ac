/**
 * Owns a diffusion model as generation sees it: what shapes it has and how its parts are opened, whatever form its
 * weights are stored in. A checkpoint of weights and a folder of exported graphs differ behind this, not before it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SchedulerConfig } from '../../../core/diffusion/noise-schedule.ts';
import type { NoisePredictor } from '../../../core/diffusion/pipeline.ts';
import { takesGuidance } from '../../../core/nn/unet-2d-condition.ts';
import type { ClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';
import type { RuntimeOptions } from '../../runtime/runtime.ts';
import { type GenerationLoad, generationMemory } from './memory-estimate.ts';
import { type ModelAdditions, noAdditions, openDiffusionModel } from './model-folder.ts';
import { openOnnxModel } from './onnx-model.ts';
import {
  type DifficultyAdapter,
  type LatentShape,
  latentShape,
  openImageDecoder,
  openImageEncoder,
  openNoisePredictor,
  openTextEncoder,
  pictureSize,
  promptTokenizer,
} from './sessions.ts';
import type { TextEncoder } from './text-encoder.ts';

export interface NoiseSession {
  predict: NoisePredictor;
  close(): Promise<void>;
}

export interface ImageEncoder {
  /** f32[1,3,s,s] in -1..1 -> scaled latent mean f32[1,c,h,w]. */
  encode(image: Float32Array): Promise<{ mean: Float32Array }>;
  close(): Promise<void>;
}

export interface ImageDecoder {
  /** One scaled latent f32[c,h,w] -> u8[s,s,3]. */
  decode(latents: Float32Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface GenerationModel {
  /** Side of its own pictures, in pixels. */
  size: number;
  /** Tokens of a prompt, padding included, and the width of a token's state. */
  textLength: number;
  textWidth: number;
  /** With the tokens of embeddings that were put on it. */
  tokenizer: ClipTokenizer;
  scheduler: SchedulerConfig;
  /** Whether the network is told the guidance scale (LCM), instead of two of its predictions being compared. */
  takesGuidance: boolean;
  /** Whether it has weights that adapters can be trained and put on. */
  trainable: boolean;
  /** sha256 that provenance records. */
  hash(): Promise<string>;
  /** Bytes of the computer's memory that generation takes on the CPU; null: the model does not tell. */
  memory(load: GenerationLoad): number | null;
  /** Of pictures of `size` pixels. @throws when the model cannot make that size. */
  latentShape(size: number): LatentShape;
  /** @param clipSkip see clipText. @throws when the text encoder does not have that many layers. */
  openText(runtime: RuntimeOptions, clipSkip?: number | null): Promise<TextEncoder>;
  /** @throws when the model cannot take the adapter or that many tokens. */
  openNoise(runtime: RuntimeOptions, request: NoiseRequest): Promise<NoiseSession>;
  openEncoder(runtime: RuntimeOptions, size: number): Promise<ImageEncoder>;
  openDecoder(runtime: RuntimeOptions, size: number): Promise<ImageDecoder>;
}

export interface NoiseRequest {
  /** Samples of one call. */
  rows: number;
  tokens: number;
  size: number;
  adapter: DifficultyAdapter | null;
  /** Told to a network that takes it, of no effect on others; absent: 1. */
  guidanceScale?: number;
}

/** @throws an error that names the missing or unfit file, or an adapter that the model cannot take. */
export function openGenerationModel(path: string, additions: ModelAdditions = noAdditions): GenerationModel {
  if (existsSync(join(path, 'unet', 'model.onnx'))) {
    if (additions.loras.length + additions.tokens.length > 0) {
      throw new Error(
        `${path} holds exported graphs, which take no LoRA and no embedding; use the checkpoint in safetensors`,
      );
    }
    return openOnnxModel(path);
  }
  const model = openDiffusionModel(path, additions);
  return {
    size: pictureSize(model),
    textLength: model.textLength,
    textWidth: model.unet.config.cross_attention_dim,
    scheduler: model.scheduler,
    takesGuidance: takesGuidance(model.unet.config),
    trainable: true,
    hash: () => model.hash(),
    memory(load) {
      latentShape(model, load.size); // a size that it cannot make is said as such
      return generationMemory(model, load);
    },
    latentShape: (size) => latentShape(model, size),
    tokenizer: promptTokenizer(model),
    openText: (runtime, clipSkip) => openTextEncoder(model, runtime, clipSkip),
    openNoise: (runtime, { rows, tokens, size, adapter, guidanceScale }) =>
      openNoisePredictor(model, runtime, rows, tokens, adapter, size, guidanceScale),
    openEncoder: (runtime, size) => openImageEncoder(model, runtime, 1, size),
    openDecoder: (runtime, size) => openImageDecoder(model, runtime, size),
  };
}
