/** Owns the report on what makes each class hard, as the engine stores it and as it is shown. */
import { z } from 'zod';

const id = z.int().positive();
const unit = z.number().min(0).max(1);
/** Spearman's rho of each factor with difficulty, in the order of `factors`; null where one side does not vary. */
const correlations = z.array(z.number().min(-1).max(1).nullable());

/** A class at one difficulty: what was generated from the difficulty tokens alone, and real images beside it. */
export const hardFactorsCell = z.object({
  requested: unit,
  /** One per seed; the same seeds at every level. `file`: below the catalog's folder. */
  generated: z.array(z.object({ file: z.string(), seed: z.int() })),
  /** The i-th looks like the i-th generated one, and is about as hard as was asked for. */
  real: z.array(z.object({ imageId: id, difficulty: unit })),
});

export const classFactors = z.object({
  className: z.string(),
  realCount: z.int(),
  generatedCount: z.int(),
  real: correlations,
  generated: correlations,
  /** As `real`, of factors read from the real images by the same regressor that reads the generated ones. */
  realRead: correlations,
  /** Factor that rises most with difficulty in generated images; null where none rises. */
  top: z.string().nullable(),
  /** The two that rise most in real images (fewer where fewer rise). */
  topReal: z.array(z.string()),
  matches: z.boolean(),
});
export type ClassFactors = z.infer<typeof classFactors>;

/** Own names are kept as they are: z.record would drop a factor called __proto__. */
const isShares = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((share) => share === null || Number.isFinite(share));

/** Which known factors rise with difficulty. */
export const factorFigures = z.object({
  factors: z.array(z.string()).min(1),
  /** Share of a factor's variance that the regressor explains in images it has not learned from; null: no variance. */
  heldOutR2: z.custom<Record<string, number | null>>(isShares, 'expected a number or null by factor'),
  /** Real images whose factors are known. */
  factorImages: z.int(),
  classes: z.array(classFactors),
  /** Classes whose `top` is among their `topReal`, and how many would be by drawing at random. */
  matching: z.int(),
  matchingByChance: z.number(),
});
export type FactorFigures = z.infer<typeof factorFigures>;

export const hardFactorsReport = factorFigures.partial().extend({
  dataset: id,
  adapter: z.object({ id: z.string(), name: z.string(), hash: z.string() }),
  scorer: z.object({ id, name: z.string() }),
  /** What the job was asked for. */
  settings: z.looseObject({ count: z.int(), seed: z.int(), steps: z.int(), guidanceScale: z.number() }),
  levels: z.array(unit).min(2),
  /** Ridge penalty by which each factor is read, in the order of `factors`. */
  penalties: z.array(z.number()).optional(),
  pictures: z
    .array(z.object({ className: z.string(), grid: z.string(), levels: z.array(hardFactorsCell).min(2) }))
    .min(1),
});
export type HardFactorsReport = z.infer<typeof hardFactorsReport>;

/** A report's factor table; null where the dataset's factors were not given. @throws when half of it is missing. */
export const factorsOf = (report: HardFactorsReport): FactorFigures | null =>
  report.factors === undefined ? null : factorFigures.parse(report);
