/** Owns a made-up report on difficulty control. Never part of the product. */
import type {
  BucketShares,
  ControlFigures,
  ControlReport,
  LevelDensities,
  SetQuality,
  VariantSummary,
} from '../../shared/control.ts';
import type { ControlView } from '../../shared/reports.ts';
import { classNames, noise, scorer } from './fake-data.ts';

const levels = [0.1, 0.3, 0.5, 0.7, 0.9];
const perClass = 40;
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const within = (value: number, low = 0, high = 1) => Math.min(high, Math.max(low, value));
const around = (value: number, half: number) => ({ low: value - half, high: value + half });

/** @param gain measured difficulty per unit of requested; 0: a model that knows no difficulty. */
function figures(gain: number, base: number): ControlFigures {
  const agreement = within(0.97 - base / 2);
  const measured = (c: number, s: number) => within(base + gain * (0.55 + 0.09 * (c % 5)) * s);
  const classes = classNames.map((className, classIndex) => {
    const spearman = gain === 0 ? 0 : within(0.42 + 0.05 * ((classIndex * 7) % 9));
    const slope = gain * (0.55 + 0.09 * (classIndex % 5));
    return {
      classIndex,
      className,
      count: levels.length * perClass,
      spearman: { value: spearman, interval: around(spearman, 0.08) },
      slope: { value: slope, interval: around(slope, 0.11) },
      agreement: within(agreement - 0.02 * (classIndex % 4)),
      levels: levels.map((requested) => ({
        requested,
        count: perClass,
        measuredMean: measured(classIndex, requested),
        measuredSd: 0.05 + 0.3 * measured(classIndex, requested),
        agreement: within(agreement - gain * requested * 0.4),
      })),
    };
  });
  const all = levels.map((requested, l) => {
    const centre = mean(classes.map((one) => one.levels[l].measuredMean));
    return {
      requested,
      count: classNames.length * perClass,
      measuredMean: centre,
      measuredInterval: around(centre, 0.02),
      measuredSd: 0.05 + 0.3 * centre,
      agreement: within(agreement - gain * requested * 0.4),
      agreementInterval: around(within(agreement - gain * requested * 0.4), 0.02),
      buckets: bucketsFor(within(1 - centre * 1.3)),
      easyShare: within(1 - centre * 1.3),
    };
  });
  const spearman = mean(classes.map((one) => one.spearman.value));
  const slope = mean(classes.map((one) => one.slope.value));
  const easyShare = mean(all.map((one) => one.easyShare));
  return {
    count: levels.length * classNames.length * perClass,
    levels: all,
    classes,
    spearman: { value: spearman, interval: around(spearman, 0.03) },
    slope: { value: slope, interval: around(slope, 0.04) },
    agreement: mean(all.map((one) => one.agreement)),
    buckets: bucketsFor(easyShare),
    easyShare,
    agreementAtLow: all[0].agreement,
    rises: gain > 0,
  };
}

const bucketsFor = (easy: number): BucketShares => ({
  easy,
  medium: 0.6 * (1 - easy),
  hard: 0.4 * (1 - easy),
});

function summary(gain: number, base: number): VariantSummary {
  const [trainingScorer, heldOutScorer] = [figures(gain, base), figures(0.75 * gain, base + 0.05)];
  return {
    spearman: { trainingScorer: trainingScorer.spearman.value, heldOutScorer: heldOutScorer.spearman.value },
    agreementAtLow: trainingScorer.agreementAtLow,
    easyShare: trainingScorer.easyShare,
    rises: trainingScorer.rises,
    levels: trainingScorer.levels.map((one, l) => ({ ...one, heldOut: heldOutScorer.levels[l] })),
    figures: { trainingScorer, heldOutScorer },
  };
}

