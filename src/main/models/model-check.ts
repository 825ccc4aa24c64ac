/**
 * Owns what a check says of one of the analyst's models, as schemas: the process that looks at it sends this to whoever
 * asked (engine/inspections.ts), who trusts no more of it than they say.
 */
import { z } from 'zod';
import { onnxClassifierSpec } from '../../shared/domain/model.ts';

const count = z.number().min(0);
const names = z.array(z.string());

const partReport = z.object({
  part: z.string(),
  file: z.string(),
  /** Numbers in its parameters. */
  parameters: count,
  /** Names that the network asks for and the file has not. */
  missing: names,
  /** Names of the file that the network has no use for. */
  surplus: names,
  /** Names with another shape than the config asks for, with both. */
  misshapen: names,
  /** Fields of its config that are not known here, and have no effect. */
  unknownFields: names,
});
export type PartReport = z.infer<typeof partReport>;

const memoryRow = z.object({
  size: count,
  batch: count,
  /** Bytes. */
  inference: count,
  lowMemory: count,
  loraTraining: count,
  loraTrainingCheckpointed: count,
});
export type MemoryRow = z.infer<typeof memoryRow>;

const diffusionReport = z.object({
  summary: z.string(),
  parts: z.array(partReport),
  problems: z.array(z.string()),
  abilities: z.array(z.string()),
  /** Null where a part is not whole. */
  memory: z.array(memoryRow).nullable(),
});
export type DiffusionReport = z.infer<typeof diffusionReport>;

const loraReport = z.object({
  layers: z.array(
    z.object({
      part: z.string(),
      layer: z.string(),
      kind: z.string(),
      /** Null: of full rank. */
      rank: count.nullable(),
      /** Null: the kind has none. */
      alpha: z.number().nullable(),
      /** Of the layer's difference at weight 1. */
      scale: z.number(),
      /** Whether it changes the layer's bias too. */
      bias: z.boolean(),
    }),
  ),
  /** Learned tokens that the file brings along. */
  tokens: z.array(z.object({ token: z.string(), vectors: count })),
});
export type LoraReport = z.infer<typeof loraReport>;

export const modelCheck = z.object({
  kind: z.string(),
  usable: z.boolean(),
  summary: z.string(),
  problems: z.array(z.string()),
  onnx: onnxClassifierSpec.partial().nullable(),
  /** The file that a folder stands for; absent: what was named. */
  file: z.string().optional(),
  /** Of a diffusion model of weights: its parts, abilities and memory. */
  diffusion: diffusionReport.optional(),
  /** Of a LoRA file: its layers, and how strongly each is adapted. */
  lora: loraReport.optional(),
});
export type ModelCheck = z.infer<typeof modelCheck>;
