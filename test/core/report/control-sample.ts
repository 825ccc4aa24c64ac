/** Owns a made-up control report of three classes, put together by the functions that put real ones together. */
import { densityCurve } from '../../../src/core/difficulty/density.ts';
import { bucketSharesOf, type ControlSample, controlFigures } from '../../../src/core/metrics/control.ts';
import { levelQualitySteps } from '../../../src/core/metrics/level-quality.ts';
import { tsne } from '../../../src/core/projection/tsne.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';
import {
  type ControlReport,
  controlReport,
  type LevelDensities,
  type VariantSummary,
} from '../../../src/shared/control.ts';

const levels = [0.1, 0.5, 0.9];
const classes = ['cup & saucer', 'tree', 'car'];
const draws = 12;
const d = 8;
const clamp = (v: number) => Math.min(1, Math.max(0, v));

/** Measured difficulty rises by `gain` per unit that was asked for. */
function samples(gain: number, seed: string): ControlSample[] {
  const rng = rngFromSeed(1, seed);
  return classes.flatMap((_, classIndex) =>
    Array.from({ length: draws }, (_, draw) =>
      levels.map((requested) => {
        const measured = clamp(0.1 + gain * requested + 0.15 * rng.normal());
        return { classIndex, draw, requested, measured, agrees: measured < 0.6 };
      }),
    ).flat(),
  );
}

function summary(training: ControlSample[], heldOut: ControlSample[]): VariantSummary {
  const of = (own: ControlSample[]) => controlFigures(own, (i) => classes[i], rngFromSeed(2));
  const figures = { trainingScorer: of(training), heldOutScorer: of(heldOut) };
  return {
    spearman: {
      trainingScorer: figures.trainingScorer.spearman.value,
      heldOutScorer: figures.heldOutScorer.spearman.value,
    },
    agreementAtLow: figures.trainingScorer.agreementAtLow,
    easyShare: figures.trainingScorer.easyShare,
    rises: figures.trainingScorer.rises,
    levels: figures.trainingScorer.levels.map((l, i) => ({ ...l, heldOut: figures.heldOutScorer.levels[i] })),
    figures,
  };
}

const real = Array.from({ length: 40 }, (_, i) => (i / 39) ** 2);

function densities(made: ControlSample[]): LevelDensities {
  const curve = (values: number[]) => Array.from(densityCurve(values).y);
  return {
    x: Array.from(densityCurve(real).x),
    real: curve(real),
    levels: levels.map((requested) => ({
      requested,
      y: curve(made.filter((s) => s.requested === requested).map((s) => s.measured)),
    })),
  };
}

/** Features that lie the further from the origin's neighbourhood the harder the image. */
const featuresOf = (difficulties: number[], seed: number) =>
  randn(difficulties.length * d, rngFromSeed(seed)).map(
    (v, i) => 2 + v * (0.3 + difficulties[Math.floor(i / d)]),
  );

/** A picture of one pixel. */
export const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=';

export function sampleControlReport(): ControlReport {
  const training = samples(0.7, 'training');
  const heldOut = samples(0.5, 'held out');
  const requested = Array.from({ length: draws }, () => levels).flat();
  const yes = (count: number) => Array.from({ length: count }, () => true);
  const perClass = classes.map((className, c) => ({
    real: {
      className,
      difficulty: real,
      features: featuresOf(real, c),
      agrees: yes(real.length),
      heldOutAgrees: yes(real.length),
    },
    generated: {
      requested,
      features: featuresOf(requested, 10 + c),
      agrees: yes(requested.length),
      heldOutAgrees: yes(requested.length),
    },
  }));
  const qualityLevels = drain(levelQualitySteps(perClass, levels, { d, neighbours: 5, fewestMatched: 8 }));
  const base = samples(0, 'base').map((s) => ({ ...s, measured: 0.1, agrees: true }));
  return controlReport.parse({
    dataset: 1,
    datasetName: 'things <b>',
    adapter: { id: 'model:1', name: 'Difficulty model 1', hash: 'ab'.repeat(32) },
    settings: { datasetId: 1, levels, count: draws, scheduler: 'pndm' },
    classes,
    scorers: { trainingScorer: { id: 1, name: 'probe' }, heldOutScorer: { id: 2, name: 'ResNet' } },
    ...summary(training, heldOut),
    baselines: { base: summary(base, base) },
    realBuckets: { trainingScorer: bucketSharesOf(real), heldOutScorer: bucketSharesOf(real) },
    densities: densities(training),
    heldOutDensities: densities(heldOut),
    quality: {
      encoder: { name: 'Built-in encoder', hash: 'cd'.repeat(32) },
      neighbours: 5,
      levels: qualityLevels,
      baselines: { base: qualityLevels[0].generated, plain: null },
    },
    maps: perClass.slice(0, 2).map((one) => {
      const features = new Float32Array([...one.real.features, ...one.generated.features]);
      const n = features.length / d;
      return {
        className: one.real.className,
        positions: Array.from(tsne(features, n, d, { rng: rngFromSeed(3), iterations: 250 })),
        requested: [...real.map(() => null), ...requested],
        measured: [...real, ...requested],
      };
    }),
    pictures: classes.flatMap((className, c) =>
      levels.map((level) => ({
        variant: 'controlled',
        className,
        seed: 7,
        draw: 0,
        requested: level,
        measured: level,
        agrees: true,
        file: `controlled-${c}-0-${levels.indexOf(level)}.png`,
      })),
    ),
    files: { samples: 'samples.jsonl', page: 'control.html', charts: [] },
  });
}
