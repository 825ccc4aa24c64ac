/** Owns parameters that several jobs have. */
import { z } from 'zod';
import { labelList, limits } from '../limits.ts';
import { longPromptNames, promptSyntaxNames } from '../prompting.ts';
import { schedulerSettings } from '../schedulers.ts';

export const id = z.int().positive();

/** What every random number of a job follows from: all of its bits count. */
export const seed = z.int().min(0).max(limits.seed).default(0);

export const modelId = z.string().max(limits.modelId);

export const encoder = modelId.default('builtin:encoder');

/** How pictures are drawn. */
export const sampling = {
  guidanceScale: z.number().min(1).max(30).default(2),
  /** What guidance strengthens: see core/diffusion/guidance.ts. */
  guidanceMode: z.enum(['separate', 'null-token', 'same-token']).default('separate'),
  /** With guidance mode separate: how strongly difficulty is followed; 1: as the model does by itself. */
  difficultyGuidance: z.number().min(1).max(30).default(5),
  scheduler: z.enum(schedulerSettings).default('model'),
  steps: z.int().min(1).max(1000).default(30),
  batchSize: z.int().min(1).max(64).default(8),
};

/** How prompts are read. */
export const prompting = {
  /** Which program's syntax they are written in; core/prompts has one file for each. */
  promptSyntax: z.enum(promptSyntaxNames).default('plain'),
  /** Prompts of more tokens than the text encoder takes at a time: their end is cut, or read in further chunks. */
  longPrompts: z.enum(longPromptNames).default('truncate'),
  /** Layer of the text encoder whose output is used, counted from its end: 1 the last; null: as the model's config says. */
  clipSkip: z.int().min(1).max(limits.layers).nullable().default(null),
};

/** Classes that the model was trained on, or of the dataset. */
export const someClasses = z.union([z.literal('all'), labelList(1)]).default('all');

/** The same seeds of every class at every level. */
export const everyLevel = {
  /** Difficulty adapter; null: the newest one trained on this dataset. */
  adapterId: modelId.nullable().default(null),
  /** Scorer whose difficulty the adapter was trained on; null: the one that its file names. */
  scorerId: id.nullable().default(null),
  classes: someClasses,
  levels: z.array(z.number().min(0).max(1)).min(2).max(20).default([0.1, 0.3, 0.5, 0.7, 0.9]),
  /** Images per class and level: seeds that every level shares. */
  count: z.int().min(1).max(10_000).default(40),
};
