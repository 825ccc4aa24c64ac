/**
 * Owns ridge regression of several targets on features, within groups: what a regressor says of differences inside a
 * group, whatever sets the groups apart. The penalty is the one with the least held-out error.
 */
import { stratifiedFolds } from '../difficulty/folds.ts';
import type { Rng } from '../rng.ts';
import type { Steps } from '../steps.ts';

/** Relative: the Gram matrix is penalised by this times the mean of its diagonal, so that they fit every encoder. */
export const ridgePenalties = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10] as const;

export interface GroupedRows {
  x: ArrayLike<number>; // [n,d]
  y: ArrayLike<number>; // [n,k]
  groups: ArrayLike<number>; // [n], 0..groupCount-1
  n: number;
  d: number;
  k: number;
}

export interface GroupedRidge {
  d: number;
  k: number;
  groupCount: number;
  weights: Float64Array; // [d,k]
  meanX: Float64Array; // [groupCount,d], of the rows it was trained on
  meanY: Float64Array; // [groupCount,k]
  /** Chosen penalty of each target, one of ridgePenalties. */
  penalties: number[];
  /**
   * 1 - (squared error on held-out rows) / (their squared distance to their group's mean): 0 is what the group alone
   * tells, 1 perfect. NaN for a target that is constant in every group. The penalty is chosen by the same error, which
   * flatters it by the little that six candidates can.
   */
  heldOutR2: number[];
  /** f64[n,k] by the chosen penalties, each row by a model that did not see it; NaN where its group was held out whole. */
  heldOut: Float64Array;
}

/**
 * Weights w[d,k] that minimise |y - x w|^2 + penalty |w|^2 for x[n,d], y[n,k]: (x'x + penalty I) w = x'y by Cholesky's
 * factorisation. No intercept: centre the columns first.
 * @throws when the penalised matrix is not positive definite (penalty 0 and dependent columns).
 */
export function ridgeWeights(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { n, d, k }: { n: number; d: number; k: number },
  penalty: number,
): Float64Array {
  const { gram, cross } = normalEquations(x, y, n, d, k);
  return solvePenalised(gram, cross, d, k, penalty);
}

/** @throws when the arrays do not fit one another, or there are fewer than two rows a fold. */
export function* groupedRidgeSteps(rows: GroupedRows, rng: Rng, folds = 5): Steps<GroupedRidge> {
  const { n, d, k } = rows;
  if (rows.x.length !== n * d || rows.y.length !== n * k || rows.groups.length !== n)
    throw new Error(
      `ridge: ${rows.x.length} features, ${rows.y.length} targets, ${rows.groups.length} groups for ${n} rows, wanted ${n * d}, ${n * k} and ${n}`,
    );
  if (n < 2 * folds) throw new Error(`ridge: ${n} rows, wanted ${2 * folds} or more`);
  const groupCount = Math.max(...Array.from(rows.groups)) + 1;
  const fold = stratifiedFolds(rows.groups, n, folds, rng);
  const errors = ridgePenalties.map(() => new Float64Array(k));
  const saidOf = ridgePenalties.map(() => new Float64Array(n * k).fill(Number.NaN));
  const spread = new Float64Array(k);
  for (let held = 0; held < folds; held++) {
    const training = centred(rows, groupCount, (i) => fold[i] !== held);
    const { gram, cross } = normalEquations(training.x, training.y, training.n, d, k);
    // A group that is held out whole has no mean to differ from.
    const test = indices(n).filter((i) => fold[i] === held && training.counts[rows.groups[i]] > 0);
    for (const [p, penalty] of ridgePenalties.entries()) {
      yield (held * ridgePenalties.length + p) / ((folds + 1) * ridgePenalties.length);
      const weights = solvePenalised(gram, cross, d, k, penalty * scaleOf(gram, d));
      for (const i of test) {
        const said = predict(rows.x, i, rows.groups[i], { ...training, weights, d, k });
        saidOf[p].set(said, i * k);
        for (let t = 0; t < k; t++) {
          errors[p][t] += (rows.y[i * k + t] - said[t]) ** 2;
          if (p === 0) spread[t] += (rows.y[i * k + t] - training.meanY[rows.groups[i] * k + t]) ** 2;
        }
      }
    }
  }
  const chosen = indices(k).map((t) => errors.reduce((best, e, p) => (e[t] < errors[best][t] ? p : best), 0));
  const all = centred(rows, groupCount, () => true);
  const { gram, cross } = normalEquations(all.x, all.y, n, d, k);
  const weights = new Float64Array(d * k);
  for (const p of new Set(chosen)) {
    yield folds / (folds + 1);
    const solved = solvePenalised(gram, cross, d, k, ridgePenalties[p] * scaleOf(gram, d));
    for (let t = 0; t < k; t++)
      if (chosen[t] === p) for (let a = 0; a < d; a++) weights[a * k + t] = solved[a * k + t];
  }
  return {
    d,
    k,
    groupCount,
    heldOut: Float64Array.from({ length: n * k }, (_, at) => saidOf[chosen[at % k]][at]),
    weights,
    meanX: all.meanX,
    meanY: all.meanY,
    penalties: chosen.map((p) => ridgePenalties[p]),
    heldOutR2: chosen.map((p, t) => (spread[t] > 1e-12 ? 1 - errors[p][t] / spread[t] : Number.NaN)),
  };
}

