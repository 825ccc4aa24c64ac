/**
 * Owns the search for wrong labels by confident learning (Northcutt, Jiang, Chuang 2021): class thresholds,
 * the confident joint of given and true labels, which rows are issues, and how good each label looks.
 * Probabilities must be out-of-sample (out-of-fold): a model that has seen a wrong label believes it.
 */
import { roundHalfEven } from '../round.ts';

/** How issues are chosen; names as in the literature's reference implementation. */
export type IssueRule =
  | 'confident' // confidently counted off the joint's diagonal
  | 'noise-rate' // per (given, true) pair, the rows with the largest margin, as many as the joint says
  | 'class' // per given class, the rows of lowest self-confidence, as many as the joint says
  | 'both' // noise-rate and class
  | 'predicted'; // most probable class is not the label

export interface ConfidentJoint {
  k: number;
  /** f64[k]: mean p_j over rows labelled j; +Infinity for a class without rows. */
  thresholds: Float64Array;
  /** f64[k,k] counts, [given][true]; the diagonal is at least 1 where the class has rows. */
  counts: Float64Array;
  /** f64[k,k] counts scaled so that each row sums to the class's rows, rounded to whole numbers. */
  calibrated: Float64Array;
  /** f64[k,k]: calibrated joint before rounding, over n: the estimated probability of (given, true). */
  joint: Float64Array;
  /** i32[n]: the class a row was confidently counted for; -1 where no class reaches its threshold. */
  confidentClass: Int32Array;
}

export interface LabelQuality {
  /** p(label), [0,1]; 0 worst. */
  selfConfidence: Float64Array;
  /** (p(label) - max of the others + 1) / 2, [0,1]; 0 worst. */
  normalisedMargin: Float64Array;
  /** ln(1 + q) / q with q = normalised entropy / p(label), (0,1]; 0 worst. */
  weightedEntropy: Float64Array;
}

/** Slack of the threshold comparison: a class whose rows are all equal must still reach its own mean. */
const SLACK = 1e-6;

/** probabilities: [n,k] rows summing to 1, labels: n class indices in 0..k-1 (drop unlabelled rows before). */
export function confidentJoint(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): ConfidentJoint {
  check(probabilities, n, k, labels);
  const members = new Float64Array(k);
  const thresholds = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    members[labels[i]]++;
    thresholds[labels[i]] += probabilities[i * k + labels[i]];
  }
  for (let c = 0; c < k; c++) thresholds[c] = members[c] ? thresholds[c] / members[c] : Infinity;

  const confidentClass = new Int32Array(n).fill(-1);
  const counts = new Float64Array(k * k);
  for (let i = 0; i < n; i++) {
    const best = confidentClassOf(probabilities, i, k, thresholds);
    confidentClass[i] = best;
    if (best >= 0) counts[labels[i] * k + best]++;
  }
  const joint = new Float64Array(k * k);
  const calibrated = new Float64Array(k * k);
  for (let c = 0; c < k; c++) {
    if (!members[c]) continue;
    counts[c * k + c] = Math.max(1, counts[c * k + c]);
    const row = counts.subarray(c * k, c * k + k);
    const total = row.reduce((sum, v) => sum + v, 0);
    const scaled = row.map((v) => (v / total) * members[c]);
    calibrated.set(roundKeepingSum(scaled), c * k);
    for (let t = 0; t < k; t++) joint[c * k + t] = scaled[t] / n;
  }
  return { k, thresholds, counts, calibrated, joint, confidentClass };
}

/**
 * The class that reaches its threshold; of several such classes none in particular: then the most probable of all,
 * even where that one does not reach its own. So does the reference implementation; the paper (eq. 1) would take the
 * most probable of those that do, which differs only where a class of high threshold is in the lead.
 */
function confidentClassOf(
  probabilities: ArrayLike<number>,
  row: number,
  k: number,
  thresholds: Float64Array,
): number {
  let confident = 0;
  let only = -1;
  let largest = 0;
  for (let c = 0; c < k; c++) {
    const p = probabilities[row * k + c];
    if (p > probabilities[row * k + largest]) largest = c;
    if (p < thresholds[c] - SLACK) continue;
    confident++;
    only = c;
  }
  return confident > 1 ? largest : only;
}

/** Row indices that look mislabelled under `rule`, least self-confident first. */
export function labelIssues(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  rule: IssueRule = 'noise-rate',
  joint: ConfidentJoint = confidentJoint(probabilities, n, k, labels),
): number[] {
  const predicted = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    for (let c = 1; c < k; c++) {
      if (probabilities[i * k + c] > probabilities[i * k + predicted[i]]) predicted[i] = c;
    }
  }
  const isIssue = choose(rule);
  const issues: number[] = [];
  for (let i = 0; i < n; i++) {
    // A row that the model assigns to its own label is never an issue, whatever the counts say.
    if (isIssue[i] && predicted[i] !== labels[i]) issues.push(i);
  }
  const confidence = (i: number) => probabilities[i * k + labels[i]];
  return issues.sort((a, b) => confidence(a) - confidence(b) || a - b);

  function choose(wanted: IssueRule): Uint8Array {
    switch (wanted) {
      case 'predicted':
        return new Uint8Array(n).fill(1);
      case 'confident':
        return Uint8Array.from(joint.confidentClass, (c, i) => (c >= 0 && c !== labels[i] ? 1 : 0));
      case 'noise-rate':
        return byNoiseRate(probabilities, n, k, labels, joint.calibrated);
      case 'class':
        return byClass(probabilities, n, k, labels, joint.calibrated);
      case 'both': {
        const second = choose('class');
        return choose('noise-rate').map((v, i) => v & second[i]);
      }
    }
  }
}

