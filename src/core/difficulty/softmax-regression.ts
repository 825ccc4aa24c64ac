/**
 * Owns the objective of multinomial logistic regression: mean cross-entropy plus an L2 penalty, with its
 * gradient, computed in one pass over the rows in blocks that stay in the first-level cache.
 */
import { addOuterProducts, BLOCK_ROWS, rowProducts } from '../linalg/blocks.ts';
import type { Objective } from './lbfgs.ts';

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
  const padded = Math.ceil(n / BLOCK_ROWS) * BLOCK_ROWS;
  if (x.length !== padded * d)
    throw new Error(`softmax objective: ${x.length} numbers, wanted ${padded} x ${d}`);
  const stride = d + 1;
  const logits = new Float64Array(BLOCK_ROWS * k);
  return (parameters, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < n; row += BLOCK_ROWS) {
      rowProducts(x, row, d, parameters, k, logits);
      for (let r = 0; r < BLOCK_ROWS; r++) {
        if (row + r >= n) {
          logits.fill(0, r * k, r * k + k); // padding pulls on nothing
          continue;
        }
        loss += crossEntropyResidual(logits, r * k, k, labels[row + r], 1 / n) / n;
      }
      addOuterProducts(x, row, d, logits, k, gradient);
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
