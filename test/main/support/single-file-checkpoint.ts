/** Writes the same random Stable Diffusion, far narrower, as a Diffusers folder and as one file of the old names. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Matrix } from '../../../src/core/nn/adapters/lora-adapter.ts';
import type { AutoencoderConfig } from '../../../src/core/nn/autoencoder-kl.ts';
import type { UNetConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { openSafetensors, writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { type TinyConfigs, writeTinyDiffusion } from './tiny-diffusion.ts';

const unet: UNetConfig = {
  in_channels: 4,
  out_channels: 4,
  sample_size: 8,
  block_out_channels: [32, 64, 128, 128],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 2,
  attention_head_dim: 8,
  cross_attention_dim: 64,
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
  block_out_channels: [32, 64, 128, 128],
  layers_per_block: 2,
  norm_num_groups: 32,
};
const text: TinyConfigs['text'] = { hidden_size: 64, intermediate_size: 96, num_attention_heads: 1 };

/** As 2.x differs: linear projections, heads of 64 channels, OpenCLIP's text encoder. */
const two: Pick<TinyConfigs, 'unet' | 'text'> = {
  unet: { ...unet, use_linear_projection: true, attention_head_dim: [1, 1, 2, 2] },
  text: { ...text, hidden_act: 'gelu', num_hidden_layers: 23 },
};

/** Writes `folder`/diffusers, `folder`/model.safetensors and, where asked for, `folder`/tokenizer. */
export function writeSingleFile(
  folder: string,
  generation: 1 | 2 = 1,
): { diffusers: string; file: string; tokenizer: string } {
  const diffusers = join(folder, 'diffusers');
  mkdirSync(diffusers, { recursive: true });
  writeTinyDiffusion(diffusers, { unet, vae, text, ...(generation === 2 && two) });
  const tensors: Record<string, Matrix> = {};
  const put = (path: string, prefix: string, rename: (name: string) => string) => {
    const stored = openSafetensors(join(diffusers, path));
    for (const [name, { shape }] of stored.tensors) {
      const conv = prefix.startsWith('first_stage') && /\.to_(q|k|v|out\.0)\.weight$/.test(name);
      tensors[prefix + rename(name)] = { shape: conv ? [...shape, 1, 1] : shape, data: stored.read(name) };
    }
    stored.close();
  };
  put('unet/diffusion_pytorch_model.safetensors', 'model.diffusion_model.', unetName);
  put('vae/diffusion_pytorch_model.safetensors', 'first_stage_model.', vaeName);
  if (generation === 1)
    put('text_encoder/model.safetensors', 'cond_stage_model.transformer.', (name) => name);
  else Object.assign(tensors, openClipTensors(join(diffusers, 'text_encoder/model.safetensors')));
  const file = join(folder, 'model.safetensors');
  writeSafetensors(file, tensors);
  return { diffusers, file, tokenizer: join(diffusers, 'tokenizer') };
}

const openClipNames: readonly (readonly [RegExp, string])[] = [
  [/^text_model\.embeddings\.token_embedding/, 'token_embedding'],
  [/^text_model\.embeddings\.position_embedding\.weight/, 'positional_embedding'],
  [/^text_model\.final_layer_norm/, 'ln_final'],
  [/^text_model\.encoder\.layers/, 'transformer.resblocks'],
  [/layer_norm/, 'ln_'],
  [/mlp\.fc1/, 'mlp.c_fc'],
  [/mlp\.fc2/, 'mlp.c_proj'],
  [/self_attn\.out_proj/, 'attn.out_proj'],
];

