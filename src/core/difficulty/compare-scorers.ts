/** Owns the comparison of two scorers of the same images: rank correlation, buckets, where they part. */
import { type Bucket, bucket } from '../../shared/domain/parts.ts';
import { type KendallCorrelation, kendall } from './kendall.ts';
import { type Correlation, spearman } from './rank.ts';
import { bucketOf } from './score.ts';

/** How far two scorers agree on some images. */
export interface Agreement {
  n: number;
  spearman: Correlation;
  kendall: KendallCorrelation;
  /** Share of images that both put into the same bucket, [0,1]; NaN for no image. */
  sameBucket: number;
}

export interface ScorerComparison extends Agreement {
  /** Images by bucket of a (rows) and of b (columns): easy, medium, hard. */
  buckets: number[][];
  /** Cohen's kappa of the buckets: what agreement is left beyond chance, [-1,1]; NaN where chance is all. */
  kappa: number;
  /** Mean of a - b: above 0, a finds the images harder. */
  meanDifference: number;
  meanAbsoluteDifference: number;
  /** Classes 0..k-1, empty ones too. */
  classes: Agreement[];
  /** Rows, largest |a - b| first; ties by row. */
  disagreements: number[];
}

/**
 * a, b: difficulty of the same n images, [0,1]; labels: their class indices below k. `largest`: how many
 * disagreements to list. Throws where the sizes disagree.
 */
export function compareScorers(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  labels: ArrayLike<number>,
  k: number,
  largest = 50,
): ScorerComparison {
  const n = a.length;
  if (b.length !== n || labels.length !== n)
    throw new Error(
      `scorers: ${n} difficulties against ${b.length}, and ${labels.length} labels; wanted as many`,
    );
  const members: number[][] = Array.from({ length: k }, () => []);
  const buckets = bucket.options.map(() => bucket.options.map(() => 0));
  let [sum, absolute] = [0, 0];
  for (let i = 0; i < n; i++) {
    members[labels[i]].push(i);
    buckets[place(bucketOf(a[i]))][place(bucketOf(b[i]))]++;
    sum += a[i] - b[i];
    absolute += Math.abs(a[i] - b[i]);
  }
  const apart = (i: number) => Math.abs(a[i] - b[i]);
  return {
    ...agreement(a, b),
    buckets,
    kappa: cohensKappa(buckets, n),
    meanDifference: sum / n,
    meanAbsoluteDifference: absolute / n,
    classes: members.map((rows) =>
      agreement(
        rows.map((i) => a[i]),
        rows.map((i) => b[i]),
      ),
    ),
    disagreements: Array.from({ length: n }, (_, i) => i)
      .sort((i, j) => apart(j) - apart(i) || i - j)
      .slice(0, largest),
  };
}

const place = (name: Bucket): number => bucket.options.indexOf(name);

function agreement(a: ArrayLike<number>, b: ArrayLike<number>): Agreement {
  const n = a.length;
  let same = 0;
  for (let i = 0; i < n; i++) if (bucketOf(a[i]) === bucketOf(b[i])) same++;
  return { n, spearman: spearman(a, b), kendall: kendall(a, b), sameBucket: same / n };
}

/** (observed - expected) / (1 - expected), expected from the margins (Cohen 1960). */
function cohensKappa(table: readonly (readonly number[])[], n: number): number {
  let [observed, expected] = [0, 0];
  table.forEach((row, i) => {
    observed += row[i] / n;
    const ofA = row.reduce((total, v) => total + v, 0);
    const ofB = table.reduce((total, other) => total + other[i], 0);
    expected += (ofA / n) * (ofB / n);
  });
  return expected < 1 ? (observed - expected) / (1 - expected) : Number.NaN;
}
