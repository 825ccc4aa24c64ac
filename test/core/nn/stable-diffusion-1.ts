/** The three networks of Stable Diffusion 1.5 at full size, by their published configs, and what they ask for. */
import { input } from '../../../src/core/graph/value.ts';
import { type AutoencoderConfig, decode, encode } from '../../../src/core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipText } from '../../../src/core/nn/clip-text.ts';
import { recordParameters } from '../../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';

export const unetConfig: UNetConfig = {
  in_channels: 4,
  out_channels: 4,
  sample_size: 64,
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 2,
  attention_head_dim: 8,
  cross_attention_dim: 768,
  norm_num_groups: 32,
  norm_eps: 1e-5,
  flip_sin_to_cos: true,
  freq_shift: 0,
  downsample_padding: 1,
};

export const vaeConfig: AutoencoderConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
};

export const textConfig: ClipTextConfig = {
  vocab_size: 49408,
  max_position_embeddings: 77,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
};

export const unetParameters = (config = unetConfig) =>
  recordParameters((p) =>
    unet2dCondition(p, config, {
      sample: input('sample', [1, config.in_channels, 8, 8]),
      timesteps: input('timesteps', [1]),
      encoderHiddenStates: input('states', [1, 77, config.cross_attention_dim]),
    }),
  );

export const vaeParameters = () =>
  recordParameters((p) => [
    encode(p, vaeConfig, input('image', [1, 3, 64, 64])),
    decode(p, vaeConfig, input('latents', [1, 4, 8, 8])),
  ]);

export const textParameters = () =>
  recordParameters((p) => clipText(p, textConfig, input('ids', [1, 77], 'i64')));
