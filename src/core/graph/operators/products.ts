/** Owns matrix products. */
import { broadcastShapes, numel, sameShape, type Value } from '../value.ts';
import { sum, sumTo } from './reduction.ts';
import { reshape, swapLast } from './shape.ts';
import { define, num } from './table.ts';

const makeMatmul = define('MatMul', {
  shape: ([a, b]) => {
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const fit = a.shape.length >= 2 && b.shape.length >= 2 && a.shape.at(-1) === b.shape.at(-2);
    if (!batch || !fit) throw new Error(`[${a.shape}] and [${b.shape}] cannot be multiplied`);
    return [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  },
  vjp: (ct, [a, b]) => [sumTo(matmul(ct, swapLast(b)), a.shape), sumTo(matmul(swapLast(a), ct), b.shape)],
});
/** a [...,m,k], b [...,k,n] -> [...,m,n]; the axes before broadcast. */
export const matmul = (a: Value, b: Value): Value => makeMatmul([a, b]);

const makeGemm = define('Gemm', {
  shape: ([a, b, c], t) => {
    if (a.shape.length !== 2 || b.shape.length !== 2) {
      throw new Error(`[${a.shape}] and [${b.shape}], wanted two matrices`);
    }
    const [m, k] = num(t, 'transA') ? [a.shape[1], a.shape[0]] : a.shape;
    const [k2, n] = num(t, 'transB') ? [b.shape[1], b.shape[0]] : b.shape;
    if (k !== k2) throw new Error(`input has ${k} features, weight [${b.shape}] wants ${k2}`);
    if (c && !sameShape(c.shape, [n])) throw new Error(`bias is [${c.shape}], wanted [${n}]`);
    return [m, n];
  },
  vjp: (ct, [a, b, c], _, t) => {
    const [ta, tb] = [num(t, 'transA') === 1, num(t, 'transB') === 1];
    const da = ta ? gemm(b, ct, tb, true) : gemm(ct, b, false, !tb);
    const db = tb ? gemm(ct, a, true, ta) : gemm(a, ct, !ta, false);
    return c ? [da, db, reshape(sum(ct, [0]), c.shape)] : [da, db];
  },
});
/** A matrix [m,k] times one [k,n], either transposed in place, plus bias [n]. */
export const gemm = (a: Value, b: Value, transA = false, transB = false, bias?: Value): Value =>
  makeGemm(bias ? [a, b, bias] : [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });

/** x [...,in], weight [out,in], bias [out] -> [...,out]; reads the weight as it lies in a checkpoint. */
export function linear(x: Value, w: Value, bias?: Value): Value {
  const rows = numel(x.shape.slice(0, -1));
  const y = gemm(reshape(x, [rows, x.shape.at(-1)!]), w, false, true, bias);
  return reshape(y, [...x.shape.slice(0, -1), w.shape[0]]);
}
