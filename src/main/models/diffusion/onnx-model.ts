/**
 * Owns a diffusion model exported to ONNX (Optimum's layout): a folder whose parts are finished graphs. They are run
 * as they are: what a part's axes leave free decides which batches, sizes and token counts it takes. There are no
 * weights to put adapters on or to train, so such a folder only generates.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { guidanceEmbedding } from '../../../core/diffusion/guidance-embedding.ts';
import { schedulerConfig } from '../../../core/diffusion/scheduler-config.ts';
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { takesGuidance } from '../../../core/nn/unet-2d-condition.ts';
import { hashFile } from '../../files/hash.ts';
import { combinedHash } from '../../files/hash-folder.ts';
import { openSession, type RuntimeOptions, type Session, type Tensor } from '../../runtime/runtime.ts';
import { requireStableDiffusion } from '../pipeline-name.ts';
import { readConfig } from '../stored-part.ts';
import type { GenerationModel } from './generation-model.ts';
import { type LatentShape, toRgb } from './sessions.ts';
import { textEncoder } from './text-encoder.ts';
import { openClipTokenizer } from './tokenizer-folder.ts';

export const onnxParts = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'] as const;
type PartName = (typeof onnxParts)[number];

/** What the configs beside the graphs are asked for. */
function unetFacts(json: unknown) {
  const c = configFields(json, 'U-Net');
  return {
    in_channels: c.count('in_channels', most.channels),
    sample_size: c.count('sample_size', most.pixels),
    cross_attention_dim: c.count('cross_attention_dim', most.channels),
    time_cond_proj_dim: c.optionalCount('time_cond_proj_dim', most.channels),
  };
}

function vaeFacts(json: unknown) {
  const c = configFields(json, 'autoencoder');
  return {
    levels: c.counts('block_out_channels', most.channels, most.levels).length,
    scale: c.number('scaling_factor', ranges.factor, 0.18215),
  };
}

const textLength = (json: unknown) =>
  configFields(json, 'text encoder').count('max_position_embeddings', most.tokens);

/** @throws an error that names the missing or unfit file. */
export function openOnnxModel(folder: string): GenerationModel {
  requireStableDiffusion(folder);
  const graphOf = (part: PartName): string => {
    const file = join(folder, part, 'model.onnx');
    if (!existsSync(file)) throw new Error(`${file} is missing: the exported ${part}`);
    return file;
  };
  // The encoder is asked for when an image is to be encoded: text to image does without.
  for (const part of ['text_encoder', 'unet', 'vae_decoder'] as const) graphOf(part);
  const config = <T>(path: string, what: string, read: (json: unknown) => T) =>
    readConfig(join(folder, path), what, read);
  const unet = config('unet/config.json', 'U-Net', unetFacts);
  const { levels, scale } = config('vae_decoder/config.json', 'autoencoder', vaeFacts);
  const length = config('text_encoder/config.json', 'text encoder', textLength);
  const tokenizer = openClipTokenizer(join(folder, 'tokenizer'));
  const factor = 2 ** (levels - 1);
  const latentShape = (size: number): LatentShape => {
    if (!(Number.isInteger(size / factor) && size > 0)) {
      throw new Error(`pictures of ${size} pixels: this model makes multiples of ${factor}`);
    }
    const side = size / factor;
    return { channels: unet.in_channels, height: side, width: side, numbers: unet.in_channels * side * side };
  };

  return {
    size: unet.sample_size * factor,
    textLength: length,
    textWidth: unet.cross_attention_dim,
    tokenizer,
    scheduler: config('scheduler/scheduler_config.json', 'scheduler', schedulerConfig),
    takesGuidance: takesGuidance(unet),
    trainable: false,
    async hash() {
      const parts = onnxParts.filter((part) => existsSync(join(folder, part, 'model.onnx')));
      return combinedHash(await Promise.all(parts.map((part) => hashFile(graphOf(part)))));
    },
    memory: () => null,
    latentShape,
    async openText(runtime, clipSkip = null) {
      if (clipSkip !== null && clipSkip !== 1) {
        throw new Error(
          `${folder} holds exported graphs, whose text encoder gives its last layer only: generate without CLIP skip, or use the checkpoint in safetensors`,
        );
      }
      const graph = await openGraph(graphOf('text_encoder'), runtime, { input_ids: [1, length] });
      return textEncoder(tokenizer, length, {
        run: (ids) => graph.run({ input_ids: Float32Array.from(ids) }, ['last_hidden_state']),
        close: graph.close,
      });
    },
    async openNoise(runtime, { rows, tokens, size, adapter, guidanceScale = 1 }) {
      if (adapter) {
        throw new Error(
          `${folder} holds exported graphs, which take no LoRA: generate without the difficulty model, or use the checkpoint in safetensors`,
        );
      }
      const { channels, height, width } = latentShape(size);
      const file = graphOf('unet');
      const guided = unet.time_cond_proj_dim;
      const graph = await openGraph(file, runtime, {
        sample: [rows, channels, height, width],
        timestep: [1],
        encoder_hidden_states: [rows, tokens, unet.cross_attention_dim],
        ...(guided !== undefined && { timestep_cond: [rows, guided] }),
      });
      const told = guidanceEmbedding(guidanceScale, guided ?? 0);
      const timestep_cond = Float32Array.from(
        { length: rows * told.length },
        (_, i) => told[i % told.length],
      );
      return {
        predict: (sample, t, states) =>
          graph.run({ sample, timestep: Float32Array.of(t), encoder_hidden_states: states, timestep_cond }, [
            'out_sample',
          ]),
        close: graph.close,
      };
    },
    async openEncoder(runtime, size) {
      const graph = await openGraph(graphOf('vae_encoder'), runtime, { sample: [1, 3, size, size] });
      const { numbers } = latentShape(size);
      return {
        async encode(sample) {
          // Mean and log-variance one after the other; older exports give a drawn latent, which has no mean.
          const out = await graph.run({ sample }, ['latent_parameters', 'latent_sample']);
          if (out.length !== 2 * numbers) {
            throw new Error(
              `${graphOf('vae_encoder')} gives a randomly drawn latent; export the model again so that it gives latent_parameters`,
            );
          }
          return { mean: out.subarray(0, numbers).map((value) => value * scale) };
        },
        close: graph.close,
      };
    },
    async openDecoder(runtime, size) {
      const { channels, height, width } = latentShape(size);
      const graph = await openGraph(graphOf('vae_decoder'), runtime, {
        latent_sample: [1, channels, height, width],
      });
      return {
        async decode(latents) {
          const latent_sample = latents.map((value) => value / scale);
          return toRgb(await graph.run({ latent_sample }, ['sample']));
        },
        close: graph.close,
      };
    },
  };
}

