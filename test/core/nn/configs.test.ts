/** config.json of networks: what is read, what is filled in, and what is refused because it would compute otherwise. */
import { describe, expect, it } from 'vitest';
import { autoencoderKlConfig } from '../../../src/core/nn/autoencoder-kl.ts';
import { clipTextConfig } from '../../../src/core/nn/clip-text.ts';
import { clipVisionConfig } from '../../../src/core/nn/clip-vision.ts';
import { unet2dConditionConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { textConfig, unetConfig, vaeConfig } from './stable-diffusion-1.ts';

const vision = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  image_size: 224,
  patch_size: 32,
};

describe('configs of networks', () => {
  it('are read with the defaults of their libraries', () => {
    const unet = { ...unetConfig, use_linear_projection: false };
    expect(
      unet2dConditionConfig({ ...unet, _class_name: 'UNet2DConditionModel', upcast_attention: null }),
    ).toEqual(unet);
    const { norm_eps: _, flip_sin_to_cos: __, freq_shift: ___, in_channels: ____, ...rest } = unet;
    expect(unet2dConditionConfig(rest)).toEqual(unet);
    expect(autoencoderKlConfig(vaeConfig)).toEqual({ ...vaeConfig, scaling_factor: 0.18215 });
    expect(clipTextConfig({ ...textConfig, model_type: 'clip_text_model' })).toEqual(textConfig);
  });

  it('what a training script adds to a config is left alone', () => {
    expect(() => unet2dConditionConfig({ ...unetConfig, use_ema_warmup: true, power: 0.75 })).not.toThrow();
  });

  it('numbers by block are read, and where only one is computed must be one', () => {
    const heads = [5, 10, 20, 20];
    const config = unet2dConditionConfig({
      ...unetConfig,
      attention_head_dim: heads,
      layers_per_block: [2, 2, 2, 2],
    });
    expect(config.attention_head_dim).toEqual(heads);
    expect(config.layers_per_block).toBe(2);
    expect(() => unet2dConditionConfig({ ...unetConfig, layers_per_block: [1, 2, 2, 2] })).toThrow(
      'U-Net config: layers_per_block is [1,2,2,2], expected the same number for every block',
    );
    expect(() => unet2dConditionConfig({ ...unetConfig, attention_head_dim: [5, 10] })).toThrow(
      'U-Net config: attention_head_dim is [5,10], expected one for each of 4 levels',
    );
    expect(() => unet2dConditionConfig({ ...unetConfig, attention_head_dim: 7 })).toThrow(
      'attention_head_dim is 7, expected a number of heads that divides the width 320',
    );
  });

  it.each<[string, unknown, string]>([
    ['class_embed_type', 'timestep', 'expected null'],
    ['addition_embed_type', 'text_time', 'expected null'],
    ['resnet_time_scale_shift', 'scale_shift', 'expected "default"'],
    ['dual_cross_attention', true, 'expected false'],
    ['only_cross_attention', [true, true, true, false], 'expected false'],
    ['mid_block_type', null, 'expected "UNetMidBlock2DCrossAttn"'],
    ['transformer_layers_per_block', [1, 2, 10], 'expected 1'],
    ['time_cond_proj_dim', 0, 'expected null or an integer of 1 to 65536'],
    ['block_out_channels', [1, 640, 1280, 1280], 'expected a first width of at least 4'],
    ['num_class_embeds', 1000, 'expected null'],
    ['downsample_padding', 2, 'expected 0 or 1'],
    ['act_fn', 'gelu', 'expected "silu" or "swish"'],
    [
      'down_block_types',
      ['SimpleCrossAttnDownBlock2D', 'DownBlock2D', 'DownBlock2D', 'DownBlock2D'],
      'expected "CrossAttnDownBlock2D" or "DownBlock2D"',
    ],
    ['up_block_types', ['UpBlock2D'], 'expected one for each of 4 levels'],
    ['norm_num_groups', null, 'expected an integer of 1 to 65536'],
    ['cross_attention_dim', undefined, 'expected an integer of 1 to 65536'],
    ['_class_name', 'UNet3DConditionModel', 'expected "UNet2DConditionModel"'],
  ])('a U-Net with %s %j is refused', (field, value, wanted) => {
    const is = value === undefined ? 'undefined' : JSON.stringify(value);
    expect(() => unet2dConditionConfig({ ...unetConfig, [field]: value })).toThrow(
      `U-Net config: ${field} is ${is}, ${wanted}`,
    );
  });

  it('a missing field is named', () => {
    const { sample_size: _, ...rest } = unetConfig;
    expect(() => unet2dConditionConfig(rest)).toThrow(
      'U-Net config: sample_size is missing, expected an integer',
    );
    expect(() => unet2dConditionConfig([])).toThrow('U-Net config: expected an object of fields');
  });

  it.each<[string, unknown, string]>([
    ['use_quant_conv', false, 'expected true'],
    ['shift_factor', 0.1159, 'expected null or 0'],
    ['mid_block_add_attention', false, 'expected true'],
    ['latents_mean', [0, 0, 0, 0], 'expected null'],
    ['down_block_types', ['AttnDownEncoderBlock2D'], 'expected "DownEncoderBlock2D"'],
    ['up_block_types', ['UpDecoderBlock2D'], 'expected one for each of 4 levels'],
  ])('an autoencoder with %s %j is refused', (field, value, wanted) => {
    expect(() => autoencoderKlConfig({ ...vaeConfig, [field]: value })).toThrow(
      `autoencoder config: ${field} is ${JSON.stringify(value)}, ${wanted}`,
    );
  });

  it('text encoders that are not CLIP are refused', () => {
    expect(() => clipTextConfig({ ...textConfig, model_type: 't5' })).toThrow(
      'text encoder config: model_type is "t5", expected "clip_text_model"',
    );
    expect(() => clipTextConfig({ ...textConfig, hidden_act: 'mish' })).toThrow(
      'hidden_act is "mish", expected "silu"',
    );
    expect(() => clipTextConfig({ ...textConfig, num_attention_heads: 7 })).toThrow(
      'num_attention_heads is 7',
    );
  });

  it("an image tower's config stands alone or beside the text tower's", () => {
    const alone = clipVisionConfig({ ...vision, model_type: 'clip_vision_model', projection_dim: 640 });
    expect(alone).toMatchObject({ patch_size: 32, projection_dim: 640, hidden_act: 'quick_gelu' });
    const nested = {
      model_type: 'clip',
      projection_dim: 640,
      vision_config: { ...vision, projection_dim: 512 },
    };
    expect(clipVisionConfig(nested)).toEqual(alone);
    expect(() => clipVisionConfig({ ...nested, vision_config: { ...vision, patch_size: 30 } })).toThrow(
      "CLIP vision config: patch_size is 30, expected a number that divides the picture's side 224",
    );
  });

  it.each<[(json: unknown) => unknown, object, string, unknown, string]>([
    [unet2dConditionConfig, unetConfig, 'layers_per_block', 1e9, 'an integer of 1 to 256'],
    [unet2dConditionConfig, unetConfig, 'in_channels', 1e9, 'an integer of 1 to 65536'],
    [unet2dConditionConfig, unetConfig, 'cross_attention_dim', 0, 'an integer of 1 to 65536'],
    [unet2dConditionConfig, unetConfig, 'sample_size', 1e9, 'an integer of 1 to 8192'],
    [unet2dConditionConfig, unetConfig, 'freq_shift', 1e308, 'a number of 0 to 1'],
    [unet2dConditionConfig, unetConfig, 'norm_eps', -1, 'a number of 1e-30 to 1'],
    [unet2dConditionConfig, unetConfig, 'attention_head_dim', 1e6, 'an integer of 1 to 1024'],
    [autoencoderKlConfig, vaeConfig, 'scaling_factor', 0, 'a number of 0.000001 to 1000000'],
    [autoencoderKlConfig, vaeConfig, 'latent_channels', 1e12, 'an integer of 1 to 65536'],
    [clipTextConfig, textConfig, 'num_hidden_layers', 1e9, 'an integer of 1 to 256'],
    [clipTextConfig, textConfig, 'max_position_embeddings', 1e5, 'an integer of 1 to 1024'],
    [clipTextConfig, textConfig, 'vocab_size', 1e12, 'an integer of 1 to 1000000'],
    [clipVisionConfig, vision, 'image_size', 1e9, 'an integer of 1 to 8192'],
  ])('no network is built of a size that none has (%#)', (read, config, field, value, wanted) => {
    expect(() => read({ ...config, [field]: value })).toThrow(
      `config: ${field} is ${value}, expected ${wanted}`,
    );
  });

  it('a list has a length, and no error shows more than a line of it', () => {
    const levels = Array(60).fill(8);
    expect(() => autoencoderKlConfig({ ...vaeConfig, block_out_channels: levels })).toThrow(
      /block_out_channels is \[8,8.{60,90}…, expected a list of at most 8 integers of 1 to 65536/,
    );
    let deep: unknown = 1;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(() => unet2dConditionConfig({ ...unetConfig, sample_size: deep })).toThrow(
      'sample_size is nested too deeply to be shown, expected',
    );
  });
});
