/**
 * Owns a Stable-Diffusion-shaped model as people have it: a Diffusers folder with its parts, or a single file. Adapters
 * that a person puts on it are part of it, so that whatever is opened of it has them.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SchedulerConfig } from '../../../core/diffusion/noise-schedule.ts';
import { schedulerConfig } from '../../../core/diffusion/scheduler-config.ts';
import type { WeightedAdapter } from '../../../core/nn/adapters/lora-adapter.ts';
import type { LearnedToken } from '../../../core/nn/adapters/textual-inversion.ts';
import { type AutoencoderConfig, autoencoderKlConfig } from '../../../core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipTextConfig } from '../../../core/nn/clip-text.ts';
import { type UNetConfig, unet2dConditionConfig } from '../../../core/nn/unet-2d-condition.ts';
import type { ClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';
import { combinedHash } from '../../files/hash-folder.ts';
import { requireStableDiffusion } from '../pipeline-name.ts';
import { openPart, readConfig, type StoredPart, underPrefix } from '../stored-part.ts';
import { openSingleFile } from './single-file.ts';
import { openClipTokenizer } from './tokenizer-folder.ts';

export interface DiffusionModel {
  /** The folder, or the single file. */
  path: string;
  unet: StoredPart<UNetConfig>;
  vae: StoredPart<AutoencoderConfig>;
  text: StoredPart<ClipTextConfig>;
  scheduler: SchedulerConfig;
  /** What was taken for granted of a file that does not say it, for a person; null: nothing. */
  assumed: string | null;
  tokenizer: ClipTokenizer;
  /** Tokens of a prompt, padding included. */
  textLength: number;
  /** LoRAs and learned tokens that a person puts on it. Not part of its hash. */
  additions: ModelAdditions;
  /** sha256 over the hashes of the parts: what provenance records. */
  hash(): Promise<string>;
}

export interface ModelAdditions {
  loras: readonly WeightedAdapter[];
  tokens: readonly LearnedToken[];
}

export const noAdditions: ModelAdditions = { loras: [], tokens: [] };

const networkWeights = 'diffusion_pytorch_model';

/** @throws an error that names the missing or unfit file. Weights stay where they are and are only read. */
export function openDiffusionModel(path: string, additions: ModelAdditions = noAdditions): DiffusionModel {
  const single = existsSync(path) && statSync(path).isFile();
  const model = { ...(single ? openSingleFile(path) : openFolder(path)), additions };
  wantFittingParts(model);
  return model;
}

/** @throws when the parts are of different models, or of one that wants more than latents and a prompt. */
function wantFittingParts({ path, unet, vae, text }: DiffusionModel): void {
  const { in_channels: channels, out_channels: predicted, cross_attention_dim: width } = unet.config;
  const latent = vae.config.latent_channels;
  if (channels !== latent) {
    const inpainting = channels === 2 * latent + 1 ? ' (as for inpainting)' : '';
    throw new Error(
      `${path}: its U-Net takes ${channels} channels${inpainting}, expected the ${latent} of its autoencoder's latents`,
    );
  }
  if (predicted !== latent) {
    throw new Error(
      `${path}: its U-Net predicts ${predicted} channels, expected the ${latent} of its latents`,
    );
  }
  if (width !== text.config.hidden_size) {
    throw new Error(
      `${path}: its U-Net takes text states of width ${width}, its text encoder gives ${text.config.hidden_size}`,
    );
  }
}

function openFolder(path: string): Omit<DiffusionModel, 'additions'> {
  if (!existsSync(join(path, 'model_index.json'))) {
    throw new Error(`${path} is no Diffusers folder: model_index.json is missing`);
  }
  requireStableDiffusion(path);
  if (existsSync(join(path, 'unet', 'model.onnx'))) {
    throw new Error(
      `${path} holds exported ONNX graphs: they generate, but have no weights to train or to adapt; add the model's safetensors folder for that`,
    );
  }
  const unet = openPart(join(path, 'unet'), 'U-Net', networkWeights, unet2dConditionConfig);
  const vae = openPart(join(path, 'vae'), 'autoencoder', networkWeights, autoencoderKlConfig);
  const text = underPrefix(
    openPart(join(path, 'text_encoder'), 'text encoder', 'model', clipTextConfig),
    'text_model.',
  );
  const tokenizer = openClipTokenizer(join(path, 'tokenizer'));
  const { highestId } = tokenizer;
  if (highestId >= text.config.vocab_size) {
    throw new Error(
      `${join(path, 'tokenizer')}: it has a token of id ${highestId}, but the text encoder has only ${text.config.vocab_size} embeddings; are the two of one model?`,
    );
  }
  return {
    path,
    unet,
    vae,
    text,
    scheduler: readConfig(join(path, 'scheduler', 'scheduler_config.json'), 'scheduler', schedulerConfig),
    assumed: null,
    tokenizer,
    textLength: text.config.max_position_embeddings,
    async hash() {
      return combinedHash(await Promise.all([unet.hash(), vae.hash(), text.hash()]));
    },
  };
}
