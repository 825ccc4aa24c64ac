/**
 * Owns what is read off one row of class probabilities: difficulty, entropy, margins, the predicted class,
 * and the three buckets of difficulty.
 */
import type { Bucket } from '../../shared/domain/parts.ts';

/** Borders of the buckets, as in the papers: easy [0,.33), medium [.33,.66), hard [.66,1]. */
export const BUCKET_BORDERS = { medium: 0.33, hard: 0.66 } as const;

/** One entry per row of the probabilities. */
export interface Scores {
  /** s = 1 - p(true class), [0,1], 1 hardest; NaN where the row has no label. */
  difficulty: Float32Array;
  /** -sum p ln p in nats, [0, ln k]. */
  entropy: Float32Array;
  /** entropy / ln k, [0,1]; 0 for a single class. */
  entropyNormalised: Float32Array;
  /** Largest minus second largest probability, [0,1]. */
  margin: Float32Array;
  /** p(true class) minus the largest of the others, [-1,1]; NaN where the row has no label. */
  labelMargin: Float32Array;
  /** Most probable class; the first of equals. */
  predicted: Int32Array;
}

/**
 * Scores every row. probabilities: f32[n,k], rows sum to 1; labels: n class indices, -1 = no label.
 * Throws where a label is outside -1..k-1 or the sizes disagree.
 */
export function scoreProbabilities(
  probabilities: Float32Array,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): Scores {
  if (probabilities.length !== n * k || labels.length !== n) {
    throw new Error(
      `scores: ${probabilities.length} probabilities and ${labels.length} labels, wanted ${n} x ${k} and ${n}`,
    );
  }
  const scores: Scores = {
    difficulty: new Float32Array(n),
    entropy: new Float32Array(n),
    entropyNormalised: new Float32Array(n),
    margin: new Float32Array(n),
    labelMargin: new Float32Array(n),
    predicted: new Int32Array(n),
  };
  const logK = Math.log(k);
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < -1 || label >= k) {
      throw new Error(`scores: row ${i} has label ${label}, wanted a class index below ${k}, or -1 for none`);
    }
    let entropy = 0;
    let best = 0;
    let first = -Infinity;
    let second = k > 1 ? -Infinity : 0;
    let other = k > 1 ? -Infinity : 0;
    for (let c = 0; c < k; c++) {
      const p = probabilities[i * k + c];
      if (p > 0) entropy -= p * Math.log(p);
      if (p > first) {
        second = Math.max(second, first);
        first = p;
        best = c;
      } else if (p > second) second = p;
      if (c !== label && p > other) other = p;
    }
    const own = label < 0 ? Number.NaN : probabilities[i * k + label];
    // Float rows may exceed 1 by an ulp; a difficulty must not leave [0,1].
    scores.difficulty[i] = label < 0 ? Number.NaN : Math.min(1, Math.max(0, 1 - own));
    scores.entropy[i] = entropy;
    scores.entropyNormalised[i] = k > 1 ? Math.min(1, entropy / logK) : 0;
    scores.margin[i] = first - second;
    scores.labelMargin[i] = own - other;
    scores.predicted[i] = best;
  }
  return scores;
}

/**
 * Refuses probabilities that came from outside and are none: f32[n,k] must be finite, in [0,1], rows summing
 * to 1 within `tolerance`. The error names the first bad row.
 */
export function checkProbabilities(
  probabilities: Float32Array,
  n: number,
  k: number,
  tolerance = 1e-3,
): void {
  if (probabilities.length !== n * k) {
    throw new Error(`probabilities: ${probabilities.length} numbers, wanted ${n} rows of ${k} classes`);
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < k; c++) {
      const p = probabilities[i * k + c];
      if (!(p >= -tolerance && p <= 1 + tolerance)) {
        throw new Error(
          `probabilities: row ${i}, class ${c} is ${p}, wanted a number in [0,1] (logits need a softmax first)`,
        );
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > tolerance) {
      throw new Error(
        `probabilities: row ${i} sums to ${sum}, wanted 1 within ${tolerance}; normalise the rows`,
      );
    }
  }
}

/** The bucket of one difficulty in [0,1]. */
export function bucketOf(difficulty: number): Bucket {
  if (!(difficulty >= 0 && difficulty <= 1))
    throw new Error(`bucket: difficulty ${difficulty}, wanted [0,1]`);
  if (difficulty < BUCKET_BORDERS.medium) return 'easy';
  return difficulty < BUCKET_BORDERS.hard ? 'medium' : 'hard';
}

/** How many images each bucket holds; unscored ones (NaN) are left out. */
export function difficultyBuckets(difficulty: ArrayLike<number>): Record<Bucket, number> {
  const buckets: Record<Bucket, number> = { easy: 0, medium: 0, hard: 0 };
  for (let i = 0; i < difficulty.length; i++) {
    if (!Number.isNaN(difficulty[i])) buckets[bucketOf(difficulty[i])]++;
  }
  return buckets;
}
