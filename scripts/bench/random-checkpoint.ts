/**
 * Owns making a Stable-Diffusion-1.5-sized checkpoint of random weights as a Diffusers folder, for measuring: the
 * published configs, parameter names and shapes from our own architectures. Written piece by piece, so that the
 * four gigabytes of an F32 checkpoint never lie in memory.
 */
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { input, numel, type Shape } from '../../src/core/graph/value.ts';
import { type AutoencoderConfig, decode, encode } from '../../src/core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipText } from '../../src/core/nn/clip-text.ts';
import { type Params, paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../src/core/nn/unet-2d-condition.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { numberToHalf } from '../../src/main/files/float-formats.ts';

export type Stored = 'F16' | 'F32';

const unet: UNetConfig = {
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

const vae: AutoencoderConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
  scaling_factor: 0.18215,
};

const text: ClipTextConfig = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 77,
  vocab_size: 49408,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
};

const scheduler = {
  _class_name: 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'epsilon',
  clip_sample: false,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
};

/** Name and shape of every parameter that a network asks for. */
function parametersOf(build: (p: Params) => unknown): [string, Shape][] {
  // The old attention names are asked about first, and are not there.
  const source = trainableSource('', (name) => !name.endsWith('.query.weight'));
  build(paramsOf(source));
  return [...source.parameters].map(([name, value]) => [name, value.shape]);
}

/**
 * Writes the folder. Its tokenizer is that of `tokenizerFolder`, whose ids must be below CLIP's 49408.
 * @returns the number of parameters.
 */
export function writeRandomCheckpoint(folder: string, stored: Stored, tokenizerFolder: string): number {
  const json = (path: string, value: unknown) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), `${JSON.stringify(value, null, 2)}\n`);
  };
  json('model_index.json', {
    _class_name: 'StableDiffusionPipeline',
    scheduler: ['diffusers', 'PNDMScheduler'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
  });
  json('scheduler/scheduler_config.json', scheduler);
  json('unet/config.json', { _class_name: 'UNet2DConditionModel', ...unet });
  json('vae/config.json', { _class_name: 'AutoencoderKL', ...vae });
  json('text_encoder/config.json', { architectures: ['CLIPTextModel'], ...text });
  mkdirSync(join(folder, 'tokenizer'), { recursive: true });
  for (const file of readdirSync(tokenizerFolder)) {
    copyFileSync(join(tokenizerFolder, file), join(folder, 'tokenizer', file));
  }
  const parts: [string, [string, Shape][]][] = [
    [
      'unet/diffusion_pytorch_model.safetensors',
      parametersOf((p) =>
        unet2dCondition(p, unet, {
          sample: input('sample', [1, 4, 8, 8]),
          timesteps: input('timesteps', [1]),
          encoderHiddenStates: input('context', [1, 77, unet.cross_attention_dim]),
        }),
      ),
    ],
    [
      'vae/diffusion_pytorch_model.safetensors',
      parametersOf((p) => [
        encode(p, vae, input('image', [1, 3, 64, 64])),
        decode(p, vae, input('latents', [1, 4, 8, 8])),
      ]),
    ],
    [
      'text_encoder/model.safetensors',
      parametersOf((p) => clipText(p, text, input('ids', [1, text.max_position_embeddings], 'i64'))),
    ],
  ];
  for (const [file, parameters] of parts) writeRandomTensors(join(folder, file), parameters, stored);
  return parts.reduce((n, [, parameters]) => n + parameters.reduce((m, [, shape]) => m + numel(shape), 0), 0);
}

/** Normal numbers that large tensors repeat: for measuring, no better ones are needed. */
const repeated = 1 << 20;

/**
 * Weights about N(0, 1/fan-in), norm weights one, biases zero: activations keep their size through the network.
 * No two weights are equal, as ONNX Runtime would keep equal ones only once and take too little memory.
 */
function writeRandomTensors(file: string, parameters: readonly [string, Shape][], stored: Stored): void {
  const width = stored === 'F16' ? 2 : 4;
  let at = 0;
  const header = Object.fromEntries(
    parameters.map(([name, shape]) => {
      const begin = at;
      at += width * numel(shape);
      return [name, { dtype: stored, shape, data_offsets: [begin, at] }];
    }),
  );
  const text = JSON.stringify(header);
  const lengthField = new BigUint64Array([BigInt(Math.ceil(text.length / 8) * 8)]);
  const normal = randn(repeated, rngFromSeed(1, file));
  const descriptor = openSync(file, 'w');
  try {
    writeSync(descriptor, new Uint8Array(lengthField.buffer));
    writeSync(descriptor, text.padEnd(Number(lengthField[0])));
    for (const [index, [name, shape]] of parameters.entries()) {
      const std = (1 + index / 10000) / Math.sqrt(numel(shape.slice(1)));
      const numbers = normal.slice(0, numel(shape));
      if (shape.length === 1) numbers.fill(name.endsWith('.bias') ? 0 : 1);
      else for (let i = 0; i < numbers.length; i++) numbers[i] *= std;
      const bytes = new Uint8Array((stored === 'F16' ? toHalves(numbers) : numbers).buffer);
      for (let left = width * numel(shape); left > 0; ) {
        left -= writeSync(descriptor, bytes, 0, Math.min(left, bytes.length));
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

function toHalves(numbers: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(numbers.length);
  for (let i = 0; i < out.length; i++) out[i] = numberToHalf(numbers[i]);
  return out;
}