/** Queries, keys and values as one; and what only the file has: the last block, and what makes the pooled state. */
function openClipTensors(path: string): Record<string, Matrix> {
  const stored = openSafetensors(path);
  const out: Record<string, Matrix> = {};
  const prefix = 'cond_stage_model.model.';
  for (const [name, { shape }] of stored.tensors) {
    const projection = /^(.*)layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)$/.exec(name);
    if (projection?.[3] === 'q') {
      const [, before, layer, , kind] = projection;
      const three = ['q', 'k', 'v'].map((of) =>
        stored.read(`${before}layers.${layer}.self_attn.${of}_proj.${kind}`),
      );
      out[`${prefix}transformer.resblocks.${layer}.attn.in_proj_${kind}`] = {
        shape: [3 * shape[0], ...shape.slice(1)],
        data: Float32Array.from(three.flatMap((part) => [...part])),
      };
    } else if (!projection) {
      const theirs = openClipNames.reduce((at, [from, to]) => at.replace(from, to), name);
      out[prefix + theirs] = { shape: [...shape], data: stored.read(name) };
    }
  }
  stored.close();
  for (const [name, tensor] of Object.entries(out)) {
    const last = name.replace('.22.', '.23.');
    if (last !== name) out[last] = { shape: tensor.shape, data: tensor.data.map(() => 9) };
  }
  out[`${prefix}text_projection`] = { shape: [64, 64], data: new Float32Array(64 * 64) };
  out[`${prefix}logit_scale`] = { shape: [1], data: Float32Array.of(4.6) };
  return out;
}

/** What a person does where the tokenizer is missing. */
export const putTokenizer = (from: string, folder: string): void =>
  cpSync(from, join(folder, 'tokenizer'), { recursive: true });

const resnet: readonly (readonly [string, string])[] = [
  ['.norm1.', '.in_layers.0.'],
  ['.conv1.', '.in_layers.2.'],
  ['.time_emb_proj.', '.emb_layers.1.'],
  ['.norm2.', '.out_layers.0.'],
  ['.conv2.', '.out_layers.3.'],
  ['.conv_shortcut.', '.skip_connection.'],
];

/** Blocks are numbered through: conv_in, then two layers and a downsampling of each level; three layers upwards. */
function unetName(name: string): string {
  const n = Number;
  const placed = name
    .replace(/^time_embedding\.linear_(\d)/, (_, i) => `time_embed.${2 * (n(i) - 1)}`)
    .replace(/^conv_in/, 'input_blocks.0.0')
    .replace(/^conv_norm_out/, 'out.0')
    .replace(/^conv_out/, 'out.2')
    .replace(/^down_blocks\.(\d)\.resnets\.(\d)/, (_, l, i) => `input_blocks.${3 * n(l) + n(i) + 1}.0`)
    .replace(/^down_blocks\.(\d)\.attentions\.(\d)/, (_, l, i) => `input_blocks.${3 * n(l) + n(i) + 1}.1`)
    .replace(/^down_blocks\.(\d)\.downsamplers\.0\.conv/, (_, l) => `input_blocks.${3 * n(l) + 3}.0.op`)
    .replace(/^mid_block\.resnets\.(\d)/, (_, i) => `middle_block.${2 * n(i)}`)
    .replace(/^mid_block\.attentions\.0/, 'middle_block.1')
    .replace(/^up_blocks\.(\d)\.resnets\.(\d)/, (_, l, i) => `output_blocks.${3 * n(l) + n(i)}.0`)
    .replace(/^up_blocks\.(\d)\.attentions\.(\d)/, (_, l, i) => `output_blocks.${3 * n(l) + n(i)}.1`)
    .replace(
      /^up_blocks\.(\d)\.upsamplers\.0/,
      (_, l) => `output_blocks.${3 * n(l) + 2}.${l === '0' ? 1 : 2}`,
    );
  if (!/resnets/.test(name)) return placed;
  return resnet.reduce((at, [from, to]) => at.replace(from, to), placed);
}

function vaeName(name: string): string {
  return name
    .replace(/down_blocks\.(\d)\.resnets/, 'down.$1.block')
    .replace(/down_blocks\.(\d)\.downsamplers\.0/, 'down.$1.downsample')
    .replace(/up_blocks\.(\d)\.resnets/, (_, l) => `up.${3 - Number(l)}.block`)
    .replace(/up_blocks\.(\d)\.upsamplers\.0/, (_, l) => `up.${3 - Number(l)}.upsample`)
    .replace(/mid_block\.resnets\.(\d)/, (_, i) => `mid.block_${Number(i) + 1}`)
    .replace('mid_block.attentions.0.group_norm', 'mid.attn_1.norm')
    .replace(/mid_block\.attentions\.0\.to_(q|k|v)/, 'mid.attn_1.$1')
    .replace('mid_block.attentions.0.to_out.0', 'mid.attn_1.proj_out')
    .replace('conv_norm_out', 'norm_out')
    .replace('conv_shortcut', 'nin_shortcut');
}