/**
 * Probabilities with each class's confident threshold taken off, so that a class the model is shy of is not blamed
 * (Northcutt et al. 2021, sec. 3.2): p - threshold + the largest threshold, rows scaled to sum 1. f64[n,k].
 */
export function confidentlyAdjusted(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): Float64Array {
  const { thresholds } = confidentJoint(probabilities, n, k, labels);
  const largest = Math.max(...thresholds.filter(Number.isFinite));
  const adjusted = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c < k; c++) {
      // A class without rows has no threshold to take off.
      const threshold = Number.isFinite(thresholds[c]) ? thresholds[c] : 0;
      sum += adjusted[i * k + c] = probabilities[i * k + c] - threshold + largest;
    }
    for (let c = 0; c < k; c++) adjusted[i * k + c] /= sum;
  }
  return adjusted;
}

/** Quality of every given label; low values are worth a look. */
export function labelQuality(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
): LabelQuality {
  check(probabilities, n, k, labels);
  const quality: LabelQuality = {
    selfConfidence: new Float64Array(n),
    normalisedMargin: new Float64Array(n),
    weightedEntropy: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    const own = probabilities[i * k + labels[i]];
    let other = k > 1 ? -Infinity : 0;
    let entropy = 0;
    for (let c = 0; c < k; c++) {
      const p = probabilities[i * k + c];
      if (c !== labels[i] && p > other) other = p;
      if (p > 0) entropy -= p * Math.log(p);
    }
    const q = Math.max(1e-6, k > 1 ? entropy / Math.log(k) / Math.max(own, 1e-12) : 0);
    quality.selfConfidence[i] = own;
    quality.normalisedMargin[i] = (own - other + 1) / 2;
    quality.weightedEntropy[i] = Math.log1p(q) / q;
  }
  return quality;
}

/** For every pair given g, true t: the calibrated count of rows labelled g with the largest p_t - p_g. */
function byNoiseRate(
  p: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  calibrated: Float64Array,
): Uint8Array {
  const chosen = new Uint8Array(n);
  for (let g = 0; g < k; g++) {
    const rows = rowsOf(labels, n, g);
    if (rows.length <= 1) continue;
    for (let t = 0; t < k; t++) {
      const count = Math.min(rows.length, calibrated[g * k + t]);
      if (t === g || count < 1) continue;
      const margin = (i: number) => p[i * k + t] - p[i * k + g];
      const cut = rows.map(margin).sort((a, b) => b - a)[count - 1];
      for (const i of rows) if (margin(i) >= cut) chosen[i] = 1;
    }
  }
  return chosen;
}

/** For every class: as many rows of lowest p(label) as the calibrated joint puts off its diagonal. */
function byClass(
  p: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  calibrated: Float64Array,
): Uint8Array {
  const chosen = new Uint8Array(n);
  for (let g = 0; g < k; g++) {
    const rows = rowsOf(labels, n, g);
    const count = rows.length - calibrated[g * k + g];
    if (rows.length <= 1 || count < 1) continue;
    const own = (i: number) => p[i * k + g];
    const cut = rows.map(own).sort((a, b) => a - b)[count];
    for (const i of rows) if (own(i) < cut) chosen[i] = 1;
  }
  return chosen;
}

function rowsOf(labels: ArrayLike<number>, n: number, label: number): number[] {
  const rows: number[] = [];
  for (let i = 0; i < n; i++) if (labels[i] === label) rows.push(i);
  return rows;
}

/** Rounds to whole numbers of the same (whole) sum: what the rounding is off goes where it costs least. */
function roundKeepingSum(values: Float64Array): Float64Array {
  const rounded = values.map(roundHalfEven);
  const excess = (array: Float64Array) => array.reduce((sum, v) => sum + v, 0);
  let missing = Math.round(excess(values)) - excess(rounded);
  const step = Math.sign(missing);
  const order = Array.from(values.keys());
  // Among equals the reference raises the last and lowers the first.
  order.sort((a, b) => step * (values[b] - rounded[b] - (values[a] - rounded[a])) || step * (b - a));
  for (let at = 0; missing !== 0; at = (at + 1) % order.length, missing -= step) rounded[order[at]] += step;
  return rounded;
}

function check(p: ArrayLike<number>, n: number, k: number, labels: ArrayLike<number>): void {
  if (p.length !== n * k || labels.length !== n) {
    throw new Error(
      `label issues: ${p.length} probabilities and ${labels.length} labels, wanted ${n} x ${k} and ${n}`,
    );
  }
  for (let i = 0; i < n; i++) {
    if (!(labels[i] >= 0 && labels[i] < k)) {
      throw new Error(
        `label issues: row ${i} has label ${labels[i]}, wanted 0..${k - 1}; leave unlabelled rows out`,
      );
    }
  }
}
