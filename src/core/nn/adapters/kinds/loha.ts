/**
 * Owns LoHa (Hyeon-Woo et al. 2022, FedPara): the difference is the Hadamard product of two low-rank products,
 * (w1_a w1_b) * (w2_a w2_b), each of a convolution perhaps a Tucker decomposition around t.
 */
import { matmul, mul } from '../../../graph/functions.ts';
import type { Value } from '../../../graph/value.ts';
import { type AdapterKind, tucker } from './kind.ts';

const half = (a: Value, b: Value, t: Value | undefined): Value => (t ? tucker(t, a, b) : matmul(a, b));

export const loha: AdapterKind = {
  name: 'LoHa',
  roles: ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b', 'hada_t1', 'hada_t2'],
  wanted: ({ hada_t1, hada_t2 }) => [
    ...(['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'] as const),
    ...(hada_t1 || hada_t2 ? (['hada_t1', 'hada_t2'] as const) : []),
  ],
  ranked: () => 'hada_w1_b',
  delta: (t) => mul(half(t.hada_w1_a!, t.hada_w1_b!, t.hada_t1), half(t.hada_w2_a!, t.hada_w2_b!, t.hada_t2)),
};
