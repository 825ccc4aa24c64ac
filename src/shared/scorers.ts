/** Owns what is said about scorers themselves: how two compare, how far one can be believed, how it was trained. */
import { z } from 'zod';
import { scorer } from './domain/scorer.ts';

const id = z.int().positive();
const unit = z.number().min(0).max(1);
/** null: too few images, or no difference among them. */
const figure = z.number().nullable();

/** A rank correlation, [-1,1], with its interval at 95 %. */
export const correlation = z.object({ value: figure, low: figure, high: figure });
export type CorrelationFigure = z.infer<typeof correlation>;

export const agreement = z.object({
  images: z.int(),
  spearman: correlation,
  kendall: correlation,
  /** Share of images in the same bucket by both; null: no image. */
  sameBucket: unit.nullable(),
});
export type AgreementFigures = z.infer<typeof agreement>;

/** Two scorers of one dataset on the real images that both judged; images that a person excluded do not count. */
export const scorerComparison = z.object({
  a: scorer,
  b: scorer,
  /** Of the images that both judged, how many each had learned from; null: not recorded. */
  learnedA: z.int().nullable(),
  learnedB: z.int().nullable(),
  /** How many neither had learned from, as far as is recorded. */
  unseen: z.int(),
  /** The figures are of those alone. */
  onlyUnseen: z.boolean(),
  overall: agreement,
  /** Images by bucket of a (rows) and of b (columns): easy, medium, hard. */
  buckets: z.array(z.array(z.int())),
  /** Cohen's kappa of the buckets: agreement beyond chance, [-1,1]. */
  kappa: figure,
  /** Mean of a - b: above 0, a finds the images harder. */
  meanDifference: z.number(),
  meanAbsoluteDifference: unit,
  /** Classes with an image, in the dataset's order. */
  classes: z.array(agreement.extend({ classId: id, className: z.string() })),
  points: z.object({
    ids: z.instanceof(Uint32Array),
    a: z.instanceof(Float32Array),
    b: z.instanceof(Float32Array),
    /** Place of the class among the dataset's. */
    classIndex: z.instanceof(Int32Array),
  }),
  /** Largest difference first. */
  disagreements: z.array(
    z.object({
      imageId: id,
      path: z.string(),
      className: z.string(),
      a: unit,
      b: unit,
      /** Most probable class by each. */
      predictedA: z.string(),
      predictedB: z.string(),
    }),
  ),
});
export type ScorerComparison = z.infer<typeof scorerComparison>;

/** A bin of the reliability curve; its confidence and accuracy are means over its images. */
export const reliabilityBin = z.object({
  images: z.int(),
  confidence: unit,
  accuracy: unit,
  /** Interval of the accuracy at 95 %, by Wilson. */
  low: unit,
  high: unit,
});
export type ReliabilityBin = z.infer<typeof reliabilityBin>;

export const calibrationFigures = z.object({
  /** Expected calibration error: mean |accuracy - confidence| over bins, weighted by their images. */
  expectedError: unit,
  /** Mean squared distance to the one-hot label, [0,2]. */
  brier: z.number(),
  logLoss: z.number(), // nats
  accuracy: unit,
  /** Mean largest probability. */
  confidence: unit,
  /** Of equal width from 0 to 1, those that hold an image. */
  bins: z.array(reliabilityBin),
});
export type CalibrationFigures = z.infer<typeof calibrationFigures>;

/**
 * Whether the scorer had seen the images that it is measured on. out-of-fold: never; held-out: these it had not, the
 * others are left out; in-sample: all of them; unknown: nobody recorded what it learned from.
 */
export const calibrationBasis = z.enum(['out-of-fold', 'held-out', 'in-sample', 'unknown']);
export type CalibrationBasis = z.infer<typeof calibrationBasis>;

export const scorerCalibration = z.object({
  scorer,
  basis: calibrationBasis,
  /** Labelled real images that are measured, and those left out because the scorer had learned from them. */
  images: z.int(),
  learned: z.int(),
  /** Of how many images `images` are a random part: a large dataset is sampled. */
  of: z.int(),
  /** null: fewer than 2 images to measure. */
  measured: z
    .object({
      as: calibrationFigures,
      /** Of least log loss, on top of the scorer's own; above 1: it is too sure. null: it was asked about what it learned. */
      temperature: z.number().positive().nullable(),
      /** As it would be with temperatures that were fitted on other images; null where the temperature is. */
      tempered: calibrationFigures.nullable(),
      /** What it means, for a person. */
      sentence: z.string(),
    })
    .nullable(),
});
export type ScorerCalibration = z.infer<typeof scorerCalibration>;

/** What a classifier's folder keeps of its training, one row per image (core/difficulty/dynamics.ts). */
export const dynamicsRow = z.object({
  imageId: id,
  /** Mean probability of the label over the epochs. */
  confidence: unit,
  /** Its standard deviation. */
  variability: z.number().min(0).max(0.5),
  /** Share of epochs in which the label was the most probable class. */
  correctness: unit,
  /** How often it was right and then wrong an epoch later. */
  forgetting: z.int().min(0),
  /** It only measured: nothing was learned from it. Absent: recorded by an earlier version. */
  heldOut: z.boolean().optional(),
});
export type DynamicsRow = z.infer<typeof dynamicsRow>;

/** The dataset map of Swayamdipta et al. 2020: one entry per image that is still there. */
export const datasetMap = z.object({
  modelName: z.string(),
  ids: z.instanceof(Uint32Array),
  confidence: z.instanceof(Float32Array),
  variability: z.instanceof(Float32Array),
  correctness: z.instanceof(Float32Array),
  forgetting: z.instanceof(Uint16Array),
  classIndex: z.instanceof(Int32Array), // -1: no class
  heldOut: z.instanceof(Uint8Array), // 1: held out
});
export type DatasetMap = z.infer<typeof datasetMap>;
