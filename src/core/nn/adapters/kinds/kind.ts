/**
 * Owns what a kind of adapter is: which tensors a file keeps of a layer, and the difference that they make to its
 * weight. Kinds are written with the graph's operators, so nothing is merged or copied, and gradients pass.
 */
import { matmul, reshape, transpose } from '../../../graph/functions.ts';
import type { Shape, Value } from '../../../graph/value.ts';

/** What a tensor of an adapted layer is. */
export type Role =
  | 'alpha'
  | 'down'
  | 'up'
  | 'mid'
  | 'up_bias'
  | `hada_${'w1_a' | 'w1_b' | 'w2_a' | 'w2_b' | 't1' | 't2'}`
  | `lokr_${'w1' | 'w1_a' | 'w1_b' | 'w2' | 'w2_a' | 'w2_b' | 't2'}`
  | 'diff'
  | 'diff_b'
  | 'w_norm'
  | 'b_norm'
  | 'dora_scale'
  | 'magnitude';

export type ByRole<T> = Readonly<Partial<Record<Role, T>>>;

export interface AdapterKind {
  name: string;
  /** The tensors that make a layer one of this kind. */
  roles: readonly Role[];
  /** Which of them must be there, given those that are. */
  wanted(there: ByRole<unknown>): readonly Role[];
  /** The tensor whose first axis is the rank; null: of full rank. */
  ranked(there: ByRole<unknown>): Role | null;
  /** @throws where shapes do not fit together. */
  check?(shapes: ByRole<Shape>): void;
  /** The difference [out,...] to the weight, before any scale; null: to its bias only. */
  delta(tensors: ByRole<Value>): Value | null;
}

/** [a,b,...] as the matrix [a,b*...]. */
export const flat = (x: Value): Value => reshape(x, [x.shape[0], -1]);

/**
 * A Tucker decomposition put together: core [p,q,k...], a [p,out], b [q,in] -> [out,in,k...]
 * (LyCORIS: einsum "i j ..., i p, j r -> p r ...").
 */
export function tucker(core: Value, a: Value, b: Value): Value {
  const [p, q, ...kernel] = core.shape;
  const taps = kernel.reduce((product, d) => product * d, 1);
  const [out, inner] = [a.shape[1], b.shape[1]];
  const overTaps = transpose(reshape(core, [p, q, taps]), [0, 2, 1]);
  const inside = reshape(matmul(overTaps, b), [p, taps * inner]);
  const both = reshape(matmul(transpose(a, [1, 0]), inside), [out, taps, inner]);
  return reshape(transpose(both, [0, 2, 1]), [out, inner, ...kernel]);
}
