/**
 * Owns which computations of a graph run in half precision when an emission asks for it (`precision: 'f16'`).
 * Products, where the time and the memory traffic are, run in f16; whatever sums, exponentiates or divides
 * stays in f32; elementwise and shape operators go along with what they are applied to. The graph's inputs and
 * outputs stay f32, and so does everything computed from the inputs alone (timesteps, targets, losses).
 */
import { inputsOf } from './topological.ts';
import type { NodeValue, Value } from './value.ts';

export type Precision = 'f32' | 'f16';

/** Computed in f16; a provider accumulates such products in f32. */
const products = new Set(['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'Attention']);

/** Computed in f32, with results of moderate size, so that f16 holds them: users read them in f16. */
const moderate = new Set(['Normalize', 'LayerNormalization', 'GroupNormalization', 'Softmax']);

/** Computed in f16 where their inputs are: at most one rounding per element, and no growth beyond the inputs'. */
const following = new Set([
  ...['Add', 'Sub', 'Mul', 'Min', 'Max', 'Where', 'Neg', 'Abs', 'Relu', 'LeakyRelu'],
  ...['Sigmoid', 'Tanh', 'Erf', 'Silu', 'Checkpoint'],
  ...['Reshape', 'Transpose', 'Expand', 'Concat', 'Slice', 'Pad', 'Gather', 'UpsampleNearest'],
]);

/** The largest finite f16. */
const largestHalf = 65504;

export interface PrecisionPlan {
  /** What v itself is computed in; f32 for all that is no f32 value. */
  computed(v: Value): Precision;
}

/** Everything in f32. */
export const single: PrecisionPlan = { computed: () => 'f32' };

/**
 * @param order the values to emit, inputs before users.
 * @param replaced what is emitted in a value's place, if not the value itself.
 */
export function halfPrecision(
  order: readonly Value[],
  replaced: (v: Value) => Value | undefined,
): PrecisionPlan {
  const computed = new Map<Value, Precision>();
  // What users are led to compute in; absent where a value fits both (weights, small constants).
  const wanted = new Map<Value, Precision>();
  for (const v of order) {
    if (v.dtype !== 'f32') continue;
    const instead = replaced(v);
    const [own, result] = instead
      ? [computed.get(instead), wanted.get(instead)]
      : v.kind === 'node'
        ? precisionOf(
            v,
            inputsOf(v).map((x) => wanted.get(x)),
          )
        : ['f32' as const, leafPrecision(v)];
    computed.set(v, own ?? 'f32');
    const led = v.kind === 'node' && moderate.has(v.op) ? 'f16' : result;
    if (led) wanted.set(v, led);
  }
  return { computed: (v) => computed.get(v) ?? 'f32' };
}

/** What a node is computed in, and what its users are led to. */
function precisionOf(
  { op, attributes }: NodeValue,
  inputs: readonly (Precision | undefined)[],
): [Precision, Precision | undefined] {
  // A mean of values that half precision holds, by products that it may not.
  if (op === 'Attention' && attributes.upcast) return ['f32', 'f16'];
  if (products.has(op)) return ['f16', 'f16'];
  if (op === 'Cast' && inputs[0] === undefined) return ['f32', undefined]; // of a stored weight
  if (!following.has(op)) return ['f32', 'f32'];
  if (inputs.includes('f32')) return ['f32', 'f32'];
  return inputs.includes('f16') ? ['f16', 'f16'] : ['f32', undefined];
}

function leafPrecision(v: Value): Precision | undefined {
  if (v.kind === 'input') return 'f32';
  if (v.kind !== 'constant' || v.data instanceof BigInt64Array) return undefined;
  return v.data.some((x) => Math.abs(x) > largestHalf) ? 'f32' : undefined;
}
