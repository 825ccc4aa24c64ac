/**
 * Owns the domain types that cross process boundaries, each once, as a zod schema with its inferred type.
 * Ranges and units stand beside the numbers. Terms are those of docs/glossary.md.
 */
import { z } from 'zod';
import { idList, labelList, limits } from './limits.ts';
import { pathFor } from './paths.ts';
import { promptSyntaxNames } from './prompting.ts';

const id = z.int().positive();
const unit = z.number().min(0).max(1);
const timestampMs = z.number(); // milliseconds since 1970, UTC

export const split = z.enum(['train', 'val', 'test']);
export type Split = z.infer<typeof split>;

export const origin = z.enum(['real', 'synthetic']);
export type Origin = z.infer<typeof origin>;

/** Difficulty buckets of the papers: easy [0,.33), medium [.33,.66), hard [.66,1]. */
export const bucket = z.enum(['easy', 'medium', 'hard']);
export type Bucket = z.infer<typeof bucket>;

export const reviewDecision = z.enum(['accept', 'reject']);
export type ReviewDecision = z.infer<typeof reviewDecision>;

export const datasetClass = z.object({
  id,
  name: z.string(),
  index: z.int().min(0),
  images: z.int(),
  synthetic: z.int(),
});
export type DatasetClass = z.infer<typeof datasetClass>;

/** How the scores of one scorer came about. */
export const scorerMethod = z.enum(['out-of-fold', 'in-sample', 'classifier', 'precomputed']);
export type ScorerMethod = z.infer<typeof scorerMethod>;

export const scorer = z.object({
  id,
  datasetId: id,
  name: z.string(),
  method: scorerMethod,
  /** Encoder (or classifier) that the scores stand on. */
  modelName: z.string(),
  modelHash: z.string(),
  /** That its probabilities are brought to, those of generated images too; 1: none. */
  temperature: z.number().positive(),
  /** Share of scored real images whose most probable class is the label. */
  accuracy: unit.nullable(),
  scored: z.int(),
  createdAt: timestampMs,
});
export type Scorer = z.infer<typeof scorer>;

export const dataset = z.object({
  id,
  name: z.string(),
  root: z.string(),
  /** What was imported: the root itself, or a manifest inside it. */
  source: z.string(),
  images: z.int(),
  synthetic: z.int(),
  removed: z.int(),
  skipped: z.int(),
  classes: z.array(datasetClass),
  scorers: z.array(scorer),
  /** The scorer whose difficulty is shown; the newest unless a person chose another. */
  currentScorerId: id.nullable(),
  hasProjection: z.boolean(),
  createdAt: timestampMs,
});
export type Dataset = z.infer<typeof dataset>;

export const imageSummary = z.object({
  id,
  path: z.string(),
  classId: id.nullable(),
  className: z.string().nullable(),
  origin,
  width: z.int(),
  height: z.int(),
  /** 1 - p(true class) by the current scorer; null while unscored. */
  difficulty: unit.nullable(),
  requestedDifficulty: unit.nullable(),
  decision: reviewDecision.nullable(),
});
export type ImageSummary = z.infer<typeof imageSummary>;

export const imageScore = z.object({
  scorerId: id,
  scorerName: z.string(),
  difficulty: unit,
  entropy: z.number(), // nats
  margin: z.number(), // p(best) - p(second), [0,1]
  predictedClass: z.string(),
  /** The most probable classes, best first. */
  top: z.array(z.object({ className: z.string(), probability: unit })),
});
export type ImageScore = z.infer<typeof imageScore>;

/** A real image that a synthetic one was made from. */
const sourceImage = z.object({ id, path: z.string(), hash: z.string() });

/** What a synthetic image started from, where that is not the noise of its seed. */
export const startingPoint = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('image'), source: sourceImage, strength: unit }),
  z.object({
    kind: z.literal('interpolate'),
    source: sourceImage,
    partner: sourceImage,
    /** Place on the circle through both: 0 is the source, -1 the partner. */
    lambda: z.number(),
    inversionSteps: z.int().positive(),
  }),
]);
export type StartingPoint = z.infer<typeof startingPoint>;

/** Everything that was drawn or chosen for one generated image; also written into its PNG. */
export const provenance = z.object({
  recipe: z.string(),
  models: z.record(z.string(), z.string()), // role -> sha256
  seed: z.int(),
  prompt: z.string(),
  negativePrompt: z.string(),
  /** Which syntax they were read by. Absent: plain. */
  promptSyntax: z.enum(promptSyntaxNames).optional(),
  /** Chunks that the text encoder read them in. Absent: one. */
  promptChunks: z.int().positive().optional(),
  /** Layer of the text encoder, from its end. Absent: as the model's config says. */
  clipSkip: z.int().positive().optional(),
  /** The real image whose caption the prompt holds. Absent: none. */
  captionOf: sourceImage.optional(),
  className: z.string(),
  requestedDifficulty: unit.nullable(),
  scheduler: z.string(),
  steps: z.int().positive(),
  guidanceScale: z.number().min(1),
  guidanceMode: z.string(),
  /** Guidance scale of the difficulty, where it has its own. */
  difficultyGuidance: z.number().min(1).optional(),
  /** Absent: 0. */
  eta: unit.optional(),
  /** Absent: the noise of the seed. */
  start: startingPoint.optional(),
  /** Two-stage prompts: what conditioned the first `share` of the noise levels. Absent: `prompt` throughout. */
  firstStage: z.object({ prompt: z.string(), share: unit }).optional(),
  /** Kept by its measured difficulty or class. Absent: nothing was measured while it was made. */
  selection: z
    .object({
      scorer: z.string(),
      measured: unit,
      agrees: z.boolean(),
      /** Which of its candidates this is, from 1, and how many were made. */
      candidate: z.int().positive(),
      candidates: z.int().positive(),
      /** false: none was as wanted, and this is the nearest. */
      accepted: z.boolean(),
    })
    .optional(),
  provider: z.string(),
  createdBy: z.string(), // program and version
});
export type Provenance = z.infer<typeof provenance>;

