/**
 * Owns a Stable Diffusion checkpoint as one .safetensors file: its parts under their Diffusers names, read in place. Such a
 * file has no configs: they are those of Stable Diffusion 1.5 or, with OpenCLIP's text encoder, of 2.1, with the widths that
 * its tensors have.
 */
import { dirname, join } from 'node:path';
import { autoencoderKlConfig } from '../../../core/nn/autoencoder-kl.ts';
import { clipTextConfig } from '../../../core/nn/clip-text.ts';
import { type LdmPart, ldmParts } from '../../../core/nn/ldm-names.ts';
import { openClipBlocks } from '../../../core/nn/open-clip-names.ts';
import type { StoredParameter } from '../../../core/nn/params.ts';
import { unet2dConditionConfig } from '../../../core/nn/unet-2d-condition.ts';
import { withinFile } from '../../files/within-file.ts';
import { openWeights, type StoredPart } from '../stored-part.ts';
import { singleFileScheduler } from './single-file-scheduler.ts';
import { holdsTokenizer, openClipTokenizer } from './tokenizer-folder.ts';

/** @throws naming what the file lacks, or the tokenizer's files and where to put them. */
export function openSingleFile(file: string) {
  const whole = openWeights(file);
  const parts = withinFile(file, () => ldmParts(whole.table));
  const part = <Config>(
    name: LdmPart,
    read: (json: unknown) => Config,
    configOf: (shape: (of: string) => readonly number[]) => unknown,
  ) => {
    const table = new Map<string, StoredParameter>();
    for (const [as, { stored, shape }] of parts[name]) {
      table.set(as, { shape, dtype: whole.table.get(stored)!.dtype });
    }
    const shapeOf = (of: string) => {
      const there = table.get(of);
      if (!there) throw new Error(`its ${name} has no ${of}`);
      return there.shape;
    };
    const opened: StoredPart<Config> = {
      ...whole,
      table,
      config: withinFile(file, () => read(configOf(shapeOf))),
      locate: (as) => {
        const { stored, third } = parts[name].get(as) ?? { stored: as };
        const place = whole.locate(stored);
        if (third === undefined || !('external' in place)) return place;
        const length = place.external.length / 3;
        return { external: { ...place.external, offset: place.external.offset + third * length, length } };
      },
    };
    return opened;
  };
  const { scheduler, assumed } = singleFileScheduler({
    file,
    openClip: parts.openClip,
    marks: new Set([...parts.other, ...whole.others]),
    metadata: whole.metadata,
  });
  const velocity = scheduler.prediction_type === 'v_prediction';
  const unet = part('unet', unet2dConditionConfig, (shape) => ({
    in_channels: shape('conv_in.weight')[1],
    out_channels: shape('conv_out.weight')[0],
    sample_size: parts.openClip && velocity ? 96 : 64,
    block_out_channels: widthsOf(shape),
    down_block_types: [...Array(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'],
    up_block_types: ['UpBlock2D', ...Array(3).fill('CrossAttnUpBlock2D')],
    layers_per_block: 2,
    // 2.x has heads of 64 channels, 1.x eight of them.
    attention_head_dim: parts.openClip
      ? widthsOf(shape).map((width) => Math.max(1, Math.floor(width / 64)))
      : 8,
    use_linear_projection: shape('down_blocks.0.attentions.0.proj_in.weight').length === 2,
    upcast_attention: parts.openClip && velocity, // as 2.1's own config says
    ...guidanceInput(parts.unet),
    cross_attention_dim: shape('down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight')[1],
    norm_num_groups: 32,
    norm_eps: 1e-5,
    flip_sin_to_cos: true,
    freq_shift: 0,
    downsample_padding: 1,
  }));
  const vae = part('vae', autoencoderKlConfig, (shape) => ({
    in_channels: 3,
    out_channels: 3,
    latent_channels: shape('post_quant_conv.weight')[0],
    block_out_channels: [1, 2, 4, 4].map((times) => times * shape('encoder.conv_in.weight')[0]),
    layers_per_block: 2,
    norm_num_groups: 32,
    scaling_factor: 0.18215,
  }));
  const text = part('text', clipTextConfig, (shape) => {
    const [vocab_size, hidden_size] = shape('text_model.embeddings.token_embedding.weight');
    const [max_position_embeddings] = shape('text_model.embeddings.position_embedding.weight');
    const layers = new Set([...parts.text.keys()].map((name) => /\.layers\.(\d+)\./.exec(name)?.[1]));
    layers.delete(undefined);
    if (parts.openClip && layers.size !== openClipBlocks) {
      throw new Error(
        `its OpenCLIP text encoder has ${layers.size} blocks, expected the first ${openClipBlocks} of 24 at least, as in Stable Diffusion 2.x`,
      );
    }
    return {
      vocab_size,
      hidden_size,
      max_position_embeddings,
      intermediate_size: shape('text_model.encoder.layers.0.mlp.fc1.weight')[0],
      num_hidden_layers: layers.size,
      num_attention_heads: hidden_size / 64,
      hidden_act: parts.openClip ? 'gelu' : 'quick_gelu',
      layer_norm_eps: 1e-5,
    };
  });
  return {
    path: file,
    unet,
    vae,
    text,
    scheduler,
    assumed,
    // 2.x pads with "!", whatever model the tokenizer beside the file is of.
    tokenizer: openClipTokenizer(tokenizerFolder(file), parts.openClip ? '!' : undefined),
    textLength: text.config.max_position_embeddings,
    hash: () => whole.hash(),
  };
}

const widthsOf = (shape: (of: string) => readonly number[]): number[] =>
  [1, 2, 4, 4].map((times) => times * shape('conv_in.weight')[0]);

/** The width of the guidance embedding, where the network takes one. */
function guidanceInput(unet: ReadonlyMap<string, { shape: readonly number[] }>) {
  const projection = unet.get('time_embedding.cond_proj.weight');
  return projection && { time_cond_proj_dim: projection.shape[1] };
}

/** A single file brings no tokenizer: it is looked for in a folder beside it, which serves all files there. */
function tokenizerFolder(file: string): string {
  const folder = dirname(file);
  const candidates = [join(folder, 'tokenizer'), folder];
  const found = candidates.find(holdsTokenizer);
  if (!found) {
    throw new Error(
      `${file}: a single-file checkpoint holds no tokenizer; put tokenizer.json, or vocab.json and merges.txt, of CLIP ViT-L/14 (the tokenizer folder of any Stable Diffusion 1.x model) into ${candidates[0]}`,
    );
  }
  return found;
}
