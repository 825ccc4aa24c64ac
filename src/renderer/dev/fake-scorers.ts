/** Owns the made-up second scorer of the stand-in: a fitted classifier, its comparison with the first, its training. */
import { compareScorers } from '../../core/difficulty/compare-scorers.ts';
import { wilson } from '../../core/metrics/reliability.ts';
import type { ImageDetail } from '../../shared/domain/image.ts';
import type { Scorer } from '../../shared/domain/scorer.ts';
import type {
  AgreementFigures,
  CalibrationFigures,
  DatasetMap,
  ScorerCalibration,
  ScorerComparison,
} from '../../shared/scorers.ts';
import { classNames, noise, scorer } from './fake-data.ts';

export const classifierScorer: Scorer = {
  ...scorer,
  id: 2,
  name: 'classifier, Classifier 7',
  method: 'classifier',
  modelName: 'Classifier 7',
  modelHash: 'b'.repeat(64),
  accuracy: 0.791,
};

export const fakeScorers = (scored: number): Scorer[] =>
  [classifierScorer, scorer].map((one) => ({ ...one, scored }));

/** The same images, somewhat harder and otherwise ordered. */
function pairsOf(images: readonly ImageDetail[]) {
  const random = noise(23);
  const real = images.filter((image) => image.origin === 'real' && image.difficulty !== null);
  const first = real.map((image) => image.difficulty!);
  const second = first.map((s) => Math.min(1, Math.max(0, 0.75 * s + 0.35 * random() * random())));
  return { real, first, second };
}

export function fakeComparison(
  images: readonly ImageDetail[],
  a: number,
  b: number,
  { largest, onlyUnseen = false }: { largest: number; onlyUnseen?: boolean },
): ScorerComparison {
  // Every fifth image was held out of the classifier's training.
  const all = pairsOf(images);
  const unseen = (_: unknown, i: number) => i % 5 === 0;
  const keep = onlyUnseen ? unseen : () => true;
  const real = all.real.filter(keep);
  const first = all.first.filter(keep);
  const second = all.second.filter(keep);
  const learned = all.real.length - all.real.filter(unseen).length;
  const by = (id: number) => (id === classifierScorer.id ? second : first);
  const one = (id: number) => (id === classifierScorer.id ? classifierScorer : scorer);
  const labels = real.map((image) => (image.classId ?? 1) - 1);
  const found = compareScorers(by(a), by(b), labels, classNames.length, largest);
  const figures = (of: (typeof found.classes)[number]): AgreementFigures => ({
    images: of.n,
    spearman: { value: of.spearman.rho, low: of.spearman.low, high: of.spearman.high },
    kendall: { value: of.kendall.tau, low: of.kendall.low, high: of.kendall.high },
    sameBucket: of.sameBucket,
  });
  return {
    a: { ...one(a), scored: real.length },
    b: { ...one(b), scored: real.length },
    learnedA: a === classifierScorer.id ? learned : 0,
    learnedB: b === classifierScorer.id ? learned : 0,
    unseen: all.real.length - learned,
    onlyUnseen,
    overall: figures(found),
    buckets: found.buckets,
    kappa: found.kappa,
    meanDifference: found.meanDifference,
    meanAbsoluteDifference: found.meanAbsoluteDifference,
    classes: found.classes.map((of, at) => ({ classId: at + 1, className: classNames[at], ...figures(of) })),
    points: {
      ids: Uint32Array.from(real, ({ id }) => id),
      a: Float32Array.from(by(a)),
      b: Float32Array.from(by(b)),
      classIndex: Int32Array.from(labels),
    },
    disagreements: found.disagreements.map((row) => ({
      imageId: real[row].id,
      path: real[row].path,
      className: classNames[labels[row]],
      a: by(a)[row],
      b: by(b)[row],
      predictedA: classNames[labels[row]],
      predictedB: classNames[(labels[row] + 1) % classNames.length],
    })),
  };
}

/** `excess`: by how much what it says exceeds how often it is right, where it is sure. */
function fakeFigures(images: number, excess: number): CalibrationFigures {
  const counts = [0, 0, 4, 9, 15, 21, 24, 30, 34, 41, 52, 66, 90, 140, 414];
  const total = counts.reduce((sum, v) => sum + v, 0);
  const bins = counts.flatMap((share, at) => {
    const n = Math.round((share / total) * images);
    if (n === 0) return [];
    const confidence = (at + 0.5) / counts.length;
    const accuracy = Math.max(0, confidence - excess * confidence);
    return [{ images: n, confidence, accuracy, ...wilson(accuracy, n) }];
  });
  const mean = (of: (bin: (typeof bins)[number]) => number) =>
    bins.reduce((sum, bin) => sum + bin.images * of(bin), 0) / bins.reduce((sum, bin) => sum + bin.images, 0);
  return {
    expectedError: mean((bin) => Math.abs(bin.confidence - bin.accuracy)),
    brier: 0.28 + excess,
    logLoss: 0.52 + 2 * excess,
    accuracy: mean((bin) => bin.accuracy),
    confidence: mean((bin) => bin.confidence),
    bins,
  };
}

export function fakeCalibration(images: readonly ImageDetail[], scorerId: number): ScorerCalibration {
  const { real } = pairsOf(images);
  const classifier = scorerId === classifierScorer.id;
  const held = classifier ? Math.round(real.length / 5) : real.length;
  return {
    scorer: { ...(classifier ? classifierScorer : scorer), scored: real.length },
    basis: classifier ? 'held-out' : 'out-of-fold',
    images: held,
    learned: real.length - held,
    of: held,
    measured: {
      as: fakeFigures(held, classifier ? 0.14 : 0.01),
      temperature: classifier ? 1.62 : 1.03,
      tempered: fakeFigures(held, 0.012),
      sentence: classifier
        ? 'When it says 97 %, it is right in 83 %: too sure. Difficulties near 0 are understated, those near 1 overstated.'
        : 'As far as 60 images can tell, it is as sure as it is right: it says 84 % on average and is right in 83 %. Difficulty can be read as a probability.',
    },
  };
}

export function fakeDatasetMap(images: readonly ImageDetail[], scorerId: number): DatasetMap | null {
  if (scorerId !== classifierScorer.id) return null;
  const { real, second } = pairsOf(images);
  const random = noise(31);
  const variability = second.map((s) => Math.sqrt(s * (1 - s)) * (0.35 + 0.55 * random()));
  return {
    modelName: classifierScorer.modelName,
    ids: Uint32Array.from(real, ({ id }) => id),
    confidence: Float32Array.from(second, (s) => 1 - s),
    variability: Float32Array.from(variability),
    correctness: Float32Array.from(second, (s) => Math.round(12 * Math.min(1, 1.4 * (1 - s))) / 12),
    forgetting: Uint16Array.from(variability, (v) => Math.floor(9 * v * random())),
    classIndex: Int32Array.from(real, ({ classId }) => (classId ?? 0) - 1),
    heldOut: Uint8Array.from(real, (_, i) => (i % 5 === 0 ? 1 : 0)),
  };
}
