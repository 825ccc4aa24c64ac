/**
 * Owns the control report (`control/<job>/control.json`): what the engine writes and every reader checks. It tells
 * whether generated images are as hard as they were asked to be, and what that costs in diversity and faithfulness.
 * File names in it are relative to the report's own folder.
 */
import { z } from 'zod';

const unit = z.number().min(0).max(1);
const count = z.int().min(0);
const level = unit; // a difficulty that was asked for
const id = z.int().positive();

/** The scorer whose difficulty the adapter was trained on, and one that it never saw. */
export const scorerRole = z.enum(['trainingScorer', 'heldOutScorer']);
export type ScorerRole = z.infer<typeof scorerRole>;

/** The model as trained, the base model alone, and the base model with a LoRA that knows no difficulty. */
export const controlVariant = z.enum(['controlled', 'base', 'plain']);
export type ControlVariant = z.infer<typeof controlVariant>;

/** A 95 % interval. */
export const interval = z.object({ low: z.number(), high: z.number() });
export type Interval = z.infer<typeof interval>;

/** A figure with its 95 % interval; null where one seed or fewer gives none. */
export const estimate = z.object({ value: z.number(), interval: interval.nullable() });
export type Estimate = z.infer<typeof estimate>;

/** Shares of easy, medium and hard images, together 1; borders as in domain.ts. */
export const bucketShares = z.object({ easy: unit, medium: unit, hard: unit });
export type BucketShares = z.infer<typeof bucketShares>;

/** One scorer on all images of one level. */
export const controlLevel = z.object({
  requested: level,
  count,
  measuredMean: unit,
  /** Of the mean. */
  measuredInterval: interval.nullable(),
  /** Sample standard deviation (n - 1); 0 for a single image. */
  measuredSd: z.number().min(0),
  /** Share whose most probable class is the one asked for. */
  agreement: unit,
  agreementInterval: interval.nullable(),
  buckets: bucketShares,
  easyShare: unit,
});
export type ControlLevel = z.infer<typeof controlLevel>;

/** One scorer on all images of one class. */
export const classControl = z.object({
  classIndex: count, // in the adapter's order
  className: z.string(),
  count,
  /** Rank correlation of requested and measured difficulty over the class's images; 0 where nothing varies. */
  spearman: estimate,
  /** Measured difficulty gained per unit of requested difficulty (least squares); 1 follows exactly. */
  slope: estimate,
  agreement: unit,
  levels: z.array(
    z.object({ requested: level, count, measuredMean: unit, measuredSd: z.number().min(0), agreement: unit }),
  ),
});
export type ClassControl = z.infer<typeof classControl>;

/** All that one scorer says of one variant. */
export const controlFigures = z.object({
  count,
  /** In rising order of the requested difficulty. */
  levels: z.array(controlLevel),
  classes: z.array(classControl),
  /** Means over classes. */
  spearman: estimate,
  slope: estimate,
  agreement: unit,
  buckets: bucketShares,
  easyShare: unit,
  /** Class agreement at the lowest level. */
  agreementAtLow: unit,
  /** Whether the mean measured difficulty rises from each level to the next. */
  rises: z.boolean(),
});
export type ControlFigures = z.infer<typeof controlFigures>;

/**
 * How alike the images of a class are, and how near to its real images, in an encoder's features. Means over classes,
 * of figures within each class. null: too few images for it.
 */
export const setQuality = z.object({
  /** Mean over classes of the number of images. */
  count: z.number().min(0),
  /** Share whose most probable class is the class's own, by the scorer that the adapter was trained with. */
  agreement: unit.nullable(),
  heldOutAgreement: unit.nullable(),
  /** Mean cosine distance of two images of the set, [0,2]: 0 when all are alike. */
  diversity: z.number().min(0).max(2).nullable(),
  /** Vendi score: the effective number of different images; grows with the number of images. */
  vendi: z.number().min(1).nullable(),
  /** Mean cosine similarity to the nearest real image of the class (a real image's own self left out). */
  nearestReal: z.number().min(-1).max(1).nullable(),
  /** Mean cosine similarity to the mean feature of the class's real images. */
  classMean: z.number().min(-1).max(1).nullable(),
  /** Share lying among the real images: inside the ball of one, which reaches to its k-th neighbour. */
  precision: unit.nullable(),
  /** Share of the real images lying inside the ball of one of the set; grows with the number of images. */
  recall: unit.nullable(),
  /** Mean number of real balls an image lies in, over k; about 1 for real images, more where they are dense. */
  density: z.number().min(0).nullable(),
  /** Share of real images whose ball holds one of the set; grows with the number of images. */
  coverage: unit.nullable(),
  /** Kernel distance (KID) to the real images; 0 for the same distribution, may be slightly negative. */
  kid: z.number().nullable(),
});
export type SetQuality = z.infer<typeof setQuality>;

