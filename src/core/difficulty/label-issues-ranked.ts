/**
 * Owns the list of suspected labels that a person reads: which rows confident learning flags, in what order, and
 * what the labels of each class probably are. The order is our own choice among measured ones
 * (docs/experiments/label-issues.md): by how many times likelier the suggested class is than the given one.
 */
import { confidentJoint, type IssueRule, labelIssues, labelQuality } from './label-issues.ts';
import { BUCKET_BORDERS } from './score.ts';

/** What the worst label is: least probable, smallest margin, or smallest odds against the best other class. */
export type IssueRanking = 'odds' | 'self-confidence' | 'normalised-margin';

export interface RankedIssue {
  row: number;
  given: number;
  /** Most probable class; never the given one. */
  suggested: number;
  /** p(given), [0,1]. */
  selfConfidence: number;
  /** p(suggested), [0,1]. */
  suggestedProbability: number;
  /** (p(given) - p(suggested) + 1) / 2, [0,1]; 0 worst. */
  normalisedMargin: number;
  /** ln(p(suggested) / p(given)) >= 0 in nats: the evidence against the label. */
  logOdds: number;
}

export interface LabelIssueList {
  /** Worst first. */
  issues: RankedIssue[];
  /** Estimated share of labels that are wrong: what the joint holds off its diagonal, [0,1]. */
  noise: number;
  /** How many rows labelled `given` are probably `suggested`, from the joint; most first, counts of 1 and more. */
  pairs: { given: number; suggested: number; count: number }[];
  /** Rows in the hard bucket that are not flagged: hard, and rightly labelled as far as can be told. */
  hard: number;
}

export interface IssueListOptions {
  rule?: IssueRule;
  ranking?: IssueRanking;
}

/** A probe gives a class without training rows probability 0; odds against it are finite all the same. */
const LEAST = 1e-12;

/** probabilities: [n,k], out of sample, rows summing to 1; labels: n class indices in 0..k-1. */
export function rankedLabelIssues(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  { rule = 'class', ranking = 'odds' }: IssueListOptions = {},
): LabelIssueList {
  const joint = confidentJoint(probabilities, n, k, labels);
  const quality = badness(probabilities, n, k, labels, ranking);
  const issues = labelIssues(probabilities, n, k, labels, rule, joint)
    .sort((a, b) => quality[b] - quality[a] || a - b)
    .map((row) => describe(probabilities, row, k, labels[row]));

  const flagged = new Set(issues.map((issue) => issue.row));
  let hard = 0;
  for (let i = 0; i < n; i++)
    if (1 - probabilities[i * k + labels[i]] >= BUCKET_BORDERS.hard && !flagged.has(i)) hard++;

  const pairs: LabelIssueList['pairs'] = [];
  let noise = 0;
  for (let given = 0; given < k; given++) {
    for (let suggested = 0; suggested < k; suggested++) {
      if (given === suggested) continue;
      noise += joint.joint[given * k + suggested];
      const count = joint.calibrated[given * k + suggested];
      if (count >= 1) pairs.push({ given, suggested, count });
    }
  }
  pairs.sort((a, b) => b.count - a.count || a.given - b.given || a.suggested - b.suggested);
  return { issues, noise, pairs, hard };
}

/** f64[n], one value per row: the larger, the worse the label looks. */
export function badness(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  ranking: IssueRanking,
): Float64Array {
  switch (ranking) {
    case 'self-confidence':
      return labelQuality(probabilities, n, k, labels).selfConfidence.map((q) => -q);
    case 'normalised-margin':
      return labelQuality(probabilities, n, k, labels).normalisedMargin.map((q) => -q);
    case 'odds':
      return Float64Array.from({ length: n }, (_, i) => describe(probabilities, i, k, labels[i]).logOdds);
  }
}

/** A row against its best other class: for rows that agree with their label the odds are below 1. */
function describe(p: ArrayLike<number>, row: number, k: number, given: number): RankedIssue {
  let suggested = given === 0 ? 1 : 0;
  for (let c = 0; c < k; c++) if (c !== given && p[row * k + c] > p[row * k + suggested]) suggested = c;
  const own = p[row * k + given];
  const other = p[row * k + suggested];
  return {
    row,
    given,
    suggested,
    selfConfidence: own,
    suggestedProbability: other,
    normalisedMargin: (own - other + 1) / 2,
    logOdds: Math.log(Math.max(other, LEAST)) - Math.log(Math.max(own, LEAST)),
  };
}
