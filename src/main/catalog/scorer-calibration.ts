/**
 * Owns how far a scorer's probabilities can be believed: measured on real, labelled images, and only on those that it
 * had not learned from where that is known.
 */
import type { Calibration } from '../../core/metrics/calibration.ts';
import {
  calibrationSentence,
  lessonsSentence,
  reliabilitySteps,
  wilson,
} from '../../core/metrics/reliability.ts';
import { permutation, rngFromSeed } from '../../core/rng.ts';
import type { CalibrationBasis, CalibrationFigures, ScorerCalibration } from '../../shared/scorers.ts';
import { pump } from '../files/pump.ts';
import { f32OfBlob } from './blobs.ts';
import { listScorers } from './datasets.ts';
import { trainingDynamicsOf } from './dynamics.ts';
import { type Catalog, notFound } from './open.ts';
import { excludedImages } from './review.ts';
import { getScorer, type StoredScorer } from './scores.ts';

/**
 * The figures are made from at most so many images, and fewer where classes are many: a window waits for them. Ten
 * thousand tell a share to half a percent. They are drawn at random.
 */
const MAX_IMAGES = 10_000;
const MIN_IMAGES = 2000;
const MAX_NUMBERS = 500_000;

export interface LabelledProbabilities {
  basis: CalibrationBasis;
  /** f32[n,k], columns as the scorer's classIds. */
  probabilities: Float32Array;
  n: number;
  k: number;
  labels: Int32Array;
  /** Images left out because the scorer had learned from them. */
  learned: number;
  /** Images that these n are drawn from. */
  of: number;
}

/** Which images taught the scorer, as far as is known. */
export function calibrationBasis(
  catalog: Catalog,
  scorer: Pick<StoredScorer, 'method' | 'modelId'>,
): { basis: CalibrationBasis; learned: ReadonlySet<number> } {
  const nothing = new Set<number>();
  if (scorer.method === 'out-of-fold' || scorer.method === 'in-sample')
    return { basis: scorer.method, learned: nothing };
  const rows = scorer.method === 'classifier' ? trainingDynamicsOf(catalog, scorer.modelId) : null;
  if (!rows?.every((row) => row.heldOut !== undefined)) return { basis: 'unknown', learned: nothing };
  return {
    basis: 'held-out',
    learned: new Set(rows.filter((row) => !row.heldOut).map((row) => row.imageId)),
  };
}

/** What the scorer said of present, labelled real images that nobody excluded and it had not learned from. */
export function labelledProbabilities(
  catalog: Catalog,
  scorer: StoredScorer,
  maxNumbers = MAX_NUMBERS,
): LabelledProbabilities {
  const { basis, learned } = calibrationBasis(catalog, scorer);
  const excluded = excludedImages(catalog, scorer.datasetId);
  const column = new Map(scorer.classIds.map((id, at) => [id, at]));
  const k = scorer.classIds.length;
  const judged = catalog
    .all<{ id: number; classId: number }>(
      `SELECT i.id, i.class_id AS classId FROM scores s JOIN images i ON i.id = s.image_id
       WHERE s.scorer_id = ? AND i.origin = 'real' AND i.present = 1 AND i.class_id IS NOT NULL ORDER BY i.id`,
      scorer.id,
    )
    .filter((row) => !excluded.has(row.id) && column.has(row.classId));
  const unseen = judged.filter((row) => !learned.has(row.id));
  const most = Math.max(MIN_IMAGES, Math.min(MAX_IMAGES, Math.floor(maxNumbers / k)));
  const rows =
    unseen.length <= most
      ? unseen
      : Array.from(
          permutation(unseen.length, rngFromSeed(0, 'calibration')).slice(0, most),
          (i) => unseen[i],
        );
  const probabilities = new Float32Array(rows.length * k);
  rows.forEach((row, i) => {
    const blob = catalog.value<Uint8Array>(
      'SELECT probabilities FROM score_probabilities WHERE scorer_id = ? AND image_id = ?',
      scorer.id,
      row.id,
    )!;
    probabilities.set(f32OfBlob(blob), i * k);
  });
  return {
    basis,
    probabilities,
    n: rows.length,
    k,
    labels: Int32Array.from(rows, (row) => column.get(row.classId)!),
    learned: judged.length - unseen.length,
    of: unseen.length,
  };
}

/** Gives the thread back in between. Throws CatalogError 'not-found' where the dataset has no such scorer. */
export async function scorerCalibration(
  catalog: Catalog,
  datasetId: number,
  scorerId: number,
): Promise<ScorerCalibration> {
  const scorer = listScorers(catalog, datasetId).find((s) => s.id === scorerId);
  if (!scorer) throw notFound('scorer', scorerId);
  const rows = labelledProbabilities(catalog, getScorer(catalog, scorerId));
  const { basis, n, k, learned, of } = rows;
  const view = { scorer, basis, images: n, learned, of };
  if (n < 2) return { ...view, measured: null };
  const found = await pump(
    reliabilitySteps(rows.probabilities, n, k, rows.labels, rngFromSeed(0, 'temperature')),
    { signal: new AbortController().signal },
  );
  // A temperature that mends what a scorer says of its own lessons would make it surer still of everything else.
  const honest = basis !== 'in-sample';
  return {
    ...view,
    measured: {
      as: figures(found.as),
      temperature: honest ? found.temperature.value : null,
      tempered: honest ? figures(found.tempered) : null,
      sentence: honest ? calibrationSentence(found.as, n) : lessonsSentence(found.as),
    },
  };
}

const bounded = (share: number) => Math.min(1, Math.max(0, share));

function figures({ bins, ...of }: Calibration): CalibrationFigures {
  return {
    ...of,
    expectedError: bounded(of.expectedError),
    accuracy: bounded(of.accuracy),
    confidence: bounded(of.confidence),
    bins: bins
      .filter((bin) => bin.count > 0)
      .map(({ count, confidence, accuracy }) => ({
        images: count,
        confidence: bounded(confidence),
        accuracy: bounded(accuracy),
        ...wilson(bounded(accuracy), count),
      })),
  };
}