/** Targets of one row of features x[d] of a known group -> [k]. */
export function predictGrouped(model: GroupedRidge, x: ArrayLike<number>, group: number): Float64Array {
  if (x.length !== model.d) throw new Error(`ridge: ${x.length} features, wanted ${model.d}`);
  if (!(group >= 0 && group < model.groupCount))
    throw new Error(`ridge: group ${group}, wanted 0..${model.groupCount - 1}`);
  return predict(x, 0, group, model);
}

function predict(
  x: ArrayLike<number>,
  row: number,
  group: number,
  m: Pick<GroupedRidge, 'weights' | 'meanX' | 'meanY' | 'd' | 'k'>,
): Float64Array {
  const out = m.meanY.slice(group * m.k, (group + 1) * m.k);
  for (let a = 0; a < m.d; a++) {
    const v = x[row * m.d + a] - m.meanX[group * m.d + a];
    for (let t = 0; t < m.k; t++) out[t] += v * m.weights[a * m.k + t];
  }
  return out;
}

/** The rows that are used, less their groups' means. */
function centred({ x, y, groups, n, d, k }: GroupedRows, groupCount: number, uses: (row: number) => boolean) {
  const used = indices(n).filter(uses);
  const counts = new Float64Array(groupCount);
  for (const i of used) counts[groups[i]]++;
  const meansOf = (values: ArrayLike<number>, width: number) => {
    const means = new Float64Array(groupCount * width);
    for (const i of used)
      for (let a = 0; a < width; a++)
        means[groups[i] * width + a] += values[i * width + a] / counts[groups[i]];
    return means;
  };
  const less = (values: ArrayLike<number>, means: Float64Array, width: number) => {
    const out = new Float64Array(used.length * width);
    used.forEach((i, at) => {
      for (let a = 0; a < width; a++)
        out[at * width + a] = values[i * width + a] - means[groups[i] * width + a];
    });
    return out;
  };
  const meanX = meansOf(x, d);
  const meanY = meansOf(y, k);
  return { n: used.length, counts, meanX, meanY, x: less(x, meanX, d), y: less(y, meanY, k) };
}

/** x'x [d,d] and x'y [d,k]. */
function normalEquations(x: ArrayLike<number>, y: ArrayLike<number>, n: number, d: number, k: number) {
  const gram = new Float64Array(d * d);
  const cross = new Float64Array(d * k);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < d; a++) {
      const v = x[i * d + a];
      if (v === 0) continue;
      for (let b = 0; b <= a; b++) gram[a * d + b] += v * x[i * d + b];
      for (let t = 0; t < k; t++) cross[a * k + t] += v * y[i * k + t];
    }
  }
  return { gram, cross };
}

/** Mean of the diagonal; 1 where nothing varies. */
function scaleOf(gram: Float64Array, d: number): number {
  let trace = 0;
  for (let a = 0; a < d; a++) trace += gram[a * d + a];
  return trace > 0 ? trace / d : 1;
}

/** (gram + penalty I) w = cross, of whose symmetric gram the lower half is read. */
function solvePenalised(gram: Float64Array, cross: Float64Array, d: number, k: number, penalty: number) {
  const l = gram.slice();
  for (let a = 0; a < d; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = l[a * d + b] + (a === b ? penalty : 0);
      for (let c = 0; c < b; c++) sum -= l[a * d + c] * l[b * d + c];
      if (a !== b) l[a * d + b] = sum / l[b * d + b];
      else if (sum > 0) l[a * d + a] = Math.sqrt(sum);
      else
        throw new Error(
          'ridge: features depend on one another and the penalty is too small; wanted a larger one',
        );
    }
  }
  const w = cross.slice();
  for (let t = 0; t < k; t++) {
    for (let a = 0; a < d; a++) {
      for (let c = 0; c < a; c++) w[a * k + t] -= l[a * d + c] * w[c * k + t];
      w[a * k + t] /= l[a * d + a];
    }
    for (let a = d - 1; a >= 0; a--) {
      for (let c = a + 1; c < d; c++) w[a * k + t] -= l[c * d + a] * w[c * k + t];
      w[a * k + t] /= l[a * d + a];
    }
  }
  return w;
}

const indices = (n: number) => Array.from({ length: n }, (_, i) => i);