export const levelQuality = z.object({
  requested: level,
  /** Every class, every image. */
  generated: setQuality,
  /** Difficulties nearer to this level than to another: [low, high), the last one with its end. */
  band: interval,
  /**
   * Like for like with real images of the band: only the classes that have enough of them, and as many images of
   * each class on both sides. null: no class has enough.
   */
  matched: z.object({ classes: count, generated: setQuality, real: setQuality }).nullable(),
});
export type LevelQuality = z.infer<typeof levelQuality>;

/** Diversity and faithfulness of each level. */
export const controlQuality = z.object({
  /** Whose features they are. */
  encoder: z.object({ name: z.string(), hash: z.string() }),
  /** k of the balls of precision, recall, density and coverage. */
  neighbours: z.int().positive(),
  levels: z.array(levelQuality),
  /** One picture of each seed, all classes. */
  baselines: z.object({ base: setQuality.nullable(), plain: setQuality.nullable() }),
});
export type ControlQuality = z.infer<typeof controlQuality>;

/** t-SNE of the real and the generated images of one class (the paper's Fig. 7). Arrays have one entry per point. */
export const classMap = z.object({
  className: z.string(),
  /** Two per point, any unit, one scale for both axes. */
  positions: z.array(z.number()),
  /** Asked for; null: a real image. */
  requested: z.array(level.nullable()),
  /** By the scorer that the adapter was trained with. */
  measured: z.array(unit),
});
export type ClassMap = z.infer<typeof classMap>;

/** What all variants have. */
export const variantSummary = z.object({
  /** Means over classes; null: no held-out scorer. */
  spearman: z.object({ trainingScorer: z.number(), heldOutScorer: z.number().nullable() }),
  agreementAtLow: unit,
  easyShare: unit,
  rises: z.boolean(),
  levels: z.array(controlLevel.extend({ heldOut: controlLevel.nullable() })),
  figures: z.object({ trainingScorer: controlFigures, heldOutScorer: controlFigures.nullable() }),
});
export type VariantSummary = z.infer<typeof variantSummary>;

/** On one grid: of the real images, and of the generated ones at each level (the paper's Fig. 6). */
export const levelDensities = z.object({
  x: z.array(unit),
  real: z.array(z.number()),
  levels: z.array(z.object({ requested: level, y: z.array(z.number()) })),
});
export type LevelDensities = z.infer<typeof levelDensities>;

/** A generated picture that was kept for looking at: a few seeds of each class, at every level. */
export const controlPicture = z.object({
  variant: controlVariant,
  className: z.string(),
  seed: z.int(),
  /** Number of the seed within the class. */
  draw: count,
  /** null: a baseline, which knows no difficulty. */
  requested: level.nullable(),
  measured: unit,
  agrees: z.boolean(),
  file: z.string(),
});
export type ControlPicture = z.infer<typeof controlPicture>;

export const controlReport = variantSummary.extend({
  dataset: id,
  datasetName: z.string(),
  adapter: z.object({ id: z.string(), name: z.string(), hash: z.string() }),
  /** The job's parameters, as it ran with them. */
  settings: z.record(z.string(), z.unknown()),
  /** Classes asked for. */
  classes: z.array(z.string()),
  scorers: z.object({
    trainingScorer: z.object({ id, name: z.string() }),
    heldOutScorer: z.object({ id, name: z.string() }).optional(),
  }),
  baselines: z.object({ base: variantSummary.optional(), plain: variantSummary.optional() }),
  /** Of the real images by the same scorers; null: not scored by it. */
  realBuckets: z.object({ trainingScorer: bucketShares, heldOutScorer: bucketShares.nullable() }),
  densities: levelDensities,
  heldOutDensities: levelDensities.nullable(),
  quality: controlQuality,
  /** Classes in their order; later ones may be missing where there are many. */
  maps: z.array(classMap),
  pictures: z.array(controlPicture),
  files: z.object({
    /** One JSON object per generated image, see `controlSampleLine`. */
    samples: z.string(),
    /** Everything as one page for people. */
    page: z.string(),
    charts: z.array(z.object({ title: z.string(), file: z.string() })),
  }),
});
export type ControlReport = z.infer<typeof controlReport>;

const measurement = z.object({ measured: unit, agrees: z.boolean() });

/** A line of samples.jsonl. */
export const controlSampleLine = z.object({
  variant: controlVariant,
  className: z.string(),
  seed: z.int(),
  draw: count,
  /** null: a baseline. */
  requested: level.nullable(),
  trainingScorer: measurement,
  heldOutScorer: measurement.optional(),
});
export type ControlSampleLine = z.infer<typeof controlSampleLine>;
