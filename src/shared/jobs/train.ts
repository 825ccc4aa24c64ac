/** Owns the parameters and the result of training a difficulty adapter or a plain LoRA. */
import { z } from 'zod';
import { BUILTIN } from '../built-in.ts';
import { count, id, leftOut, modelId, seed } from './parts.ts';

/** The encoder's internals are unpublished: the defaults are our own (docs/decisions/0007). */
export const trainParams = z.object({
  datasetId: id,
  /** difficulty: LoRA and difficulty encoder; plain: the LoRA alone, as what difficulty is compared with. */
  kind: z.enum(['difficulty', 'plain']).default('difficulty'),
  baseModelId: modelId.default(BUILTIN.diffusion),
  /** Scorer whose difficulty conditions the model; null: the dataset's current one. */
  scorerId: id.nullable().default(null),
  steps: z.int().min(1).max(1_000_000).default(300),
  /** Images that are computed together. */
  batchSize: z.int().min(1).max(256).default(16),
  /** Batches whose gradients are averaged for one optimiser step: a larger batch in the memory of a small one. */
  accumulation: z.int().min(1).max(256).default(1),
  /** Less memory for about a third more time: backward computes again what forward did not keep. */
  gradientCheckpointing: z.boolean().default(false),
  rank: z.int().min(1).max(256).default(8),
  loraLearningRate: z.number().positive().max(1).default(1e-3),
  encoderLearningRate: z.number().positive().max(1).default(3e-3),
  tokens: z.int().min(1).max(16).default(4),
  placement: z.enum(['append', 'overwrite']).default('append'),
  /** Layer norm over each of those tokens, by which they are as large as the text's. */
  tokenNorm: z.boolean().default(true),
  labelEncoding: z.enum(['one-hot', 'embedding']).default('one-hot'),
  /** What the difficulty encoder reads of a score: the number itself, or waves of it besides. */
  scoreFeatures: z.enum(['raw', 'fourier']).default('fourier'),
  /** Waves of Fourier features: more lets it bend more finely over the scores. */
  frequencies: z.int().min(1).max(64).default(1),
  /** Width and number of the difficulty encoder's hidden layers. */
  encoderWidth: z.int().min(1).max(8192).default(128),
  encoderDepth: z.int().min(1).max(16).default(2),
  /** Gamma of min-SNR weighting, by which low noise counts less; 5 is its paper's; null: every noise level counts alike. */
  minSnrGamma: z.number().positive().max(1e6).nullable().default(null),
  /** Share of training samples whose difficulty token is replaced by the learned null token, for guidance. */
  conditionDropout: z.number().min(0).max(0.9).default(0.1),
  /** Share of training samples without their caption, so that the difficulty tokens can speak alone. */
  textDropout: z.number().min(0).max(0.9).default(0.1),
  /** Draw difficulty levels evenly (true) or as they occur (false). */
  balanced: z.boolean().default(true),
  checkpointEvery: z.int().min(1).default(25),
  /** Steps between previews of a few classes; 0: none; null: as often as takes about a twentieth of the time. */
  previewEvery: z.int().min(0).max(1_000_000).nullable().default(null),
  seed,
});

export const trainResult = z.object({
  modelId,
  /** Fewer than asked for where it was ended early. */
  steps: count,
  /** Smoothed over the last steps. */
  loss: z.number(),
  /** Learned from. */
  images: count,
  ...leftOut,
});
