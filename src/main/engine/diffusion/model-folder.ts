/** Owns a Stable-Diffusion-shaped model as people have it: a Diffusers folder with its parts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SchedulerConfig } from '../../../core/diffusion/noise-schedule.ts';
import type { AutoencoderConfig } from '../../../core/nn/autoencoder-kl.ts';
import type { ClipTextConfig } from '../../../core/nn/clip-text.ts';
import type { UNetConfig } from '../../../core/nn/unet-2d-condition.ts';
import type { ClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';
import { combinedHash } from '../models/hash-folder.ts';
import { openPart, readModelJson, type StoredPart } from '../models/stored-part.ts';
import { openClipTokenizer } from './tokenizer-folder.ts';

export interface DiffusionModel {
  folder: string;
  unet: StoredPart<UNetConfig>;
  vae: StoredPart<AutoencoderConfig & { sample_size?: number }>;
  text: StoredPart<ClipTextConfig>;
  scheduler: SchedulerConfig;
  tokenizer: ClipTokenizer;
  /** Tokens of a prompt, padding included. */
  textLength: number;
  /** sha256 over the hashes of the parts: what provenance records. */
  hash(): Promise<string>;
}

const unetWeights = ['diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.fp16.safetensors'];
const textWeights = ['model.safetensors', 'model.fp16.safetensors'];

/** @throws an error that names the missing or unfit file. Weights stay in the folder and are only read. */
export function openDiffusionModel(folder: string): DiffusionModel {
  if (!existsSync(join(folder, 'model_index.json'))) {
    throw new Error(`${folder} is no Diffusers folder: model_index.json is missing`);
  }
  if (existsSync(join(folder, 'unet', 'model.onnx'))) {
    throw new Error(
      `${folder} holds exported ONNX graphs: they generate, but have no weights to train or to adapt; add the model's safetensors folder for that`,
    );
  }
  const unet = openPart<UNetConfig>(join(folder, 'unet'), 'U-Net', unetWeights);
  const vae = openPart<AutoencoderConfig>(join(folder, 'vae'), 'autoencoder', unetWeights);
  const text = openPart<ClipTextConfig>(join(folder, 'text_encoder'), 'text encoder', textWeights);
  const tokenizer = openClipTokenizer(join(folder, 'tokenizer'));
  return {
    folder,
    unet,
    vae,
    text,
    scheduler: readModelJson(join(folder, 'scheduler', 'scheduler_config.json'), "the scheduler's config"),
    tokenizer,
    textLength: text.config.max_position_embeddings,
    async hash() {
      return combinedHash(await Promise.all([unet.hash(), vae.hash(), text.hash()]));
    },
  };
}
