/**
 * Owns the figures of difficulty control: how the difficulty that a scorer measures in generated images follows the
 * difficulty that was asked for, level by level and class by class (the paper's Fig. 6, as numbers).
 */
import type {
  BucketShares,
  ClassControl,
  ControlFigures,
  ControlLevel,
  Estimate,
  Interval,
} from '../../shared/control.ts';
import { difficultyBuckets } from '../difficulty/score.ts';
import type { Rng } from '../rng.ts';
import { drain, type Steps } from '../steps.ts';
import {
  bootstrapInterval,
  drawSeeds,
  REPLICATES,
  type WeightedFit,
  weightedFits,
} from './cluster-bootstrap.ts';

/** One generated image as one scorer sees it. */
export interface ControlSample {
  classIndex: number;
  /** Number of the seed within the class; every level has an image of it. */
  draw: number;
  /** Difficulty asked for, [0,1]. */
  requested: number;
  /** Difficulty measured, [0,1]. */
  measured: number;
  /** Whether the scorer's most probable class is the one asked for. */
  agrees: boolean;
}

/** A class's samples in a form that can be weighted by its seeds. */
interface Weighable {
  classIndex: number;
  samples: readonly ControlSample[];
  seeds: number;
  seedOf: Uint32Array; // by sample
  levelOf: Uint32Array;
  fit: (times: ArrayLike<number>) => WeightedFit;
}

/**
 * Figures of one scorer, all intervals at 95 % by the bootstrap over seeds. A class whose measured difficulty does not
 * vary counts as uncorrelated (0): it does not follow the request.
 * @param nameOf the class's name, which the figures carry beside its index.
 * @throws when there are fewer than two levels, or a seed without its image at one of them.
 */
export const controlFigures = (
  samples: readonly ControlSample[],
  nameOf: (classIndex: number) => string,
  rng: Rng,
): ControlFigures => drain(controlFiguresSteps(samples, nameOf, rng));

/** `controlFigures` in pieces. */
export function* controlFiguresSteps(
  samples: readonly ControlSample[],
  nameOf: (classIndex: number) => string,
  rng: Rng,
): Steps<ControlFigures> {
  const requested = distinct(samples.map((s) => s.requested));
  if (requested.length < 2)
    throw new Error(`control: ${requested.length} levels of difficulty, wanted 2 or more`);
  const classes = distinct(samples.map((s) => s.classIndex)).map((classIndex) => {
    const own = weighable(
      classIndex,
      samples.filter((s) => s.classIndex === classIndex),
      requested,
    );
    const wanted = own.seeds * requested.length;
    if (own.samples.length !== wanted)
      throw new Error(
        `control: class ${nameOf(classIndex)} has ${own.samples.length} images, wanted one of each of ${own.seeds} seeds at each of ${requested.length} levels`,
      );
    return own;
  });

  const drawn = yield* replicates(classes, requested.length, rng);
  const perClass = classes.map((c, i) => classFigures(c, nameOf(c.classIndex), requested, drawn.classes[i]));
  const fewestSeeds = Math.min(...classes.map((c) => c.seeds));
  const freedom = classes.reduce((sum, c) => sum + c.seeds - 1, 0);
  const levels = requested.map((level, l) =>
    levelFigures(
      level,
      samples.filter((s) => s.requested === level),
      drawn.levels[l],
      (value, replicates) => bootstrapInterval(value, replicates, fewestSeeds, freedom, shares),
    ),
  );
  const meanOf = (figure: 'spearman' | 'slope', replicates: Float64Array): Estimate => {
    const value = mean(perClass.map((c) => c[figure].value));
    const range = figure === 'spearman' ? correlations : undefined;
    return { value, interval: bootstrapInterval(value, replicates, fewestSeeds, freedom, range) };
  };
  const buckets = bucketSharesOf(samples.map((s) => s.measured));
  return {
    count: samples.length,
    levels,
    classes: perClass,
    spearman: meanOf('spearman', drawn.spearman),
    slope: meanOf('slope', drawn.slope),
    agreement: mean(samples.map((s) => Number(s.agrees))),
    buckets,
    easyShare: buckets.easy,
    agreementAtLow: levels[0].agreement,
    rises: levels.every((l, i) => i === 0 || l.measuredMean > levels[i - 1].measuredMean),
  };
}

/** Shares of easy, medium and hard among at least one difficulty. */
export function bucketSharesOf(difficulties: readonly number[]): BucketShares {
  const { easy, medium, hard } = difficultyBuckets(difficulties);
  const n = difficulties.length;
  return { easy: easy / n, medium: medium / n, hard: hard / n };
}

