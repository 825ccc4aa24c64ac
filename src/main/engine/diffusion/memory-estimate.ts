/**
 * Owns saying before a job starts what memory a diffusion model will take. Activations are computed from the graphs
 * themselves (graphMemory's largest live set); what ONNX Runtime adds to that is in the measured factors below.
 */
import { backward } from '../../../core/graph/backward.ts';
import * as f from '../../../core/graph/functions.ts';
import { type GraphMemory, graphMemory } from '../../../core/graph/live-memory.ts';
import { input } from '../../../core/graph/value.ts';
import { decode, downsamplingFactor } from '../../../core/nn/autoencoder-kl.ts';
import { clipText } from '../../../core/nn/clip-text.ts';
import { withLora } from '../../../core/nn/lora.ts';
import { frozenSource, paramsOf } from '../../../core/nn/params.ts';
import { unet2dCondition } from '../../../core/nn/unet-2d-condition.ts';
import type { DiffusionModel } from './model-folder.ts';

/**
 * Measured on the CPU provider with Stable Diffusion 1.5 as peak resident memory, less the weights, over the computed
 * live set: U-Net 512x512 batch 2 5.7 GB (weights 3.4, live 2.2), decoder 512x512 2.2 GB (0.2, 0.94), LoRA step
 * 256x256 batch 1 7.9 GB (3.4 twice: backward reads each weight transposed as well; live 0.6).
 */
const measured = {
  process: 150e6,
  unet: 1.05,
  decoder: 2.1,
  training: 1.3,
  /** Of weights stored in half precision: the share of the file that is resident beside the f32 copies. */
  halfStored: 0.33,
};

/** Bytes of weights while they are used. Mapped f32 weights may be dropped and read again when memory is short. */
function resident({ weights, storedWeights }: GraphMemory, lowMemory: boolean): number {
  if (storedWeights < weights) return weights + measured.halfStored * storedWeights;
  return lowMemory ? 0 : weights;
}

export interface GenerationLoad {
  /** Pictures at a time. */
  batch: number;
  /** Pixels. */
  size: number;
  /** Guidance runs the network on two rows for each picture. */
  guided: boolean;
  lowMemory: boolean;
}

/** All that generation has open at one time: text encoder, U-Net and decoder. Bytes. */
export function generationMemory(model: DiffusionModel, load: GenerationLoad): number {
  const { unet, vae, text } = model;
  const rows = load.guided ? 2 * load.batch : load.batch;
  const side = load.size / downsamplingFactor(vae.config);
  const latents = (n: number, channels: number) => input('latents', [n, channels, side, side]);
  const network = graphMemory([
    unet2dCondition(paramsOf(frozenSource(unet.table)), unet.config, {
      sample: latents(rows, unet.config.in_channels),
      timesteps: input('timesteps', [rows]),
      encoderHiddenStates: input('states', [rows, model.textLength, unet.config.cross_attention_dim]),
    }),
  ]);
  const decoder = graphMemory([
    decode(paramsOf(frozenSource(vae.table)), vae.config, latents(1, vae.config.latent_channels)),
  ]);
  const ids = input('ids', [1, model.textLength], 'i64');
  const encoder = graphMemory([clipText(paramsOf(frozenSource(text.table)), text.config, ids)]);
  const weights = [network, decoder, encoder].map((part) => resident(part, load.lowMemory));
  return (
    measured.process +
    weights.reduce((a, b) => a + b, 0) +
    measured.unet * network.activations +
    measured.decoder * decoder.activations +
    encoder.activations
  );
}

export interface TrainingLoad {
  batch: number;
  size: number;
  rank: number;
  /** Compute inner values again in backward instead of keeping them. */
  checkpointing: boolean;
  lowMemory: boolean;
}

/** A training step of a LoRA. Backward reads every weight of a product a second time, transposed. Bytes. */
export function trainingMemory(model: DiffusionModel, load: TrainingLoad): number {
  const { unet, vae } = model;
  const side = load.size / downsamplingFactor(vae.config);
  const source = withLora(frozenSource(unet.table), { rank: load.rank, alpha: load.rank });
  const predicted = unet2dCondition(paramsOf(source), unet.config, {
    sample: input('sample', [load.batch, unet.config.in_channels, side, side]),
    timesteps: input('timesteps', [load.batch]),
    encoderHiddenStates: input('states', [load.batch, model.textLength + 1, unet.config.cross_attention_dim]),
  });
  const loss = f.mseLoss(predicted, input('target', predicted.shape));
  const gradients = backward(loss, [...source.parameters.values()], { recompute: load.checkpointing });
  const memory = graphMemory(gradients);
  return (
    measured.process +
    resident(memory, load.lowMemory) +
    memory.weights +
    measured.training * memory.activations
  );
}

/** Side of the model's own pictures, in pixels. */
export const ownSize = ({ unet, vae }: DiffusionModel): number =>
  unet.config.sample_size * downsamplingFactor(vae.config);

export interface MemoryRow {
  size: number;
  batch: number;
  /** Bytes. */
  inference: number;
  lowMemory: number;
  loraTraining: number;
  loraTrainingCheckpointed: number;
}

/** What a person may want to know of a model: its own size and half of it, one picture and four at a time. */
export function memoryTable(model: DiffusionModel): MemoryRow[] {
  const own = ownSize(model);
  const multiple =
    downsamplingFactor(model.vae.config) * 2 ** (model.unet.config.block_out_channels.length - 1);
  const half = Math.max(multiple, Math.floor(own / 2 / multiple) * multiple);
  return [...new Set([half, own])].flatMap((size) =>
    [1, 4].map((batch) => {
      const generation = (lowMemory: boolean) =>
        generationMemory(model, { batch, size, guided: true, lowMemory });
      const training = (checkpointing: boolean) =>
        trainingMemory(model, { batch, size, rank: 4, checkpointing, lowMemory: false });
      return {
        size,
        batch,
        inference: generation(false),
        lowMemory: generation(true),
        loraTraining: training(false),
        loraTrainingCheckpointed: training(true),
      };
    }),
  );
}
