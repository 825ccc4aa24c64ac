/**
 * Owns the objective of multinomial logistic regression: mean cross-entropy plus an L2 penalty, with its
 * gradient, computed in one pass over the rows in blocks that stay in the first-level cache.
 */
import type { Objective } from './lbfgs.ts';

const ROWS = 4;

/**
 * Parameters f64[k, d+1]: each class's d weights, then its bias (not penalised).
 * value = mean_i CE(softmax(W x_i + b), label_i) + l2/2 |W|^2.
 * x: f32[m,d] with m = n rounded up to a multiple of 4, rows beyond n zero; labels: n class indices.
 */
export function softmaxObjective(
  x: Float32Array,
  n: number,
  d: number,
  labels: ArrayLike<number>,
  k: number,
  l2: number,
): Objective {
  const padded = Math.ceil(n / ROWS) * ROWS;
  if (x.length !== padded * d)
    throw new Error(`softmax objective: ${x.length} numbers, wanted ${padded} x ${d}`);
  const stride = d + 1;
  const logits = new Float64Array(ROWS * k);
  return (parameters, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < n; row += ROWS) {
      rowLogits(x, row, d, parameters, k, logits);
      for (let r = 0; r < ROWS; r++) {
        if (row + r >= n) {
          logits.fill(0, r * k, r * k + k); // padding pulls on nothing
          continue;
        }
        loss += crossEntropyResidual(logits, r * k, k, labels[row + r], 1 / n) / n;
      }
      addOuter(x, row, d, logits, k, gradient);
    }
    let penalty = 0;
    for (let c = 0; c < k; c++) {
      for (let j = c * stride; j < c * stride + d; j++) {
        const w = parameters[j];
        penalty += w * w;
        gradient[j] += l2 * w;
      }
    }
    return loss + 0.5 * l2 * penalty;
  };
}

/** logits[r,c] = W_c x_(row+r) + b_c for four rows at a time; two classes share each loaded number. */
export function rowLogits(
  x: Float32Array,
  row: number,
  d: number,
  parameters: Float64Array,
  k: number,
  logits: Float64Array,
): void {
  const stride = d + 1;
  const x0 = row * d;
  const x1 = x0 + d;
  const x2 = x1 + d;
  const x3 = x2 + d;
  for (let c = 0; c < k; c += 2) {
    // An odd last class is paired with itself: the second sum is computed and dropped.
    const e = c + 1 < k ? c + 1 : c;
    const wc = c * stride;
    const we = e * stride;
    let a0 = parameters[wc + d];
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = parameters[we + d];
    let b1 = b0;
    let b2 = b0;
    let b3 = b0;
    for (let j = 0; j < d; j++) {
      const p = parameters[wc + j];
      const q = parameters[we + j];
      const v0 = x[x0 + j];
      const v1 = x[x1 + j];
      const v2 = x[x2 + j];
      const v3 = x[x3 + j];
      a0 += p * v0;
      a1 += p * v1;
      a2 += p * v2;
      a3 += p * v3;
      b0 += q * v0;
      b1 += q * v1;
      b2 += q * v2;
      b3 += q * v3;
    }
    logits[c] = a0;
    logits[k + c] = a1;
    logits[2 * k + c] = a2;
    logits[3 * k + c] = a3;
    logits[e] = b0;
    logits[k + e] = b1;
    logits[2 * k + e] = b2;
    logits[3 * k + e] = b3;
  }
}

/** Replaces one row of logits by its probabilities. */
export function softmaxRow(logits: Float64Array, at: number, k: number): void {
  let max = -Infinity;
  for (let c = at; c < at + k; c++) if (logits[c] > max) max = logits[c];
  let sum = 0;
  for (let c = at; c < at + k; c++) {
    logits[c] = Math.exp(logits[c] - max);
    sum += logits[c];
  }
  for (let c = at; c < at + k; c++) logits[c] /= sum;
}

/** Returns the row's cross-entropy; replaces its logits by weight * (p - onehot). */
function crossEntropyResidual(
  logits: Float64Array,
  at: number,
  k: number,
  label: number,
  weight: number,
): number {
  softmaxRow(logits, at, k);
  const own = logits[at + label];
  for (let c = at; c < at + k; c++) logits[c] *= weight;
  logits[at + label] -= weight;
  return -Math.log(Math.max(own, 1e-300));
}

/** gradient[c,:] += sum over the four rows of residual[r,c] (x_(row+r), 1). */
function addOuter(
  x: Float32Array,
  row: number,
  d: number,
  residual: Float64Array,
  k: number,
  gradient: Float64Array,
): void {
  const stride = d + 1;
  const x0 = row * d;
  const x1 = x0 + d;
  const x2 = x1 + d;
  const x3 = x2 + d;
  for (let c = 0; c < k; c++) {
    const r0 = residual[c];
    const r1 = residual[k + c];
    const r2 = residual[2 * k + c];
    const r3 = residual[3 * k + c];
    const g = c * stride;
    for (let j = 0; j < d; j++) {
      gradient[g + j] += r0 * x[x0 + j] + r1 * x[x1 + j] + r2 * x[x2 + j] + r3 * x[x3 + j];
    }
    gradient[g + d] += r0 + r1 + r2 + r3;
  }
}
