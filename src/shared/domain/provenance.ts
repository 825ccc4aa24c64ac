/** Owns what is recorded of how a synthetic image was made. */
import { z } from 'zod';
import { promptSyntaxNames } from '../prompting.ts';
import { id, unit } from './parts.ts';

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
  /** Recorded parameters without a place of their own above, where they are not as usual. Absent: all are. */
  settings: z.record(z.string(), z.unknown()).optional(),
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