interface Graph {
  /** Values by input name, in the element type the graph wants; the first of `outputs` that the graph has. */
  run(values: Record<string, Float32Array>, outputs: readonly string[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens one exported part and checks that it takes inputs of these shapes. An axis of rank too few is dropped where
 * it is 1 (a timestep may be a scalar). @throws naming the file, the input, its shape and the expected one.
 */
async function openGraph(
  file: string,
  runtime: RuntimeOptions,
  shapes: Record<string, readonly number[]>,
): Promise<Graph> {
  const session = await openSession(file, runtime);
  try {
    const inputs = session.inputs.map((input) => ({ ...input, dims: dimsFor(file, input, shapes) }));
    return {
      async run(values, outputs) {
        const feeds: Record<string, Tensor> = {};
        for (const { name, type, dims } of inputs) feeds[name] = tensorOf(type, dims, values[name]);
        const name = outputs.find((o) => session.outputNames.includes(o));
        if (!name) {
          throw new Error(
            `${file}: its outputs are ${session.outputNames.join(', ')}, expected ${outputs[0]}`,
          );
        }
        return (await session.run(feeds, [name]))[name].data as Float32Array;
      },
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function dimsFor(
  file: string,
  input: Session['inputs'][number],
  shapes: Record<string, readonly number[]>,
): readonly number[] {
  const wanted = Object.hasOwn(shapes, input.name) ? shapes[input.name] : null;
  if (!wanted) {
    throw new Error(
      `${file}: input ${input.name} is not known here; expected ${Object.keys(shapes).join(', ')}`,
    );
  }
  if (!['float32', 'int64', 'int32'].includes(input.type)) {
    throw new Error(`${file}: input ${input.name} is ${input.type}; export the model in float32`);
  }
  const dims = input.shape.length === 0 && wanted.length === 1 ? [] : wanted;
  const fits = dims.length === input.shape.length && input.shape.every((d, i) => d === null || d === dims[i]);
  if (!fits) {
    const there = input.shape.map((d) => d ?? '?').join();
    throw new Error(
      `${file}: input ${input.name} is fixed to [${there}], expected [${dims}]; choose that batch and picture size (guidance doubles the batch), cut long prompts, or export the model with free axes`,
    );
  }
  return dims;
}

function tensorOf(type: string, dims: readonly number[], values: Float32Array): Tensor {
  if (type === 'int64') return { dims, data: BigInt64Array.from(values, (v) => BigInt(Math.round(v))) };
  if (type === 'int32') return { dims, data: Int32Array.from(values, Math.round) };
  return { dims, data: values };
}
