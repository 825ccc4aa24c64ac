/**
 * Owns LoKr (Yeh et al. 2023, LyCORIS): the difference is the Kronecker product of w1 and w2, each whole or a low-rank
 * product, w2 of a convolution perhaps a Tucker decomposition. Of two whole factors there is no rank and no scale.
 */
import { matmul, mul, reshape } from '../../../graph/functions.ts';
import type { Value } from '../../../graph/value.ts';
import { type AdapterKind, tucker } from './kind.ts';

export const lokr: AdapterKind = {
  name: 'LoKr',
  roles: ['lokr_w1', 'lokr_w1_a', 'lokr_w1_b', 'lokr_w2', 'lokr_w2_a', 'lokr_w2_b', 'lokr_t2'],
  wanted: (there) => [
    ...(there.lokr_w1 ? [] : (['lokr_w1_a', 'lokr_w1_b'] as const)),
    ...(there.lokr_w2 ? [] : (['lokr_w2_a', 'lokr_w2_b'] as const)),
  ],
  check(there) {
    const w1 = there.lokr_w1_a ?? there.lokr_w1_b;
    const w2 = there.lokr_w2_a ?? there.lokr_w2_b ?? there.lokr_t2;
    if ((there.lokr_w1 && w1) || (there.lokr_w2 && w2)) {
      throw new Error('the LoKr has a factor both whole and as a product');
    }
  },
  ranked: (there) => (there.lokr_w2_b ? 'lokr_w2_b' : there.lokr_w1_b ? 'lokr_w1_b' : null),
  delta(t) {
    const w1 = t.lokr_w1 ?? matmul(t.lokr_w1_a!, t.lokr_w1_b!);
    const w2 = t.lokr_w2 ?? factored(t.lokr_w2_a!, t.lokr_w2_b!, t.lokr_t2);
    return kronecker(w1, w2);
  },
};

const factored = (a: Value, b: Value, core: Value | undefined): Value =>
  core ? tucker(core, a, b) : matmul(a, b);

/** a [m,n], b [p,q,...] -> [m*p,n*q,...]. What follows q may also be within it: that is the same order. */
function kronecker(a: Value, b: Value): Value {
  const [m, n, ...more] = a.shape;
  const [p, q, ...kernel] = b.shape;
  if (q === undefined || n === undefined || more.some((d) => d !== 1)) {
    throw new Error(`w1 [${a.shape}] and w2 [${b.shape}] are no factors; expected [m,n] and [p,q,...]`);
  }
  const taps = kernel.reduce((product, d) => product * d, 1);
  const spread = mul(reshape(a, [m, 1, n, 1]), reshape(b, [1, p, 1, q * taps]));
  return reshape(spread, [m * p, n * q, ...kernel]);
}
