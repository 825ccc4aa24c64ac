/**
 * Owns the figures of difficulty control: how the difficulty that a scorer measures in generated images follows the
 * difficulty that was asked for, level by level and class by class (the paper's Fig. 6, as numbers).
 */
import { type Correlation, linearFit, spearman } from '../difficulty/rank.ts';

/** One generated image as one scorer sees it. */
export interface ControlSample {
  classIndex: number;
  /** Difficulty asked for, [0,1]. */
  requested: number;
  /** Difficulty measured, [0,1]. */
  measured: number;
  /** Whether the scorer's most probable class is the one asked for. */
  agrees: boolean;
}

export interface ControlLevel {
  requested: number;
  count: number;
  measuredMean: number;
  /** Sample standard deviation (n - 1); 0 for a single image. */
  measuredSd: number;
  agreement: number;
  /** Share of the images in the easy bucket, measured below 1/3. */
  easyShare: number;
}

export interface ClassControl {
  classIndex: number;
  correlation: Correlation;
  /** Measured difficulty gained per unit of requested difficulty (least squares). */
  slope: number;
  /** Mean measured difficulty at each level, NaN where the class has no image there. */
  measuredMeans: number[];
}

export interface ControlFigures {
  count: number;
  /** In rising order of the requested difficulty. */
  levels: ControlLevel[];
  classes: ClassControl[];
  /** Mean over classes of the per-image Spearman correlation, with a 95 % interval of that mean. */
  spearman: { mean: number; low: number; high: number };
  slope: number; // mean over classes
  agreement: number;
  easyShare: number;
  /** Class agreement at the lowest level. */
  agreementAtLow: number;
  /** Whether the mean measured difficulty rises from each level to the next. */
  rises: boolean;
}

const EASY = 1 / 3;

/**
 * Figures of one scorer. A class whose measured difficulty does not vary counts as uncorrelated (0): it does not
 * follow the request.
 * @throws when there is no sample, or only one level.
 */
export function controlFigures(samples: readonly ControlSample[]): ControlFigures {
  const requested = [...new Set(samples.map((s) => s.requested))].sort((a, b) => a - b);
  if (requested.length < 2)
    throw new Error(`control: ${requested.length} levels of difficulty, wanted 2 or more`);
  const levels = requested.map((level) =>
    levelFigures(
      level,
      samples.filter((s) => s.requested === level),
    ),
  );
  const classes = [...new Set(samples.map((s) => s.classIndex))]
    .sort((a, b) => a - b)
    .map((classIndex) =>
      classFigures(
        classIndex,
        requested,
        samples.filter((s) => s.classIndex === classIndex),
      ),
    );
  return {
    count: samples.length,
    levels,
    classes,
    spearman: meanCorrelation(classes.map((c) => c.correlation)),
    slope: mean(classes.map((c) => c.slope)),
    agreement: mean(samples.map((s) => Number(s.agrees))),
    easyShare: mean(samples.map((s) => Number(s.measured < EASY))),
    agreementAtLow: levels[0].agreement,
    rises: levels.every((l, i) => i === 0 || l.measuredMean > levels[i - 1].measuredMean),
  };
}

function levelFigures(requested: number, samples: readonly ControlSample[]): ControlLevel {
  const measured = samples.map((s) => s.measured);
  const centre = mean(measured);
  const squares = measured.reduce((total, v) => total + (v - centre) ** 2, 0);
  return {
    requested,
    count: samples.length,
    measuredMean: centre,
    measuredSd: Math.sqrt(squares / Math.max(1, samples.length - 1)),
    agreement: mean(samples.map((s) => Number(s.agrees))),
    easyShare: mean(measured.map((v) => Number(v < EASY))),
  };
}

function classFigures(
  classIndex: number,
  levels: readonly number[],
  samples: readonly ControlSample[],
): ClassControl {
  const requested = samples.map((s) => s.requested);
  const measured = samples.map((s) => s.measured);
  const found = spearman(requested, measured);
  return {
    classIndex,
    correlation: Number.isNaN(found.rho) ? { rho: 0, low: 0, high: 0, n: found.n } : found,
    slope: linearFit(requested, measured).slope,
    measuredMeans: levels.map((level) =>
      mean(samples.filter((s) => s.requested === level).map((s) => s.measured)),
    ),
  };
}

/**
 * The classes are independent samples, so the mean's standard error adds their own errors in quadrature; each is
 * read back from its interval (half its width / 1.96).
 */
function meanCorrelation(correlations: readonly Correlation[]) {
  const centre = mean(correlations.map((c) => c.rho));
  const known = correlations.filter((c) => Number.isFinite(c.low) && Number.isFinite(c.high));
  const half =
    Math.sqrt(known.reduce((total, c) => total + ((c.high - c.low) / 2) ** 2, 0)) / correlations.length;
  return { mean: centre, low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
}

const mean = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0) / values.length;
