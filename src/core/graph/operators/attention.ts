/** Owns softmax and attention. */
import { constant, sameShape, type Value } from '../value.ts';
import { add, mul, sub } from './arithmetic.ts';
import { exp, neg } from './elementwise.ts';
import { matmul } from './products.ts';
import { sum, sumTo } from './reduction.ts';
import { concat, expand, reshape, swapLast } from './shape.ts';
import { axisOf, define, num, sameAsInput } from './table.ts';

const makeSoftmax = define('Softmax', {
  shape: sameAsInput,
  vjp: (ct, _, y, a) => {
    const weighted = mul(ct, y);
    return [sub(weighted, mul(y, sum(weighted, [num(a, 'axis')])))];
  },
});
export const softmax = (x: Value, axis = -1): Value => makeSoftmax([x], { axis: axisOf(x, axis) });

const makeLogSoftmax = define('LogSoftmax', {
  shape: sameAsInput,
  vjp: (ct, _, y, a) => [sub(ct, mul(exp(y), sum(ct, [num(a, 'axis')])))],
});
export const logSoftmax = (x: Value, axis = -1): Value => makeLogSoftmax([x], { axis: axisOf(x, axis) });

const scaleOf = (q: Value) => 1 / Math.sqrt(q.shape.at(-1)!);

/** softmax(q k^T / sqrt(d) + mask), [...,l,m]. */
function attentionWeights(q: Value, k: Value, mask?: Value): Value {
  const scores = matmul(mul(q, scaleOf(q)), swapLast(k));
  return softmax(mask ? add(scores, mask) : scores);
}

/**
 * The VJP writes few l x m matrices, which is where attention spends its time. With P the weights, O = P V and
 * dO its cotangent, the softmax's row sums are rowsum(dP * P) = rowsum(dO * O) (Dao et al. 2022,
 * "FlashAttention", section 3.1), and they ride along in the product: dS = P * ([dO, -rowsum] [V, 1]^T).
 * dK and dV come out transposed, so that no l x m matrix has to be.
 */
const makeAttention = define('Attention', {
  shape: ([q, k, v]) => {
    const [lead, d] = [q.shape.slice(0, -2), q.shape.at(-1)!];
    const wanted = [...lead, k.shape.at(-2)!, d];
    const fit = sameShape(k.shape, wanted) && sameShape(v.shape.slice(0, -1), wanted.slice(0, -1));
    if (!fit) throw new Error(`q [${q.shape}], k [${k.shape}] and v [${v.shape}] do not fit together`);
    return [...q.shape.slice(0, -1), v.shape.at(-1)!];
  },
  expand: ([q, k, v, mask]) => matmul(attentionWeights(q, k, mask), v),
  vjp: (ct, [q, k, v, mask], y) => {
    const p = attentionWeights(q, k, mask);
    const rowSums = sum(mul(ct, y), [-1]);
    const ones = expand(
      reshape(
        constant(1),
        v.shape.map(() => 1),
      ),
      [...v.shape.slice(0, -1), 1],
    );
    const ds = mul(p, matmul(concat([ct, neg(rowSums)], -1), swapLast(concat([v, ones], -1))));
    const dq = mul(matmul(ds, k), scaleOf(q));
    const dk = swapLast(matmul(swapLast(mul(q, scaleOf(q))), ds));
    const dv = swapLast(matmul(swapLast(ct), p));
    return [dq, dk, dv, mask ? sumTo(ds, mask.shape) : null];
  },
});
/**
 * softmax(q k^T / sqrt(d) + mask) v; q [...,l,d], k [...,m,d], v [...,m,e], mask broadcast to [...,l,m].
 * @param o.upcast in single precision also where the rest is in half
 */
export const attention = (q: Value, k: Value, v: Value, mask?: Value, o: { upcast?: boolean } = {}): Value =>
  makeAttention(mask ? [q, k, v, mask] : [q, k, v], o.upcast ? { upcast: 1 } : {});