function weighable(
  classIndex: number,
  samples: readonly ControlSample[],
  levels: readonly number[],
): Weighable {
  const draws = distinct(samples.map((s) => s.draw));
  return {
    classIndex,
    samples,
    seeds: draws.length,
    seedOf: Uint32Array.from(samples, (s) => draws.indexOf(s.draw)),
    levelOf: Uint32Array.from(samples, (s) => levels.indexOf(s.requested)),
    fit: weightedFits(
      samples.map((s) => s.requested),
      samples.map((s) => s.measured),
    ),
  };
}

const correlations: Interval = { low: -1, high: 1 };
const shares: Interval = { low: 0, high: 1 };

/** Each figure once per draw of seeds. */
interface Replicates {
  classes: { spearman: Float64Array; slope: Float64Array }[];
  /** Means over classes. */
  spearman: Float64Array;
  slope: Float64Array;
  /** By level, over the images of all classes. */
  levels: { measured: Float64Array; agreement: Float64Array }[];
}

function* replicates(classes: readonly Weighable[], levels: number, rng: Rng): Steps<Replicates> {
  const series = () => new Float64Array(REPLICATES);
  const out: Replicates = {
    classes: classes.map(() => ({ spearman: series(), slope: series() })),
    spearman: series(),
    slope: series(),
    levels: Array.from({ length: levels }, () => ({ measured: series(), agreement: series() })),
  };
  const times = classes.map((c) => new Float64Array(c.samples.length));
  const counts = new Float64Array(levels);
  for (let b = 0; b < REPLICATES; b++) {
    counts.fill(0);
    for (const [i, c] of classes.entries()) {
      const drawn = drawSeeds(c.seeds, rng);
      for (const [j, s] of c.samples.entries()) {
        const w = drawn[c.seedOf[j]];
        const l = c.levelOf[j];
        times[i][j] = w;
        counts[l] += w;
        out.levels[l].measured[b] += w * s.measured;
        if (s.agrees) out.levels[l].agreement[b] += w;
      }
      const { rho, slope } = c.fit(times[i]);
      out.classes[i].spearman[b] = rho;
      out.classes[i].slope[b] = slope;
      out.spearman[b] += rho / classes.length;
      out.slope[b] += slope / classes.length;
    }
    for (let l = 0; l < levels; l++) {
      out.levels[l].measured[b] /= counts[l];
      out.levels[l].agreement[b] /= counts[l];
    }
    yield (b + 1) / REPLICATES;
  }
  return out;
}

function levelFigures(
  requested: number,
  samples: readonly ControlSample[],
  drawn: Replicates['levels'][number],
  intervalOf: (value: number, replicates: Float64Array) => Interval | null,
): ControlLevel {
  const measured = samples.map((s) => s.measured);
  const measuredMean = mean(measured);
  const agreement = mean(samples.map((s) => Number(s.agrees)));
  const buckets = bucketSharesOf(measured);
  return {
    requested,
    count: samples.length,
    measuredMean,
    measuredInterval: intervalOf(measuredMean, drawn.measured),
    measuredSd: standardDeviation(measured),
    agreement,
    agreementInterval: intervalOf(agreement, drawn.agreement),
    buckets,
    easyShare: buckets.easy,
  };
}

function classFigures(
  { classIndex, samples, seeds, fit }: Weighable,
  className: string,
  levels: readonly number[],
  drawn: Replicates['classes'][number],
): ClassControl {
  const { rho, slope } = fit(new Uint8Array(samples.length).fill(1));
  const intervalOf = (value: number, replicates: Float64Array, range?: Interval) =>
    bootstrapInterval(value, replicates, seeds, seeds - 1, range);
  return {
    classIndex,
    className,
    count: samples.length,
    spearman: { value: rho, interval: intervalOf(rho, drawn.spearman, correlations) },
    slope: { value: slope, interval: intervalOf(slope, drawn.slope) },
    agreement: mean(samples.map((s) => Number(s.agrees))),
    levels: levels.map((requested) => {
      const own = samples.filter((s) => s.requested === requested);
      const measured = own.map((s) => s.measured);
      return {
        requested,
        count: own.length,
        measuredMean: mean(measured),
        measuredSd: standardDeviation(measured),
        agreement: mean(own.map((s) => Number(s.agrees))),
      };
    }),
  };
}

/** With n - 1; 0 for a single value. */
function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((total, v) => total + (v - centre) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

const distinct = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);
const mean = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0) / values.length;
