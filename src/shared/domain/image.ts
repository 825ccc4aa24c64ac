/** Owns what an image of a dataset is to every process, and how images are chosen and ordered. */
import { z } from 'zod';
import { idList, limits } from '../limits.ts';
import { bucket, id, origin, reviewDecision, split, timestampMs, unit } from './parts.ts';
import { provenance } from './provenance.ts';

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

/** Images by a text that a CLIP reads. */
export const imageSearch = z.object({
  datasetId: id,
  modelId: z.string().max(limits.modelId),
  text: z.string().min(1).max(limits.prompt),
  /** How many are found at most. */
  count: z.int().min(1).max(limits.found),
});
export type ImageSearch = z.infer<typeof imageSearch>;

export const foundImages = z.object({
  /** Nearest first. */
  ids: z.array(id),
  /** Of the same images, [-1,1]. */
  cosines: z.array(z.number()),
  /** Images without features of the model, which are not found. */
  missing: z.int().min(0),
});
export type FoundImages = z.infer<typeof foundImages>;
