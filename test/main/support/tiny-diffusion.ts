/** Writes a Diffusers folder of a few hundred kilobytes with random weights: the real formats, in no time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { type AutoencoderConfig, decode, encode } from '../../../src/core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipText } from '../../../src/core/nn/clip-text.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { trainClipBpe } from '../../../src/core/tokenizer/clip-bpe-trainer.ts';
import { initialState } from '../../../src/core/training/parameters.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';

const tinyUnet: UNetConfig = {
  in_channels: 4,
  out_channels: 4,
  sample_size: 8,
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: 16,
  norm_num_groups: 4,
  norm_eps: 1e-5,
  flip_sin_to_cos: true,
  freq_shift: 0,
  downsample_padding: 1,
};
const tinyVae: AutoencoderConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [8, 8, 16],
  layers_per_block: 1,
  norm_num_groups: 4,
  scaling_factor: 0.5,
};

export interface TinyConfigs {
  unet: UNetConfig;
  vae: AutoencoderConfig;
  text: Partial<ClipTextConfig>;
}

/** @param configs what to write in place of the tiny networks. */
export function writeTinyDiffusion(folder: string, configs: Partial<TinyConfigs> = {}): void {
  const { unet = tinyUnet, vae = tinyVae } = configs;
  const bpe = trainClipBpe(['a photo of a cup', 'a photo of a cat'], { merges: 40, minCount: 1 });
  const text: ClipTextConfig = {
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 12,
    vocab_size: Object.keys(bpe.vocab).length,
    hidden_act: 'quick_gelu',
    layer_norm_eps: 1e-5,
    ...configs.text,
  };
  const json = (path: string, value: unknown) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(value));
  };
  const weights = (path: string, build: (source: ReturnType<typeof trainableSource>) => void) => {
    const source = trainableSource('', (name) => !name.endsWith('query.weight'));
    build(source);
    const inputs: ReadonlyMap<string, Value> = source.parameters;
    const { parameters } = initialState(inputs, rngFromSeed(1, path), { average: false });
    const tensors = Object.fromEntries(
      [...parameters].map(([n, p]) => [n, { shape: p.shape, data: p.value }]),
    );
    writeSafetensors(join(folder, path), tensors);
  };
  json('model_index.json', { _class_name: 'StableDiffusionPipeline' });
  json('scheduler/scheduler_config.json', {
    _class_name: 'PNDMScheduler',
    num_train_timesteps: 1000,
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    skip_prk_steps: true,
    steps_offset: 1,
    clip_sample: false,
    set_alpha_to_one: false,
  });
  json('unet/config.json', unet);
  json('vae/config.json', vae);
  json('text_encoder/config.json', text);
  json('tokenizer/vocab.json', bpe.vocab);
  writeFileSync(join(folder, 'tokenizer/merges.txt'), `#version: 0.2\n${bpe.merges.join('\n')}\n`);
  weights('unet/diffusion_pytorch_model.safetensors', (source) =>
    unet2dCondition(paramsOf(source), unet, {
      sample: input('sample', [1, unet.in_channels, 8, 8]),
      timesteps: input('t', [1]),
      encoderHiddenStates: input('c', [1, 4, unet.cross_attention_dim]),
    }),
  );
  weights('vae/diffusion_pytorch_model.safetensors', (source) => {
    encode(paramsOf(source), vae, input('image', [1, 3, 32, 32]));
    decode(paramsOf(source), vae, input('latents', [1, 4, 8, 8]));
  });
  weights('text_encoder/model.safetensors', (source) =>
    clipText(paramsOf(source), text, input('ids', [1, 12], 'i64')),
  );
}
