/**
 * Owns the kernels that ONNX Runtime has for a whole entry of the table where the entry's own emission takes many
 * nodes, and which provider they are used on. They are for inference: backward reads the parts of an entry, which
 * training would then compute beside the kernel.
 */
import type { Emitter } from './emit.ts';
import type { Attributes, NodeValue, Shape, Value } from './value.ts';

export interface Fusion {
  /** Whether the kernel computes this node of its entry. */
  fits(v: NodeValue): boolean;
  /** Names of the inputs -> name of the output; as an entry's `emit`. */
  emit(e: Emitter, x: readonly string[], a: Attributes, inputs: readonly Value[], out: Shape): string;
}

/** By the entry that they replace. */
export type Fusions = ReadonlyMap<string, Fusion>;

const axes = (a: Attributes) => a.axes as readonly number[];
const rank = (v: Value) => v.shape.length;

/**
 * The contrib operator, which keeps no l x m matrix where its kernel is a flash attention. It takes and gives
 * [n,l,heads*d]; ONNX Runtime cancels the transposes here against those that split and join the heads.
 */
const multiHeadAttention: Fusion = {
  // A mask's l and m axes are given in full: the operator broadcasts the two before them only.
  fits: ({ inputs: [q, k, , mask] }) =>
    (rank(q) === 3 || rank(q) === 4) &&
    (!mask || (mask.shape.at(-2) === q.shape.at(-2) && mask.shape.at(-1) === k.shape.at(-2))),
  emit(e, [q, k, v, mask], _, inputs, out) {
    const heads = rank(inputs[0]) === 4 ? out[1] : 1;
    const joined = (name: string, x: Value) => {
      if (rank(x) === 3) return name;
      const [n, , l, d] = x.shape;
      const turned = e.node('Transpose', [name], { perm: [0, 2, 1, 3] });
      return e.node('Reshape', [turned, e.ints([n, l, heads * d])]);
    };
    const x = [q, k, v].map((name, i) => joined(name, inputs[i]));
    if (mask) x.push('', '', e.node('Reshape', [mask, e.ints(biasShape(inputs[3].shape, rank(inputs[0])))]));
    const y = e.node('com.microsoft.MultiHeadAttention', x, { num_heads: heads });
    if (rank(inputs[0]) === 3) return y;
    const [n, , l, d] = out;
    const split = e.node('Reshape', [y, e.ints([n, l, heads, d])]);
    return e.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  },
};

/** The shape of a mask, which broadcasts to [n,l,m] or [n,heads,l,m], with all four axes. */
function biasShape(mask: Shape, attention: number): Shape {
  const full = [...Array<number>(attention - mask.length).fill(1), ...mask];
  return attention === 3 ? [full[0], 1, full[1], full[2]] : full;
}

const layerNormalization: Fusion = {
  fits: () => true,
  emit: (e, x, a) => e.node('LayerNormalization', x, { axis: axes(a)[0], epsilon: a.eps }),
};

/** The core of group normalisation, over [n,groups,rest]: what an instance normalisation does to groups as channels. */
const instanceNormalization: Fusion = {
  fits: ({ inputs: [x], attributes }) => rank(x) === 3 && axes(attributes).join() === '2',
  emit(e, [x], a, _, [, groups]) {
    const ones = e.floats(Array<number>(groups).fill(1), [groups]);
    return e.node('InstanceNormalization', [x, ones, e.zeros([groups])], { epsilon: a.eps });
  },
};

/**
 * Fewer keys than this, a mask or a single head: the CPU's kernel is as slow as the parts or slower
 * (docs/precision.md has the measurements).
 */
const fewKeys = 128;

const multiHeadAttentionOnCpu: Fusion = {
  ...multiHeadAttention,
  fits: ({ inputs: [q, k, , mask] }) => rank(q) === 4 && !mask && k.shape.at(-2)! >= fewKeys,
};

const norms = [
  ['LayerNormalization', layerNormalization],
  ['Normalize', instanceNormalization],
] as const;
const everywhere: Fusions = new Map([['Attention', multiHeadAttention], ...norms]);

/** No kernels: every entry in its own operators. */
export const unfused: Fusions = new Map();

/** What to use on an execution provider. DirectML's kernels have not been tried, so it gets none. */
export const fusedOn: Readonly<Record<'cpu' | 'cuda' | 'dml' | 'webgpu', Fusions>> = {
  cpu: new Map([['Attention', multiHeadAttentionOnCpu], ...norms]),
  cuda: everywhere,
  dml: unfused,
  webgpu: everywhere,
};
