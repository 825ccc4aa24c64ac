/** Owns what is told of the difficulty of a dataset: per class, its distribution, its map. */
import { z } from 'zod';
import { id, unit } from './parts.ts';
import { scorer } from './scorer.ts';

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