/** What a generation would make with the settings as they are. */
export const generationOutline = z.object({
  /** Images of each chosen class. */
  classes: z.array(z.object({ className: z.string(), count: z.int() })),
  /** Training images of these classes by difficulty, counts of equally wide bins from 0 to 1; null: none is scored. */
  real: z.array(z.int()).nullable(),
  /** The prompts of the first images. */
  examples: z.array(z.string()),
  /** Why the job would fail, by setting. */
  problems: z.partialRecord(z.enum(['count', 'difficulty', 'prompt']), z.string()),
});
export type GenerationOutline = z.infer<typeof generationOutline>;

export const imageDetail = imageSummary.extend({
  datasetId: id,
  hash: z.string(),
  bytes: z.int(),
  format: z.string(),
  split: split.nullable(),
  caption: z.string().nullable(),
  captionSource: z.string().nullable(),
  tags: z.array(z.string()),
  scores: z.array(imageScore),
  provenance: provenance.nullable(),
  labelHistory: z.array(
    z.object({ at: timestampMs, from: z.string().nullable(), to: z.string().nullable(), source: z.string() }),
  ),
  present: z.boolean(),
});
export type ImageDetail = z.infer<typeof imageDetail>;

/** Which images are meant; an absent field does not restrict. */
export const imageFilter = z.object({
  classIds: idList(limits.classes).optional(),
  origin: origin.optional(),
  difficulty: z.object({ min: unit, max: unit }).optional(),
  bucket: bucket.optional(),
  decision: z.enum(['accept', 'reject', 'none']).optional(),
  /** Leaves out synthetic images that were not accepted in review; real images need no review. */
  acceptedOnly: z.boolean().optional(),
  /** Leaves out images, real ones too, that a person rejected (excluded). */
  withoutRejected: z.boolean().optional(),
  split: split.optional(),
  tag: z.string().max(limits.search).optional(),
  /** Substring of path or caption, case-insensitive. */
  text: z.string().max(limits.search).optional(),
  /** Label and most probable class differ (true) or agree (false). */
  disagrees: z.boolean().optional(),
  jobId: id.optional(),
});
export type ImageFilter = z.infer<typeof imageFilter>;

export const imageSort = z.enum(['path', 'difficulty-asc', 'difficulty-desc', 'newest', 'margin', 'entropy']);
export type ImageSort = z.infer<typeof imageSort>;

/** Per-class row of the difficulty screen. */
export const classDifficulty = z.object({
  classId: id,
  className: z.string(),
  count: z.int(),
  mean: unit,
  median: unit,
  accuracy: unit,
  buckets: z.object({ easy: z.int(), medium: z.int(), hard: z.int() }),
  easiest: z.array(id),
  hardest: z.array(id),
});
export type ClassDifficulty = z.infer<typeof classDifficulty>;

export const densityCurve = z.object({
  label: z.string(),
  count: z.int(),
  x: z.array(unit),
  y: z.array(z.number()),
});
export type DensityCurve = z.infer<typeof densityCurve>;

export const difficultySummary = z.object({
  scorer,
  buckets: z.object({ easy: z.int(), medium: z.int(), hard: z.int() }),
  mean: unit,
  accuracy: unit,
  curves: z.array(densityCurve),
  classes: z.array(classDifficulty),
  easiest: z.array(id),
  hardest: z.array(id),
});
export type DifficultySummary = z.infer<typeof difficultySummary>;

/** A map of one dataset; all arrays have one entry per image (positions: two). */
export const projectionData = z.object({
  projectionId: id,
  method: z.string(),
  modelName: z.string(),
  ids: z.instanceof(Uint32Array),
  positions: z.instanceof(Float32Array),
  classIndex: z.instanceof(Int32Array), // -1: no class
  difficulty: z.instanceof(Float32Array), // NaN: unscored
  synthetic: z.instanceof(Uint8Array), // 1: synthetic
});
export type ProjectionData = z.infer<typeof projectionData>;

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
  id: z.string(), // 'builtin:diffusion', 'builtin:encoder' or 'model:<row>'
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

export const deviceName = z.enum(['auto', 'cpu', 'cuda', 'dml', 'webgpu']);
export type DeviceName = z.infer<typeof deviceName>;

export const providerReport = z.object({
  provider: z.enum(['cuda', 'dml', 'webgpu', 'cpu']),
  usable: z.boolean(),
  /** Largest difference to the CPU result on the probe; null when it did not run. */
  maxAbsDiff: z.number().nullable(),
  ms: z.number().nullable(),
  reason: z.string(), // why not, or what it is
});
export type ProviderReport = z.infer<typeof providerReport>;

export const settings = z.object({
  theme: z.enum(['system', 'dark', 'light']),
  device: deviceName,
  modelsFolder: pathFor('models-folder').nullable(),
  threads: z.int().min(0).max(256), // 0: the runtime's choice
  /** Weights are mapped, not repacked: slower, far less memory. */
  lowMemory: z.boolean(),
  /** Noise is predicted in float16 while generating, on a GPU; the CPU always computes in float32. */
  halfPrecision: z.boolean(),
});
export type Settings = z.infer<typeof settings>;
