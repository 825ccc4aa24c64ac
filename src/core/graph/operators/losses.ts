/** Owns losses; all are scalars. */
import { sameShape, type Value } from '../value.ts';
import { add, div, less, mul, sub, where } from './arithmetic.ts';
import { logSoftmax } from './attention.ts';
import { abs, neg } from './elementwise.ts';
import { gather, gatherElements } from './indexing.ts';
import { meanAll, sum, sumAll } from './reduction.ts';
import { reshape } from './shape.ts';

/** Mean of squared differences. */
export function mseLoss(a: Value, b: Value): Value {
  const d = sub(a, b);
  return meanAll(mul(d, d));
}

/** Mean over rows of `weights` f32[n] times each row's mean of squared differences; a, b [n,...]. */
export function weightedMseLoss(a: Value, b: Value, weights: Value): Value {
  const n = a.shape[0];
  if (a.shape.length < 2 || !sameShape(a.shape, b.shape) || !sameShape(weights.shape, [n])) {
    throw new Error(
      `weightedMseLoss: [${a.shape}], [${b.shape}] and weights [${weights.shape}], wanted twice [n,...] and [n]`,
    );
  }
  const d = sub(a, b);
  const perRow = reshape(weights, [n, ...a.shape.slice(1).map(() => 1)]);
  return meanAll(mul(mul(d, d), perRow));
}

/** Mean of absolute differences. */
export const l1Loss = (a: Value, b: Value): Value => meanAll(abs(sub(a, b)));

/** Mean of d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere (Girshick 2015, "Fast R-CNN"). */
export function smoothL1Loss(a: Value, b: Value, beta = 1): Value {
  const d = sub(a, b);
  const size = abs(d);
  return meanAll(where(less(size, beta), mul(mul(d, d), 0.5 / beta), sub(size, beta / 2)));
}

export interface CrossEntropyOptions {
  /** Share of each target that is spread evenly over the classes (Szegedy et al. 2016). */
  labelSmoothing?: number;
  /** Weight of each class [k]; the mean over labels is then weighted. */
  classWeights?: Value;
  reduction?: 'mean' | 'sum';
}

/** logits [n,k]; target: labels i64 [n], or probabilities [n,k]. Means and weights as in PyTorch. */
export function crossEntropy(logits: Value, target: Value, options: CrossEntropyOptions = {}): Value {
  const { labelSmoothing: smoothing = 0, classWeights, reduction = 'mean' } = options;
  const [n, k] = logits.shape;
  const labelled = target.dtype === 'i64';
  if (logits.shape.length !== 2 || !sameShape(target.shape, labelled ? [n] : [n, k])) {
    throw new Error(
      `crossEntropy: logits [${logits.shape}] and target ${target.dtype} [${target.shape}], wanted [n,k] and i64 [n] or [n,k]`,
    );
  }
  const logp = logSoftmax(logits, 1);
  const weighted = classWeights ? mul(logp, classWeights) : logp;
  const onTarget = labelled
    ? gatherElements(weighted, reshape(target, [n, 1]), 1)
    : sum(mul(weighted, target), [1]);
  const spread = mul(sum(weighted, [1]), 1 / k);
  const likelihood = smoothing === 0 ? onTarget : add(mul(onTarget, 1 - smoothing), mul(spread, smoothing));
  const total = neg(sumAll(likelihood));
  if (reduction === 'sum') return total;
  return labelled && classWeights ? div(total, sumAll(gather(classWeights, target))) : mul(total, 1 / n);
}
