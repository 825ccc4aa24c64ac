/** Owns what a model of the catalog is to every process, and what is asked of an ONNX classifier. */
import { z } from 'zod';
import { labelList, limits } from '../limits.ts';
import { id, timestampMs } from './parts.ts';

export const modelKind = z.enum([
  'diffusion',
  'encoder',
  'classifier',
  'captioner',
  'difficulty-adapter',
  'lora',
]);
export type ModelKind = z.infer<typeof modelKind>;

export const modelEntry = z.object({
  id: z.string(), // one of BUILTIN's, or 'model:<row>'
  name: z.string(),
  kind: modelKind,
  path: z.string(),
  hash: z.string(),
  builtIn: z.boolean(),
  datasetId: id.nullable(), // the dataset a difficulty adapter was trained on
  /** What a person reads about it: sizes, labels, training figures. */
  summary: z.string(),
  usable: z.boolean(),
  problem: z.string().nullable(),
  createdAt: timestampMs,
});
export type ModelEntry = z.infer<typeof modelEntry>;

export const resizeKernel = z.enum(['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos']);

/** What must be known of a user's ONNX classifier before it may be used; nothing here is guessed. */
export const onnxClassifierSpec = z.object({
  input: z.string().max(limits.label),
  layout: z.enum(['NCHW', 'NHWC']),
  width: z.int().positive(),
  height: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Applied to RGB in [0,1]: (x - mean) / std. */
  mean: z.array(z.number()).max(3),
  std: z.array(z.number()).max(3),
  resize: z.enum(['stretch', 'crop']),
  /** The filter of this name resizes; absent: libvips' Lanczos, as in models added before there was a choice. */
  kernel: resizeKernel.optional(),
  /** Whose rounding that filter has: what a preprocessor_config.json means; absent: Pillow's. */
  arithmetic: z.enum(['pillow', 'torch']).optional(),
  /** Images are resized to the input's size divided by this, and the middle cut out, (0,1]; absent: 1. */
  cropShare: z.number().min(0.1).max(1).optional(),
  logits: z.string().max(limits.label).nullable(),
  features: z.string().max(limits.label).nullable(),
  labels: labelList(0).nullable(),
});

/** The fields that need an answer: the others have a default. */
export const onnxQuestions = Object.entries(onnxClassifierSpec.shape)
  .filter(([, field]) => !field.safeParse(undefined).success)
  .map(([name]) => name as keyof OnnxClassifierSpec);

export type OnnxClassifierSpec = z.infer<typeof onnxClassifierSpec>;
