/** Owns schemas that several nouns of the domain have. */
import { z } from 'zod';

export const id = z.int().positive();

export const unit = z.number().min(0).max(1);

export const timestampMs = z.number(); // milliseconds since 1970, UTC

export const split = z.enum(['train', 'val', 'test']);
export type Split = z.infer<typeof split>;

export const origin = z.enum(['real', 'synthetic']);
export type Origin = z.infer<typeof origin>;

/** Difficulty buckets of the papers: easy [0,.33), medium [.33,.66), hard [.66,1]. */
export const bucket = z.enum(['easy', 'medium', 'hard']);
export type Bucket = z.infer<typeof bucket>;

export const reviewDecision = z.enum(['accept', 'reject']);
export type ReviewDecision = z.infer<typeof reviewDecision>;
