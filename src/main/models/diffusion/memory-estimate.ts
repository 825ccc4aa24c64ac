/**
 * Owns saying before a job starts what memory a diffusion model will take. Activations are computed from the graphs
 * themselves (graphMemory's largest live set); what ONNX Runtime adds to that is in the measured factors below.
 */
import { type GuidanceOptions, guidanceBranches } from '../../../core/diffusion/guidance.ts';
import { backward } from '../../../core/graph/backward.ts';
import * as f from '../../../core/graph/functions.ts';
import { type Fusions, fusedOn, unfused } from '../../../core/graph/fused.ts';
import { graphMemory } from '../../../core/graph/live-memory.ts';
import { input, type Value } from '../../../core/graph/value.ts';
import { decode, downsamplingFactor } from '../../../core/nn/autoencoder-kl.ts';
import { clipText } from '../../../core/nn/clip-text.ts';
import { withLora } from '../../../core/nn/lora.ts';
import { frozenSource, paramsOf } from '../../../core/nn/params.ts';
import { takesGuidance, unet2dCondition } from '../../../core/nn/unet-2d-condition.ts';
import { largeFrom } from '../../runtime/large-networks.ts';
import type { MemoryRow } from '../model-check.ts';
import type { DiffusionModel } from './model-folder.ts';

/**
 * Measured with Stable Diffusion 1.5 on the CPU, as peak resident memory less the process and the weights, over the
 * computed live set. The runtime's allocator grows in steps and leaves gaps, so the smaller live set of the U-Net, whose
 * attention is fused, has the larger factor.
 *   U-Net 512x512 batch 2      F32 4.39 GB: weights 3.44, live 0.21; F16 3.59 GB: weights 1.72, live 0.21
 *   decoder 512x512            F32 1.76 GB: weights 0.20, live 0.94
 *   LoRA step 256x256 batch 1  F32 4.55 GB: weights 3.44, live 0.60; F16 6.18 GB: weights 1.72, in f32 3.23, live 0.60
 */
const measured = {
  process: 150e6, // bytes
  unet: 3.8,
  decoder: 1.5,
  training: 1.6,
  /** Of weights stored in half precision and read in place: what is in f32 at one time, as a share of their bytes. */
  halfInUse: 0.55,
};

/** Bytes of a part as openGraph opens it on the CPU, of which `live` takes the measured factor. */
interface PartMemory {
  weights: number;
  live: number;
  /** In f32 besides the stored weights: by the graph's order, whatever it keeps for backward. */
  casts: number;
}

function partMemory(outputs: readonly Value[], fused: Fusions, lowMemory: boolean): PartMemory {
  const { weights, storedWeights, activations: live } = graphMemory(outputs, { fused });
  if (!lowMemory && weights / 4 < largeFrom) return { weights, live, casts: 0 };
  const inPlace = graphMemory(outputs, { fused, inPlace: true });
  const half = storedWeights < weights;
  return {
    // In low memory what is mapped may be dropped at any time.
    weights: lowMemory ? 0 : storedWeights,
    live,
    casts: half ? Math.max(measured.halfInUse * storedWeights, inPlace.activations - live) : 0,
  };
}

export interface GenerationLoad {
  /** Pictures at a time. */
  batch: number;
  /** Pixels. */
  size: number;
  /** Rows of the network for each picture: as many as guidance compares. */
  branches: number;
  /** And where the network takes the scale as an input; absent: as many. */
  branchesWithInput?: number;
  /** Chunks of the longest prompt; absent: one. */
  chunks?: number;
  lowMemory: boolean;
}

export const generationLoad = (
  params: GuidanceOptions & { batchSize: number },
  size: number,
  lowMemory = false,
): GenerationLoad => ({
  batch: params.batchSize,
  size,
  branches: guidanceBranches(params).branches.length,
  branchesWithInput: guidanceBranches(params, true).branches.length,
  lowMemory,
});

/** All that generation has open at one time: text encoder, U-Net and decoder. Bytes. */
export function generationMemory(model: DiffusionModel, load: GenerationLoad): number {
  const { unet, vae, text } = model;
  const { branches, branchesWithInput = branches } = load;
  const rows = (takesGuidance(unet.config) ? branchesWithInput : branches) * load.batch;
  const side = load.size / downsamplingFactor(vae.config);
  const latents = (n: number, channels: number) => input('latents', [n, channels, side, side]);
  const part = (output: Value) => partMemory([output], fusedOn.cpu, load.lowMemory);
  const network = part(
    unet2dCondition(paramsOf(frozenSource(unet.table)), unet.config, {
      sample: latents(rows, unet.config.in_channels),
      timesteps: input('timesteps', [rows]),
      encoderHiddenStates: input('states', [
        rows,
        model.textLength * (load.chunks ?? 1),
        unet.config.cross_attention_dim,
      ]),
    }),
  );
  const decoder = part(
    decode(paramsOf(frozenSource(vae.table)), vae.config, latents(1, vae.config.latent_channels)),
  );
  const ids = input('ids', [1, model.textLength], 'i64');
  const encoder = part(clipText(paramsOf(frozenSource(text.table)), text.config, ids));
  const parts = [network, decoder, encoder];
  return (
    measured.process +
    parts.reduce((sum, { weights, casts }) => sum + weights + casts, 0) +
    measured.unet * network.live +
    measured.decoder * decoder.live +
    encoder.live
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

/** A training step of a LoRA. Bytes. */
export function trainingMemory(model: DiffusionModel, load: TrainingLoad): number {
  const { source, predicted } = adapted(model, load);
  const loss = f.mseLoss(predicted, input('target', predicted.shape));
  const gradients = backward(loss, [...source.parameters.values()], { recompute: load.checkpointing });
  const { weights, live, casts } = partMemory(gradients, unfused, load.lowMemory);
  return measured.process + weights + casts + measured.training * live;
}

/** How many numbers a LoRA of this rank has. */
export function loraNumbers(model: DiffusionModel, rank: number): number {
  const { source } = adapted(model, { batch: 1, size: ownSize(model), rank });
  return [...source.parameters.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1),
    0,
  );
}

function adapted(model: DiffusionModel, load: Pick<TrainingLoad, 'batch' | 'size' | 'rank'>) {
  const { unet, vae } = model;
  const side = load.size / downsamplingFactor(vae.config);
  const source = withLora(frozenSource(unet.table), { rank: load.rank, alpha: load.rank });
  const predicted = unet2dCondition(paramsOf(source), unet.config, {
    sample: input('sample', [load.batch, unet.config.in_channels, side, side]),
    timesteps: input('timesteps', [load.batch]),
    encoderHiddenStates: input('states', [load.batch, model.textLength + 1, unet.config.cross_attention_dim]),
  });
  return { source, predicted };
}

/** Side of the model's own pictures, in pixels. */
export const ownSize = ({ unet, vae }: DiffusionModel): number =>
  unet.config.sample_size * downsamplingFactor(vae.config);

/** What a person may want to know of a model: its own size and half of it, one picture and four at a time. */
export function memoryTable(model: DiffusionModel): MemoryRow[] {
  const own = ownSize(model);
  const multiple =
    downsamplingFactor(model.vae.config) * 2 ** (model.unet.config.block_out_channels.length - 1);
  const half = Math.max(multiple, Math.floor(own / 2 / multiple) * multiple);
  return [...new Set([half, own])].flatMap((size) =>
    [1, 4].map((batch) => {
      const generation = (lowMemory: boolean) =>
        generationMemory(model, { batch, size, branches: 2, lowMemory });
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