function densities(of: ControlFigures): LevelDensities {
  const x = Array.from({ length: 101 }, (_, i) => i / 100);
  const bell = (centre: number, sd: number) =>
    x.map((at) => Math.exp(-0.5 * ((at - centre) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI)));
  return {
    x,
    real: x.map((at) => 5 * Math.exp(-7 * at) + 0.4),
    levels: of.levels.map(({ requested, measuredMean, measuredSd }) => ({
      requested,
      y: bell(measuredMean, measuredSd / 1.5),
    })),
  };
}

const quality = (diversity: number): SetQuality => ({
  count: perClass,
  agreement: within(1.05 - diversity),
  heldOutAgreement: within(1 - diversity),
  diversity,
  vendi: 1 + 40 * diversity,
  nearestReal: 0.95 - diversity / 3,
  classMean: 0.9 - diversity / 2,
  precision: within(0.95 - diversity / 2),
  recall: within(0.3 + diversity),
  density: 0.9,
  coverage: 0.6,
  kid: 0.02 + diversity / 50,
});

export function controlViewOf(jobId: number): ControlView {
  const random = noise(5);
  const controlled = summary(jobId === controlJobs[0] ? 0.8 : 0.5, 0.03);
  const report: ControlReport = {
    ...controlled,
    dataset: 1,
    datasetName: 'clothing-1k',
    adapter: { id: 'model:2', name: 'Difficulty of clothing-1k', hash: 'd'.repeat(64) },
    settings: {
      count: perClass,
      levels,
      seed: 0,
      steps: 30,
      scheduler: 'pndm',
      guidanceScale: jobId === controlJobs[0] ? 4 : 2,
      prompt: 'a photo of a [CLS]',
    },
    classes: classNames,
    scorers: {
      trainingScorer: { id: 1, name: scorer.name },
      heldOutScorer: { id: 2, name: 'Classifier of clothing-1k' },
    },
    baselines: { base: summary(0, 0.3), plain: summary(0, 0.08) },
    realBuckets: {
      trainingScorer: { easy: 0.62, medium: 0.2, hard: 0.18 },
      heldOutScorer: { easy: 0.7, medium: 0.16, hard: 0.14 },
    },
    densities: densities(controlled.figures.trainingScorer),
    heldOutDensities: densities(controlled.figures.heldOutScorer!),
    quality: {
      encoder: { name: 'Small encoder', hash: 'a'.repeat(64) },
      neighbours: 5,
      levels: levels.map((requested) => ({
        requested,
        generated: quality(0.2 + 0.3 * requested),
        band: { low: within(requested - 0.1), high: within(requested + 0.1) },
        matched: {
          classes: classNames.length,
          generated: quality(0.2 + 0.3 * requested),
          real: quality(0.3 + 0.3 * requested),
        },
      })),
      baselines: { base: quality(0.45), plain: quality(0.22) },
    },
    maps: classNames.slice(0, 2).map((className, c) => {
      const requested = Array.from({ length: 160 }, (_, i) => (i < 60 ? null : levels[i % levels.length]));
      return {
        className,
        requested,
        measured: requested.map((s) => within((s ?? random()) * (0.6 + 0.4 * random()))),
        positions: requested.flatMap((s) => [20 * (s ?? random()) + 9 * random() + c, 24 * random()]),
        perplexity: 30,
      };
    }),
    pictures: classNames.flatMap((className, c) =>
      levels.flatMap((requested, level) =>
        [0, 1].map((draw) => ({
          variant: 'controlled' as const,
          className,
          seed: 1000 + 10 * c + draw,
          draw,
          requested,
          measured: controlled.figures.trainingScorer.classes[c].levels[level].measuredMean,
          agrees: draw === 0 || requested < 0.9,
          file: `controlled-${c}-${draw}-${level}.png`,
        })),
      ),
    ),
    files: { samples: 'samples.jsonl', page: 'control.html', charts: [] },
  };
  return { jobId, finishedAt: Date.UTC(2026, 10, 20, 9, 30 + jobId), report };
}

/** The jobs that have a report, newest first. */
export const controlJobs = [10, 9];
