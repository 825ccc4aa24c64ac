/** Owns the figures of the difficulty screen: buckets, curves, the per-class table, easiest and hardest images. */
import { bandwidthOf, densityCurve, quantileOfSorted } from '../../core/difficulty/density.ts';
import { difficultyBuckets } from '../../core/difficulty/score.ts';
import type { ClassDifficulty, DensityCurve, DifficultySummary } from '../../shared/domain/difficulty.ts';
import { classesOf, currentScorerId, listScorers } from './datasets.ts';
import { type Catalog, notFound } from './open.ts';
import { type DifficultyRow, difficultyRows } from './scores.ts';

/** A curve is drawn from at most this many samples, evenly spaced in rank: the eye sees no difference. */
const CURVE_SAMPLES = 4000;
const CURVE_POINTS = 129;

/**
 * Figures of the real images; synthetic ones appear as a curve of their own. null while nothing is scored.
 * `perClass`: how many easiest and hardest images per class (and, overall, twice as many).
 */
export function difficultySummary(
  catalog: Catalog,
  datasetId: number,
  perClass: number,
  scorerId: number | null = currentScorerId(catalog, datasetId),
): DifficultySummary | null {
  if (scorerId === null) return null;
  const scorer = listScorers(catalog, datasetId).find((s) => s.id === scorerId);
  if (!scorer) throw notFound('scorer', scorerId);
  const rows = difficultyRows(catalog, scorerId);
  const real = rows.filter((row) => row.origin === 'real');
  const synthetic = rows.filter((row) => row.origin === 'synthetic');
  if (real.length === 0) return null;
  real.sort((a, b) => a.difficulty - b.difficulty || a.imageId - b.imageId);
  const byClass = new Map<number, DifficultyRow[]>();
  for (const row of real) {
    const list = byClass.get(row.classId);
    if (list) list.push(row);
    else byClass.set(row.classId, [row]);
  }
  const classes = classesOf(catalog, datasetId).flatMap((c): ClassDifficulty[] => {
    const own = byClass.get(c.id);
    if (!own) return [];
    const sorted = own.map((row) => row.difficulty);
    return [
      {
        classId: c.id,
        className: c.name,
        count: own.length,
        mean: mean(sorted),
        median: quantileOfSorted(sorted, 0.5),
        accuracy: mean(own.map((row) => row.agrees)),
        buckets: difficultyBuckets(sorted),
        easiest: own.slice(0, perClass).map((row) => row.imageId),
        hardest: own
          .slice(-perClass)
          .reverse()
          .map((row) => row.imageId),
      },
    ];
  });
  const all = real.map((row) => row.difficulty);
  const curves = [curve('Real', all)];
  if (synthetic.length > 0)
    curves.push(
      curve(
        'Synthetic',
        synthetic.map((row) => row.difficulty).sort((a, b) => a - b),
      ),
    );
  return {
    scorer,
    buckets: difficultyBuckets(all),
    mean: mean(all),
    accuracy: mean(real.map((row) => row.agrees)),
    curves,
    classes,
    easiest: real.slice(0, 2 * perClass).map((row) => row.imageId),
    hardest: real
      .slice(-2 * perClass)
      .reverse()
      .map((row) => row.imageId),
  };
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const v of values) sum += v;
  return Math.min(1, Math.max(0, sum / values.length));
}

/** sorted: ascending difficulties. */
function curve(label: string, sorted: readonly number[]): DensityCurve {
  const n = Math.min(sorted.length, CURVE_SAMPLES);
  const samples =
    n === sorted.length
      ? sorted
      : Array.from({ length: n }, (_, i) => quantileOfSorted(sorted, (i + 0.5) / n));
  const { x, y } = densityCurve(samples, { points: CURVE_POINTS, bandwidth: bandwidthOf(sorted) });
  return { label, count: sorted.length, x: Array.from(x), y: Array.from(y) };
}
